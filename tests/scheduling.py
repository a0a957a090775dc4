# SPDX-License-Identifier: MIT
"""Runs test files side by side in pytest-xdist: the slow ones first, quiet tests alone.

Most tests wait for a process, a timer or a broker, so more of them than processors run at once.
Files stay whole (--dist loadfile): their fixtures and ports are those of one worker.

A test with the mark `quiet` measures time or the processor: while it runs, no other test does.

    python3 tests/scheduling.py build/test.xml > tests/durations.txt

writes the durations of a run (`make test` leaves build/test.xml), by which files are ordered.
"""

import contextlib
import fcntl
import os
import pathlib
import sys
import tempfile
from xml.etree import ElementTree

import pytest

TOP = pathlib.Path(__file__).resolve().parent.parent
_TABLE = pathlib.Path(__file__).with_name("durations.txt")
_LEAST_S = 1.0
_RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID")


def durations():
    """{file: seconds} of the table."""
    lines = [line.split() for line in _TABLE.read_text().splitlines() if line[0] != "#"]
    return {file: float(seconds) for seconds, file in lines}


def ordered(items):
    """The tests of the longest file first: begun last, it would run on its own at the end."""
    known = durations()
    return sorted(items, key=lambda item: -known.get(item.path.relative_to(TOP).as_posix(), 0))


@contextlib.contextmanager
def _held(name, how):
    with open(os.path.join(tempfile.gettempdir(), f"{_RUN}.{name}"), "w") as lock:
        fcntl.flock(lock, how)
        yield lock


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    if _RUN is None:
        return (yield)
    quiet = item.get_closest_marker("quiet") is not None
    with contextlib.ExitStack() as room:
        # Whoever waits for the room holds the door, so that a quiet test is not passed by others.
        with _held("door", fcntl.LOCK_EX):
            room.enter_context(_held("room", fcntl.LOCK_EX if quiet else fcntl.LOCK_SH))
        return (yield)


def table(report):
    """The text of durations.txt, of a JUnit report."""
    sums = {}
    for case in ElementTree.parse(report).iter("testcase"):
        file = case.get("classname").replace(".", "/") + ".py"
        sums[file] = sums.get(file, 0) + float(case.get("time"))
    slow = sorted(((s, file) for file, s in sums.items() if s >= _LEAST_S), reverse=True)
    head = "# Seconds that each test file takes, see scheduling.py. Shorter ones are left out.\n"
    return head + "".join(f"{seconds:5.1f} {file}\n" for seconds, file in slow)


if __name__ == "__main__":
    sys.stdout.write(table(sys.argv[1]))
