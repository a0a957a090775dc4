# SPDX-License-Identifier: MIT
"""Tests that run side by side do not disturb each other, and are all counted at the end.

If a suite fails by chance, its users stop reading the failures.
"""

import os
import subprocess
import sys

from scheduling import table
from support import TOP

CONFTEST = "import scheduling\npytest_runtest_protocol = scheduling.pytest_runtest_protocol\n"
TEST = """\
import pathlib, time
import pytest

@pytest.mark.parametrize("i", range(4))
{mark}
def test_it(i):
    with open({log!r}, "a") as log:
        log.write("{name} begins\\n")
    time.sleep(0.2)
    with open({log!r}, "a") as log:
        log.write("{name} ends\\n")
"""


def test_nothing_runs_beside_a_quiet_test(tmp_path):
    log = tmp_path / "log"
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = quiet\n")
    for name, mark in (("busy", ""), ("lively", ""), ("quiet", "@pytest.mark.quiet")):
        text = TEST.format(name=name, mark=mark, log=str(log))
        (tmp_path / f"test_{name}.py").write_text(text)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "3", "--dist", "loadfile", tmp_path],
        env={**environment, "PYTHONPATH": str(TOP / "tests")},
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1].startswith("12 passed"), done.stdout + done.stderr
    running, together = [], set()
    for line in log.read_text().splitlines():
        name, what = line.split()
        if what == "begins":
            running.append(name)
            together.add(tuple(sorted(running)))
        else:
            running.remove(name)
    assert ("busy", "lively") in together, "nothing ran side by side"
    assert [names for names in together if "quiet" in names] == [("quiet",)]


def test_durations_are_summed_for_each_file(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text(
        '<testsuites><testsuite><testcase classname="tests.a.test_b" name="x" time="1.5"/>'
        '<testcase classname="tests.a.test_b" name="y" time="2"/>'
        '<testcase classname="tests.a.test_c" name="z" time="0.1"/></testsuite></testsuites>'
    )
    assert table(report).splitlines()[1:] == ["  3.5 tests/a/test_b.py"]
