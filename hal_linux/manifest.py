# SPDX-License-Identifier: MIT
# The hardware layer: `machine` and `camera` as on a microcontroller, and `linux` below them.
from pathlib import Path

# Sorted: the order of a folder differs from disk to disk, and with it the bytes of what is built.
for name in ("camera", "linux", "machine"):
    package(name, sorted(path.name for path in Path(name).glob("*.py")))
