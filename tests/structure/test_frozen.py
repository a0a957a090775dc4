# SPDX-License-Identifier: MIT
"""The frozen daemon has the schema of the source, without the texts for the manual."""

import os
import subprocess
import sys

from support import MICROPYTHON, TOP

PROGRAM = """
from sensord import inputs
from sensord.config import action_tables, sections
tables = [inputs.schema(kind).KEYS for kind in inputs.types()]
tables += list(sections.SECTIONS.values()) + [action_tables.ACTION]
for keys in tables:
    for name in sorted(keys):
        kind = keys[name]
        print(name, type(kind).__name__, kind.form, len(kind.doc) > 0)
for kind in inputs.types():
    print(kind, len(inputs.schema(kind).DOC) > 0)
"""


def printed(command, **environment):
    done = subprocess.run(
        [*command, "-c", PROGRAM],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return [line.rsplit(" ", 1) for line in done.stdout.splitlines()]


def test_only_the_texts_are_left_out():
    frozen = printed([MICROPYTHON], MICROPYPATH=".frozen")
    source = printed([sys.executable, "-B"], PYTHONPATH=str(TOP / "daemon"))
    assert sorted(line for line, _ in frozen) == sorted(line for line, _ in source)
    assert len(source) > 100
    assert {has for _, has in source} == {"True"}, "a key without a text in the manual"
    assert {has for _, has in frozen} == {"False"}, "a text that only the manual needs"
