# SPDX-License-Identifier: MIT
"""Programs that use hal_linux's machine, run by our interpreter and by Debian's.

A program is a file of functions; a test runs one of them by name, with strings as arguments, and
checks its output.
"""

import os
import subprocess

from support import MICROPYTHON, STOCK_MICROPYTHON, TOP

INTERPRETERS = {"sensord": MICROPYTHON, "stock": STOCK_MICROPYTHON}
START = "import sys; m = __import__(sys.argv[1]); getattr(m, sys.argv[2])(*sys.argv[3:])"

# Prints the error of a call in a form for tests; for programs given as text.
ERROR = """
def error(f, *args, **kw):
    try:
        print(f(*args, **kw))
    except (OSError, ValueError, TypeError) as e:
        print(type(e).__name__, e.errno if isinstance(e, OSError) else '-', e.args[-1])
"""


def start(interpreter, program, function, *arguments, environment=None):
    """Starts a function of tests/hal/{program}.py; its output is a pipe."""
    return subprocess.Popen(
        [INTERPRETERS[interpreter], "-c", START, program, function, *map(str, arguments)],
        env={
            **os.environ,
            "MICROPYPATH": f".frozen:{TOP}/hal_linux:{TOP}/tests/hal",
            **(environment or {}),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(interpreter, program, function, *arguments, environment=None, timeout_s=120):
    """The function's output. A program that fails or hangs fails the test."""
    process = start(interpreter, program, function, *arguments, environment=environment)
    try:
        output, _ = process.communicate(timeout=timeout_s)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, output
    return output.strip()
