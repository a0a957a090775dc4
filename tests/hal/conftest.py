# SPDX-License-Identifier: MIT
"""Fixtures of the tests of hal_linux: a fake kernel, and programs that run on it."""

import os
import pathlib
import subprocess

import pytest
from fakes.kernel import FakeKernel
from fakes.programs import INTERPRETERS
from support import TOP


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    """One kernel for all tests: building its library takes longer than most of them."""
    folder = tmp_path_factory.mktemp("kernel")
    (folder / "sys").mkdir()
    with FakeKernel(folder, {}, sys=folder / "sys") as kernel:
        kernel.sys = folder / "sys"
        yield kernel


@pytest.fixture(params=INTERPRETERS)
def run(request, system):
    """run(program, device) returns the lines that a MicroPython program, text or file, prints.

    The device is at the test module's DEVICE unless `path` is given. Modules in `folders` take
    precedence over all others.
    """
    interpreter = INTERPRETERS[request.param]
    system.devices.clear()

    def start(program, device=None, path=request.module.DEVICE, environment=None, folders=()):
        if device is not None:
            system.devices[path] = device
        how = [program] if isinstance(program, pathlib.Path) else ["-c", program]
        search = ":".join([*map(str, folders), ".frozen", str(TOP / "hal_linux")])
        done = subprocess.run(
            [interpreter, *how],
            env={**os.environ, **system.environment, "MICROPYPATH": search, **(environment or {})},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert not system.errors
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.splitlines()

    return start
