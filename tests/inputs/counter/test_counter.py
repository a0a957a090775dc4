# SPDX-License-Identifier: MIT
"""type = "gpio": edges that are counted, whatever happens to the pin and the daemon."""

import pytest
from fakes.gpio import FakeChip
from support import wait_until
from tables import table, values


@pytest.fixture
def chip(kernel):
    chip = FakeChip("gpiochip0", "pinctrl-bcm2835")
    (kernel.sys / "bus/gpio/devices/gpiochip0").mkdir(parents=True)
    kernel.devices["/dev/gpiochip0"] = chip
    return chip


def test_edges_are_counted(chip, sensord):
    """Every tip of a rain gauge, also those that come all at once."""
    line = chip.lines[17]
    line.world = 1
    readings = sensord(
        table(
            "rain", "gpio", "pin = 17", 'field = "rain_mm"', "scale = 0.2794",
            'interval = "300 ms"', 'debounce = "0 ms"',
        )
    )  # fmt: skip
    assert values(readings.wait("rain")[0]) == {
        "count": 0, "total": 0, "state": 1, "rain_mm": 0, "rain_mm_total": 0,
    }  # fmt: skip
    for _ in range(40):
        line.drive(0)
        line.drive(1)
    wait_until(lambda: readings.of("rain")[-1]["total"] == 40, 10, "forty edges")
    last = readings.of("rain")[-1]
    assert last["rain_mm_total"] == pytest.approx(40 * 0.2794)
    assert sum(reading["count"] for reading in readings.of("rain")) == 40


def test_a_pin_that_is_in_use(chip, sensord):
    """The other user is named, and when it lets go, counting begins."""
    config = table("door", "gpio", 'pin = "gpiochip0:4"', 'interval = "200 ms"')
    first = sensord(config)
    first.wait("door")
    second = sensord(config)
    second.daemon.wait_for_message("door: gpiochip0:4 is in use by ")
    first.daemon.stop()
    second.wait("door")
