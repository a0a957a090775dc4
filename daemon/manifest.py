# SPDX-License-Identifier: MIT
import os
from pathlib import Path

# Sorted: the order of a folder differs from disk to disk, and with it the bytes of what is built.
FILES = sorted(str(path.relative_to("sensord")) for path in Path("sensord").rglob("*.py"))
package("sensord", FILES)

# The folders as sensord/contents.py would list them, had frozen code any.
FOLDERS = {}
for file in FILES:
    folder, _, name = file.rpartition("/")
    FOLDERS.setdefault(folder, set()).add(name)
    while folder:
        folder, _, name = folder.rpartition("/")
        FOLDERS.setdefault(folder, set()).add(name)
GENERATED = Path(os.environ["SENSORD_GENERATED"])
(GENERATED / "sensord").mkdir(parents=True, exist_ok=True)
# A text: the pages of tuples would be private to each process.
listing = "".join(
    f"{folder}: {' '.join(sorted(names))}\n" for folder, names in sorted(FOLDERS.items())
)
listing = "\n" + listing
(GENERATED / "sensord/frozen_contents.py").write_text(f"FOLDERS = {listing!r}\n")
package("sensord", ("frozen_contents.py",), base_path=str(GENERATED))
