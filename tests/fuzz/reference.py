# SPDX-License-Identifier: MIT
"""The frame of a NAME_reference.py: compares the results of NAME.py with those of CPython's own
library. Reads them from its standard input, and passes on all other lines."""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent


def main(name, compare):
    """`compare(input, result)`, bytes and a text, returns what is wrong, or None. Exit 1 if
    anything was; the input is kept in crashes/NAME/."""
    compared = failed = 0
    for line in sys.stdin:
        if not line.startswith("> "):
            print(line, end="")
            continue
        _, text, result = line.rstrip("\n").split(" ", 2)
        data = b"" if text == "-" else bytes.fromhex(text)
        compared += 1
        wrong = compare(data, result)
        if wrong and not failed:
            failed = 1
            folder = HERE / "crashes" / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"differs-{compared}").write_bytes(data)
            print(f"{name}: {wrong}: {data!r} failed, it is in {folder}/differs-{compared}")
    if not compared:
        print(f"{name}: no result came")
    sys.exit(failed or not compared)
