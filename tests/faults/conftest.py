# SPDX-License-Identifier: MIT
"""The fault campaign: real programs, each on loopback or in namespaces of its own, and a final
table of the results of each fault."""

import pytest

HEADINGS = ("fault", "readings", "lost", "disorder", "copies", "back after", "memory")


@pytest.fixture
def row(request):
    """row(fault, readings, copies, recovery_s, memory_kb) adds a row to the table. A lost reading
    or a wrong order has failed the test before."""

    def add(fault, readings, copies, recovery_s=None, memory_kb=None):
        back = "" if recovery_s is None else f"{recovery_s:.1f} s"
        memory = "" if memory_kb is None else f"{memory_kb:+d} kB"
        request.config.rows.append((fault, readings, 0, 0, copies, back, memory))

    return add


def pytest_configure(config):
    config.rows = []


def pytest_terminal_summary(terminalreporter, config):
    if not config.rows:
        return
    rows = [[str(cell) for cell in row] for row in [HEADINGS, *config.rows]]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        terminalreporter.write_line("  ".join(cells).rstrip())
