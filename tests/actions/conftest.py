# SPDX-License-Identifier: MIT
"""A board with a GPIO controller and a tank, and a daemon on it."""

import pytest
from acting import Cable, Tank
from fakes.gpio import FakeChip
from fakes.kernel import FakeKernel
from readings import Readings
from support import Broker


@pytest.fixture
def tank(tmp_path):
    return Tank(tmp_path)


@pytest.fixture
def kernel(tmp_path):
    chip = FakeChip("gpiochip0", "pinctrl-bcm2835")
    sys = tmp_path / "sys"
    (sys / "bus/gpio/devices/gpiochip0").mkdir(parents=True)
    with FakeKernel(tmp_path, {"/dev/gpiochip0": chip}, sys=sys) as kernel:
        kernel.chip = chip
        yield kernel
    assert not kernel.errors


@pytest.fixture
def pin(kernel):
    return kernel.chip.lines[17]


@pytest.fixture
def sensord(kernel, tank, daemon):
    def start(actions, more=""):
        running = daemon(tank.table + actions + more, kernel.environment)
        readings = Readings(running)
        readings.daemon = running
        readings.wait("tank", 2)
        return readings

    return start


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path) as broker:
        broker.table = f'[mqtt]\nserver = "mqtt://127.0.0.1:{broker.port}"\n'
        broker.table += "[journal]\nreadings = true\n"
        yield broker


@pytest.fixture
def cable(broker):
    with Cable(broker) as cable:
        cable.table = broker.table.replace(str(broker.port), str(cable.port))
        yield cable
