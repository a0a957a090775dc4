# SPDX-License-Identifier: MIT
"""A daemon on a fake kernel: its /sys, and a bus with chips."""

import pytest
from fakes.i2c import FakeI2CBus
from fakes.kernel import FakeKernel
from readings import Readings


@pytest.fixture
def kernel(tmp_path):
    """A kernel without devices; `kernel.sys` is its /sys."""
    (tmp_path / "sys").mkdir()
    with FakeKernel(tmp_path, {}, sys=tmp_path / "sys") as kernel:
        kernel.sys = tmp_path / "sys"
        yield kernel
    assert not kernel.errors


@pytest.fixture
def bus(kernel):
    """The I2C bus 1 of the kernel; `bus.chips` may be filled."""
    bus = FakeI2CBus({})
    bus.kernel = kernel
    kernel.devices["/dev/i2c-1"] = bus
    return bus


@pytest.fixture
def sensord(kernel, daemon, tmp_path):
    """sensord(config) starts a daemon on the kernel and gives its Readings."""

    def start(config, **environment):
        running = daemon(
            config, {"STATE_DIRECTORY": str(tmp_path), **kernel.environment, **environment}
        )
        readings = Readings(running)
        readings.daemon = running
        return readings

    return start
