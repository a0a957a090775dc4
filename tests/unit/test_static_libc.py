# SPDX-License-Identifier: MIT
"""The static interpreter of ARMv6 has every function of libc that hal_linux looks up."""

import pathlib
import re

INTERPRETERS = ("cpython",)

# One that may contain calls itself.
CALL = r"_libc\.(func|var)\(([^()]*(?:\([^()]*\)[^()]*)*)\)"
TOP = pathlib.Path(__file__).resolve().parent.parent.parent


def _looked_up():
    names = set()
    for folder in ("hal_linux", "daemon"):
        for path in (TOP / folder).rglob("*.py"):
            for kind, call in re.findall(CALL, path.read_text()):
                # Result, name or names, and for a function the arguments.
                words = re.findall(r'"(\w*)"', call)
                names.update(w for w in words[1 : -1 if kind == "func" else None] if len(w) > 1)
    return names


def test_every_function_is_in_the_table():
    source = (TOP / "packaging/interpreter/static_libc.c").read_text()
    table = re.findall(r"\bX\((\w+)\)", source)
    looked_up = _looked_up()
    assert {"posix_spawnp", "environ", "clock_settime"} <= looked_up
    assert set(table) == looked_up
    assert len(table) == len(set(table))
