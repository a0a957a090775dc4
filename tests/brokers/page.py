# SPDX-License-Identifier: MIT
"""The tables of docs/brokers.md that the tests check, or write."""

from support import TOP

PAGE = TOP / "docs/brokers.md"
PACKETS, LIMITS, BOARDS, BOARDS_AT_LIMITS = TABLES = (
    "## Packet by packet",
    "## Packet by packet, with narrow limits",
    "## A board at each broker",
    "## A board at a broker with narrow limits",
)


def cell(found):
    """The text of a cell from {version: words, or None where there is nothing to see}."""
    found = {version: words for version, words in found.items() if words is not None}
    if not found:
        return "–"
    if len(set(found.values())) == 1:
        return next(iter(found.values()))
    return "<br>".join(f"{version}: {words}" for version, words in found.items())


def _lines(text, heading):
    """(lines before the table of a heading, its lines, lines after it)."""
    lines = text.split("\n")
    start = lines.index(heading)
    while not lines[start].startswith("|"):
        start += 1
    end = start
    while lines[end].startswith("|"):
        end += 1
    return lines[:start], lines[start:end], lines[end:]


def _cells(line):
    return [text.strip() for text in line.strip("|").split(" | ")]


def read(heading):
    """{(row, column): text of the cell} of a table."""
    _, table, _ = _lines(PAGE.read_text(), heading)
    head = _cells(table[0])
    found = {}
    for line in table[2:]:
        row = _cells(line)
        assert len(row) == len(head), line
        found.update({(row[0], column): text for column, text in zip(head[1:], row[1:])})
    return found


def write(heading, cells, order):
    """Puts {(row, column): text} into a table; other cells stay. `order` has parts of the names
    of rows and columns in the order in which they are to stand."""
    before, table, after = _lines(PAGE.read_text(), heading)
    first = _cells(table[0])[0]
    cells = {**{key: text for key, text in read(heading).items() if key[1] != "x"}, **cells}
    rows, columns = (list(dict.fromkeys(key[n] for key in cells)) for n in (0, 1))
    rows.sort(key=lambda name: _place(name, order))
    columns.sort(key=lambda name: _place(name, order))
    lines = [[first, *columns], ["---"] * (1 + len(columns))]
    lines += [[row, *(cells.get((row, column), "–") for column in columns)] for row in rows]
    table = ["| " + " | ".join(line) + " |" for line in lines]
    table[1] = "|" + "---|" * (1 + len(columns))
    PAGE.write_text("\n".join([*before, *table, *after]))


def _place(name, order):
    return [place for place, part in enumerate(order) if part in name]
