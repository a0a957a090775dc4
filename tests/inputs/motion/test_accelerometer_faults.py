# SPDX-License-Identifier: MIT
"""Accelerometers that are stuck, come off or lose samples: no movement is made of that."""

import errno

import numpy as np
import pytest
from accelerometers import CHIPS, RECORDING, table
from fakes import motion
from fakes.i2c import FakeI2CBus, Registers

BESIDE = '[sensor.beside]\ntype = "system"\ninterval = "100 ms"\n'


@pytest.fixture
def start(kernel, sensord):
    """start([(driver, chip), …]) gives the Readings of sensors s0, s1, …, each on a bus of its
    own, and beside."""

    def start(fitted):
        config = BESIDE
        for i, (driver, chip) in enumerate(fitted):
            address, rate, _ = CHIPS[driver]
            kernel.devices[f"/dev/i2c-{i}"] = FakeI2CBus({address: chip})
            config += table(f'driver = "{driver}"\nbus = {i}', rate).replace("activity", f"s{i}")
        return sensord(config)

    return start


BYTES = [(driver, byte) for driver in CHIPS for byte in (0x00, 0xFF)]


def test_samples_without_gravity(start):
    """A stuck bus is no machine that stands still."""
    fitted = []
    for driver, byte in BYTES:
        _, rate, make = CHIPS[driver]
        samples = np.load(RECORDING).tolist()[: rate // 2]
        value = -1 if byte else 0
        fitted.append((driver, make(samples + [[value] * 3] * 20 * rate)))
    readings = start(fitted)
    for i, (_, byte) in enumerate(BYTES):
        readings.daemon.wait_for_message(
            f"s{i}: the accelerometer gives only {'ones' if byte else 'zeros'}, without gravity"
        )
        assert readings.of(f"s{i}") == []
    readings.wait("beside", 3)


class Stuck(Registers):
    """A chip that is there, and from some time on gives one byte for everything."""

    byte = None

    def __init__(self, chip):
        self.chip = chip

    def write(self, data):
        if self.byte is None:
            self.chip.write(data)

    def read(self, n):
        return self.chip.read(n) if self.byte is None else bytes([self.byte]) * n


def test_buses_that_get_stuck(start):
    """Told once within seconds, null, and gone when it is gone; one gap at most."""
    samples = np.tile(np.load(RECORDING), (30, 1)).tolist()
    fitted = [(driver, Stuck(CHIPS[driver][2](samples))) for driver, _ in BYTES]
    readings = start(fitted)
    for i in range(len(fitted)):
        readings.wait(f"s{i}")
    before = len(readings.of("beside"))
    for (_, chip), (_, byte) in zip(fitted, BYTES, strict=True):
        chip.byte = byte
    for i in range(len(fitted)):
        readings.wait_for_last(f"s{i}", known=False)
        readings.daemon.wait_for_message(f"error: s{i}: ")
    assert len(readings.of("beside")) > before + 20
    for _, chip in fitted:
        chip.byte = None
    for i in range(len(fitted)):
        readings.wait_for_last(f"s{i}", known=True)
        assert sum(r["gaps"] or 0 for r in readings.of(f"s{i}")) <= 2, BYTES[i]
    assert "mistake" not in readings.daemon.messages()


def test_gaps_before_a_fault_are_counted(bus, sensord):
    """Samples were lost, and then the wire came off: the next reading says the first as well."""
    samples = np.tile(np.load(RECORDING), (30, 1)).tolist()
    bus.chips[0x53] = chip = motion.ADXL345(samples)
    readings = sensord(table('driver = "adxl345"', 200))
    readings.wait("activity")
    restart = chip.begin

    def lose():
        restart()
        del bus.chips[0x53]  # before a sample comes

    chip.begin = lose
    chip.overflow = True
    readings.daemon.wait_for_message("activity: /dev/i2c-1")
    chip.begin = restart
    bus.chips[0x53] = chip
    readings.wait_for_last("activity", known=True)
    assert sum(r["gaps"] or 0 for r in readings.of("activity")) == 1


class FlakyBus(FakeI2CBus):
    """Loses each fourth transfer."""

    count = 0

    def _transfer(self, messages):
        self.count += 1
        if self.count % 4 == 0:
            raise OSError(errno.EREMOTEIO, "no acknowledge")
        return super()._transfer(messages)


def test_a_loose_contact(kernel, sensord):
    """No fault, no gap, and the labels that the recording has."""
    kernel.devices["/dev/i2c-1"] = bus = FlakyBus({})
    bus.chips[0x53] = motion.ADXL345(np.load(RECORDING).tolist())
    readings = sensord(table('driver = "adxl345"', 200))
    got = readings.wait("activity", 7)
    assert all(r["gaps"] == 0 for r in got) and bus.chips[0x53].restarts == 1
    assert readings.daemon.messages().count("activity: ") == 1
