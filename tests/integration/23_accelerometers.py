# SPDX-License-Identifier: MIT
"""type = "motion" on chips: each has a recording in its FIFO, and must be told its label."""

import errno
import json
import time

import numpy as np
import pytest
from fakes import motion
from fakes.i2c import FakeI2CBus
from fakes.kernel import FakeKernel
from readings import Readings
from support import TOP, wait_until

RECORDING = sorted((TOP / "tests/data/har/exercise").glob("*_jumpingjack.npy"))[-1]
MODEL = TOP / "packaging/models/exercise.trees.csv"
CLASSES = ["jumpingjack", "lunge", "other", "squat"]
CHIPS = {
    "mpu6050": (0x68, 500, motion.MPU),
    "mpu6886": (0x68, 500, lambda samples: motion.MPU(samples, 0x19, 2)),
    "lis3dh": (0x18, 200, motion.LIS3DH),
    "adxl345": (0x53, 200, motion.ADXL345),
}


@pytest.fixture
def bus(tmp_path):
    bus = FakeI2CBus({})
    with FakeKernel(tmp_path, {"/dev/i2c-1": bus}) as kernel:
        bus.kernel = kernel
        yield bus
    assert not kernel.errors


@pytest.fixture
def sensord(bus, daemon):
    def start(config):
        running = daemon(config, bus.kernel.environment)
        readings = Readings(running)
        readings.daemon = running
        return readings

    return start


def table(source, rate):
    """A sensor with windows of 400 samples every 100, whatever the rate."""
    return "\n".join(
        [
            "[sensor.activity]", 'type = "motion"', f'model = "{MODEL}"', f"rate = {rate}",
            f"labels = {json.dumps(CLASSES)}", f'window = "{400000 // rate} ms"',
            f'hop = "{100000 // rate} ms"', source,
        ]
    ) + "\n"  # fmt: skip


@pytest.mark.parametrize("driver", CHIPS)
def test_a_chip_gives_what_its_recording_gives(bus, sensord, driver):
    """No sample lost, none twice, none with the wrong sign: or the labels differ."""
    address, rate, make = CHIPS[driver]
    replay = sensord(table(f'replay = "{RECORDING}"\nreplay_speed = "max"', rate))
    assert replay.daemon.process.wait(30) == 0
    expected = [(r["label"], *(r[c] for c in CLASSES)) for r in replay.of("activity")]
    assert len(expected) == 7
    bus.chips[address] = make(np.load(RECORDING).tolist())
    readings = sensord(table(f'driver = "{driver}"', rate)).wait("activity", 7)
    assert [(r["label"], *(r[c] for c in CLASSES)) for r in readings[:7]] == expected
    assert all(reading["gaps"] == 0 for reading in readings)
    assert bus.chips[address].restarts == 1


@pytest.mark.parametrize("driver", CHIPS)
def test_lost_samples_are_told_and_the_window_begins_again(bus, sensord, driver):
    """A window with a hole in it is a movement that nobody made."""
    address, rate, make = CHIPS[driver]
    samples = np.tile(np.load(RECORDING), (10, 1)).tolist()
    bus.chips[address] = chip = make(samples)
    readings = sensord(table(f'driver = "{driver}"', rate))
    readings.wait("activity", 1)
    before = len(readings.of("activity"))
    chip.overflow = True
    start = time.monotonic()
    wait_until(lambda: any(r["gaps"] for r in readings.of("activity")), 10, "a gap")
    # The next window is all of samples from after the gap: it takes its whole length.
    assert time.monotonic() - start > 0.9 * 400 / rate
    assert [r["gaps"] for r in readings.of("activity")[before:]].count(1) == 1
    assert chip.restarts == 2 and "samples were lost" in readings.daemon.messages()


@pytest.mark.parametrize(
    "driver, rate, words",
    [
        ("mpu6886", 300, "a divisor of 1000"),
        ("lis3dh", 500, "10, 25, 50, 100, 200, 400"),
        ("adxl345", 1000, "25, 50, 100, 200, 400, 800"),
    ],
)
def test_rates_that_a_chip_does_not_have(bus, sensord, driver, rate, words):
    """A model is trained for one rate."""
    address, _, make = CHIPS[driver]
    bus.chips[address] = make([])
    sensord(table(f'driver = "{driver}"', rate)).daemon.wait_for_message(words)


def test_another_chip_and_a_wire_that_comes_off(bus, sensord):
    """Each fault in words, and the sensor back when its chip is."""
    bus.chips[0x68] = motion.MPU([], 0x19, 2)
    sensord(table('driver = "mpu6050"', 500)).daemon.wait_for_message("is no MPU6050")
    samples = np.tile(np.load(RECORDING), (20, 1)).tolist()
    bus.chips[0x68] = motion.MPU(samples)
    readings = sensord(table('driver = "mpu6050"', 500))
    readings.wait("activity")
    bus.error = errno.EREMOTEIO
    readings.daemon.wait_for_message("activity: /dev/i2c-1")
    wait_until(lambda: readings.of("activity")[-1]["label"] is None, 10, "a null")
    bus.error = None
    readings.wait_for_last("activity", known=True)
