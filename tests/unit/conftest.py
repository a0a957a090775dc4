# SPDX-License-Identifier: MIT
"""Runs each unit test in every interpreter it is meant for, one pytest item each.

A test file names its interpreters in a constant INTERPRETERS; without one it runs in all three:

    cpython   pytest's own
    sensord   build/ARCH/micropython, with everything frozen and linked in
    stock     Debian's micropython, with the .py files and the .mpy modules

With INTERPRETER=sanitised in the environment (`make test-sanitised`) those meant for sensord run
in build/sanitised/micropython, which ends at an access out of bounds or undefined operation.
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

HEAP = ["-X", "heapsize=2m"]  # the default of 64 bit; that of 32 bit is half of it
STOCK_PATH = [TOP / "hal_linux", TOP / "daemon", BUILD / "natmods"]
INTERPRETERS = {
    "cpython": ([sys.executable, "-B"], {"PYTHONPATH": str(TOP / "daemon")}),
    "sensord": ([MICROPYTHON, *HEAP], {"MICROPYPATH": ".frozen"}),
    "stock": (
        [STOCK_MICROPYTHON, *HEAP],
        {"MICROPYPATH": ":".join([".frozen", *map(str, STOCK_PATH)])},
    ),
    "sanitised": (
        # Its larger frames make the collector keep more than there is.
        [str(TOP / "build/sanitised/micropython"), "-X", "heapsize=8m"],
        {
            "MICROPYPATH": ".frozen",
            # The collector frees nothing at the end, and looks for objects on the real stack.
            "ASAN_OPTIONS": "detect_leaks=0:detect_stack_use_after_return=0",
            "UBSAN_OPTIONS": "print_stacktrace=1",
        },
    ),
}
ALL = ("cpython", "sensord", "stock")


def pytest_pycollect_makemodule(module_path, parent):
    """Instead of importing a test file here, runs it where it belongs."""
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
    """One file in one interpreter, run when its first test is asked for."""

    def __init__(self, path, interpreter):
        self._path = path
        self._interpreter = interpreter
        self._results = None
        self._output = ""

    def result(self, test):
        """None if the test passed, else the reason."""
        if self._results is None:
            self._run()
        return self._results.get(test, f"{self._interpreter} never came to it:\n{self._output}")

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
    """What the interpreter printed for a test that failed."""
