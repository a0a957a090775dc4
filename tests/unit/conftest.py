# SPDX-License-Identifier: MIT
"""Runs each unit test in each of its interpreters, one pytest item each.

A test file names its interpreters in a constant INTERPRETERS; by default it runs in all three:

    cpython   pytest's own
    sensord   build/ARCH/micropython, with everything frozen and linked in
    stock     Debian's micropython, with the .py files and the .mpy modules

With INTERPRETER=sanitised in the environment (`make test-sanitised`) the tests for sensord run in
build/sanitised/micropython, which ends at an access out of bounds or undefined operation.
"""

import ast
import os
import pathlib
import re
import subprocess
import sys

import pytest
from support import BUILD, MICROPYTHON, STOCK_MICROPYTHON, TOP

RUNNER = pathlib.Path(__file__).with_name("run.py")
TIMEOUT_S = 300

HEAP = ["-X", "heapsize=2m"]  # the default on 64 bit; on 32 bit it is half of that
STOCK_PATH = [TOP / "hal_linux", TOP / "daemon", BUILD / "natmods"]
INTERPRETERS = {
    "cpython": ([sys.executable, "-B"], {"PYTHONPATH": str(TOP / "daemon")}),
    "sensord": ([MICROPYTHON, *HEAP], {"MICROPYPATH": ".frozen"}),
    "stock": (
        [STOCK_MICROPYTHON, *HEAP],
        {"MICROPYPATH": ":".join([".frozen", *map(str, STOCK_PATH)])},
    ),
    "sanitised": (
        # With its larger stack frames the collector keeps more garbage alive.
        [str(TOP / "build/sanitised/micropython"), "-X", "heapsize=8m"],
        {
            "MICROPYPATH": ".frozen",
            # The collector frees nothing at exit, and looks for objects on the real stack.
            "ASAN_OPTIONS": "detect_leaks=0:detect_stack_use_after_return=0",
            "UBSAN_OPTIONS": "print_stacktrace=1",
        },
    ),
}
ALL = ("cpython", "sensord", "stock")


def pytest_pycollect_makemodule(module_path, parent):
    """Runs a test file in its interpreters instead of importing it here."""
    return UnitFile.from_parent(parent, path=module_path)


class UnitFile(pytest.File):
    def collect(self):
        source = self.path.read_text()
        names = re.findall(r"^def (test_\w+)\(", source, re.MULTILINE)
        declared = re.search(r"^INTERPRETERS = (.*)$", source, re.MULTILINE)
        wanted = ast.literal_eval(declared[1]) if declared else ALL
        if os.environ.get("INTERPRETER") == "sanitised":
            wanted = ["sanitised"] if "sensord" in wanted else []
        for interpreter in wanted:
            run = Run(self.path, interpreter)
            for name in names:
                yield UnitTest.from_parent(self, name=f"{name}[{interpreter}]", run=run)


class Run:
    """One file in one interpreter, run when its first test is requested."""

    def __init__(self, path, interpreter):
        self._path = path
        self._interpreter = interpreter
        self._results = None
        self._output = ""

    def result(self, test):
        """None if the test passed, else the reason."""
        if self._results is None:
            self._run()
        return self._results.get(test, f"{self._interpreter} did not reach it:\n{self._output}")

    def _run(self):
        command, environment = INTERPRETERS[self._interpreter]
        done = subprocess.run(
            [*command, RUNNER, self._path],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT_S,
            check=False,
        )
        self._output = done.stdout.decode(errors="replace")
        self._results = {}
        # "== test_name PASS" or "== test_name FAIL" and a traceback up to the next mark
        for part in re.split(r"^== ", self._output, flags=re.MULTILINE)[1:]:
            head, _, detail = part.partition("\n")
            name, _, verdict = head.partition(" ")
            self._results[name] = None if verdict == "PASS" else detail or verdict


class UnitTest(pytest.Item):
    def __init__(self, *, run, **kwargs):
        super().__init__(**kwargs)
        self._run = run

    def runtest(self):
        reason = self._run.result(self.name.partition("[")[0])
        if reason is not None:
            raise UnitTestFailed(reason)

    def repr_failure(self, excinfo):
        if isinstance(excinfo.value, UnitTestFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self):
        return self.path, 0, self.name


class UnitTestFailed(Exception):
    """The interpreter's output for a failed test."""
