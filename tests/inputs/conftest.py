# SPDX-License-Identifier: MIT
"""The daemon on a kernel whose devices and /sys are the test's own."""

import pytest
from fakes.kernel import FakeKernel
from readings import Readings


@pytest.fixture
def kernel(tmp_path):
    (tmp_path / "sys").mkdir()
    with FakeKernel(tmp_path, {}, sys=tmp_path / "sys") as kernel:
        kernel.sys = tmp_path / "sys"
        yield kernel
    assert not kernel.errors


@pytest.fixture
def sensord(kernel, daemon):
    def start(config):
        running = daemon(config, kernel.environment)
        readings = Readings(running)
        readings.daemon = running
        return readings

    return start
