# SPDX-License-Identifier: MIT
"""The files and commands of docs/fleet.md: the tests use the page's own text."""

import re
import shlex

from support import TOP

_PAGE = TOP / "docs/fleet.md"


def _blocks():
    return re.findall(r"^```\w*\n(.*?)^```", _PAGE.read_text(), re.MULTILINE | re.DOTALL)


def page_file(path):
    """The text of the block whose first line is a comment with the file's path."""
    found = [
        block.split("\n", 1)[1]
        for block in _blocks()
        if re.fullmatch(rf"(#|--|%|//) {re.escape(path)}", block.split("\n", 1)[0])
    ]
    assert len(found) == 1, f"{path}: {len(found)} times in {_PAGE}"
    return found[0]


def page_script(beginning):
    """The commands, as lists of words, of the one block whose text has `beginning`."""
    (block,) = [block for block in _blocks() if beginning in block]
    lines = block.replace("\\\n", " ").splitlines()
    return [shlex.split(line) for line in lines if line.strip()]
