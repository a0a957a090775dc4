# SPDX-License-Identifier: MIT
# The hardware layer: MicroPython's `machine`, `camera`, and `linux` below them.
from pathlib import Path

# Sorted: a folder's order differs between disks, and the built bytes would differ with it.
for name in ("camera", "linux", "machine"):
    package(name, sorted(path.name for path in Path(name).glob("*.py")))
