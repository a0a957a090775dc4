# SPDX-License-Identifier: MIT
"""A daemon whose sensors have a bus each, so that one daemon reads many chips at once."""

from fakes.i2c import FakeI2CBus
from fakes.spi import FakeSPI
from kernel_sys import values
from support import wait_until

BESIDE = '[sensor.beside]\ntype = "system"\ninterval = "200 ms"\n'


def _table(name, kind, driver, interval, keys):
    lines = [f"[sensor.{name}]", f'type = "{kind}"', f'driver = "{driver}"']
    lines += [f'interval = "{interval}"'] + [f"{key} = {value}" for key, value in keys.items()]
    return "\n".join(lines) + "\n"


def start_i2c(kernel, sensord, fitted, interval="300 ms", make_bus=FakeI2CBus):
    """The Readings of sensors s0, s1, … and of one beside them; `fitted` has (driver, address,
    chip, keys) of each. `kernel.buses` has their buses."""
    config, kernel.buses = BESIDE, []
    for i, (driver, address, chip, keys) in enumerate(fitted):
        kernel.buses.append(make_bus({} if chip is None else {address: chip}))
        kernel.devices[f"/dev/i2c-{i}"] = kernel.buses[-1]
        given = {"bus": i, "address": address, **keys}
        config += _table(f"s{i}", "i2c", driver, interval, given)
    return sensord(config)


def start_spi(kernel, sensord, fitted, interval="300 ms"):
    """As start_i2c() for chips on SPI; `fitted` has (driver, chip, keys) of each."""
    config, kernel.buses = BESIDE, []
    for i, (driver, chip, keys) in enumerate(fitted):
        kernel.buses.append(FakeSPI(chip))
        kernel.devices[f"/dev/spidev0.{i}"] = kernel.buses[-1]
        config += _table(
            f"s{i}", "spi", driver, interval, {"device": f'"/dev/spidev0.{i}"', **keys}
        )
    return sensord(config)


def first_of(readings, i, what):
    """The values of a sensor's first reading."""
    said = readings.daemon.messages
    return values(wait_until(lambda: readings.of(f"s{i}"), 60, lambda: f"{what}: {said()}")[0])


def wait_for_words(readings, i, words):
    """Waits until a line about a sensor has some words."""
    said = readings.daemon.messages
    wait_until(
        lambda: any(f" s{i}: " in line and words in line for line in said().splitlines()),
        60,
        lambda: f"s{i} says {words}: {said()}",
    )


def require(found, expected, what, close):
    """Each value of a reading that is expected, and none beside."""
    assert list(found) == list(expected), what
    for field, value in expected.items():
        if value is None or isinstance(value, (bool, str)):
            assert found[field] is value or found[field] == value, (what, field, found)
        else:
            assert found[field] is not None, (what, field, found)
            assert abs(found[field] - value) <= close * max(1, abs(value)), (what, field, found)
