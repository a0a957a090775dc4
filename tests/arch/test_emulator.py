# SPDX-License-Identifier: MIT
"""That the tests which are left out fail by the emulator, and not by us."""

import errno
import pathlib
import subprocess

from support import BUILD, CC

SOURCE = pathlib.Path(__file__).with_name("limits.c")


def limits(compiler, program, *command):
    """What the C program prints: {call: errno}."""
    subprocess.run([compiler, "-Wall", "-Werror", "-o", program, SOURCE], check=True)
    done = subprocess.run([*command, program], capture_output=True, text=True, check=True)
    return {call: int(number) for call, number in map(str.split, done.stdout.splitlines())}


def test_what_is_left_out_is_the_emulators_fault(tmp_path):
    """Else a fault on boards hides behind a word; and a limit that is gone is to be tested."""
    assert limits("gcc", tmp_path / "native") == {"posix_spawn": errno.ENOENT}
    emulated = limits(CC, tmp_path / "foreign", BUILD / "emulated/run")
    assert emulated == {"posix_spawn": 0}
