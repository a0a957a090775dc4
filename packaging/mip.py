# SPDX-License-Identifier: MIT
"""Writes hal_linux's package.json for MicroPython's mip to standard output.

    python3 packaging/mip.py        > hal_linux/package.json
    python3 packaging/mip.py BASE   > package.json

Without BASE files are named relative to the list, which mpremote and newer versions of mip accept.
The mip in Debian 13's micropython accepts only full addresses: BASE is the address of hal_linux.
"""

import json
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent


def package(base=None):
    """The text of package.json."""
    folder = TOP / "hal_linux"
    init = (TOP / "daemon/sensord/__init__.py").read_text()
    files = sorted(path.relative_to(folder).as_posix() for path in folder.glob("*/*.py"))
    urls = [[name, f"{base.rstrip('/')}/{name}" if base else name] for name in files]
    # One line for each file, so that a diff shows which changed.
    lines = ",\n".join("    " + json.dumps(url) for url in urls)
    version = re.search(r'__version__ = "(.*)"', init)[1]
    return f'{{\n  "version": "{version}",\n  "urls": [\n{lines}\n  ],\n  "deps": []\n}}\n'


if __name__ == "__main__":
    sys.stdout.write(package(*sys.argv[1:2]))
