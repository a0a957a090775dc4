# SPDX-License-Identifier: MIT
# The part of the daemon that is frozen; packaging/interpreter/generate.py prepares it.
import os
from pathlib import Path

FOLDER = Path(os.environ["SENSORD_GENERATED"]) / "frozen"
# Sorted: the order of a folder differs from disk to disk, and with it the bytes of what is built.
FILES = sorted(str(path.relative_to(FOLDER / "sensord")) for path in FOLDER.rglob("*.py"))
package("sensord", FILES, base_path=str(FOLDER))
