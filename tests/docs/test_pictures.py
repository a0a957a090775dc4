# SPDX-License-Identifier: MIT
"""The pictures on the pages agree with the daemon's readings and with the tables."""

import re
import sys

from support import TOP

sys.path.insert(0, str(TOP / "tools/pictures"))
import results
import wiring

AGAIN = "draw them again: packaging/root.sh run python3 tools/pictures"
TOLERANCE = 2  # pixels


def test_a_wire_goes_where_the_table_says():
    """A wrong wire can destroy a chip."""
    drawn = {}
    for page in sorted((TOP / "docs").glob("*.md")):
        for name, wires in wiring.tables(page.read_text()).items():
            assert len(wires) >= 4
            drawn[name] = wiring.draw(wires)
    assert sorted(drawn) == sorted(path.name for path in (TOP / "docs").glob("wiring-*.svg"))
    for name, text in drawn.items():
        assert (TOP / "docs" / name).read_text() == text, AGAIN


def test_the_plots_are_those_of_today(tmp_path):
    """The first picture that a visitor sees shows the daemon's real readings."""
    numbers = re.compile(r"-?\d+(?:\.\d+)?")
    shown = (TOP / "docs/results.svg").read_text()
    drawn = results.draw(tmp_path)
    for before, now in zip(lines(shown), lines(drawn), strict=True):
        pairs = zip(numbers.findall(before), numbers.findall(now), strict=True)
        assert all(abs(float(a) - float(b)) <= TOLERANCE for a, b in pairs), AGAIN
    words = [re.findall(r">([^<]+)</text>", text) for text in (shown, drawn)]
    assert words[0] == words[1], AGAIN


def lines(text):
    """The plots' lines and outlines; the colours of the bands move at the smallest change."""
    found = re.findall(r'points="([^"]+)"', text)
    assert len(found) == 5
    return found
