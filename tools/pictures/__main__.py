# SPDX-License-Identifier: MIT
"""Draws the pictures of the pages: packaging/root.sh run python3 tools/pictures"""

import pathlib
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent.parent


def main() -> None:
    # The recordings and the daemon come from the tests.
    sys.path[:0] = [str(TOP / "tools/pictures"), str(TOP / "tests")]
    import results
    import wiring

    docs = TOP / "docs"
    for page in sorted(docs.glob("*.md")):
        for name, wires in wiring.tables(page.read_text()).items():
            (docs / name).write_text(wiring.draw(wires))
    with tempfile.TemporaryDirectory() as folder:
        (docs / "results.svg").write_text(results.draw(folder))


main()
