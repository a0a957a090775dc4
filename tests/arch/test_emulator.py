# SPDX-License-Identifier: MIT
"""Shows that the tests that are left out fail because of the emulator, and not of our code."""

import errno
import pathlib
import subprocess

from support import BUILD, CC

SOURCE = pathlib.Path(__file__).with_name("limits.c")


def limits(compiler, program, *command):
    """The C program's output: {call: errno}."""
    subprocess.run([compiler, "-Wall", "-Werror", "-o", program, SOURCE], check=True)
    done = subprocess.run([*command, program], capture_output=True, text=True, check=True)
    return {call: int(number) for call, number in map(str.split, done.stdout.splitlines())}


def test_tests_are_left_out_because_of_the_emulator(tmp_path):
    """A fault on real boards must not stay hidden; when a limit is gone, its tests must run."""
    assert limits("gcc", tmp_path / "native") == {"posix_spawn": errno.ENOENT}
    emulated = limits(CC, tmp_path / "foreign", BUILD / "emulated/run")
    assert emulated == {"posix_spawn": 0}
