# SPDX-License-Identifier: MIT
"""type = "motion" on chips: each has a recording in its FIFO, and must be told its label."""

import errno
import time

import numpy as np
import pytest
from accelerometers import CHIPS, CLASSES, RECORDING, table
from fakes import motion
from fakes.iio import Accelerometer
from fakes.kernel import FakeKernel
from fakes.sysfs import FakeSysfs
from readings import Readings
from support import wait_until


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


# Through a driver of the kernel


@pytest.fixture
def iio(tmp_path, daemon):
    """iio(samples, config, …) gives (readings, device) of a daemon on an IIO accelerometer."""
    folder = tmp_path / "iio"
    folder.mkdir()
    kernel = FakeKernel(folder, {}, sys=folder / "sys")
    with kernel, FakeSysfs(folder, kernel.environment) as sysfs:

        def start(samples, config, **settings):
            device = Accelerometer(sysfs, samples, **settings)
            kernel.devices["/dev/iio:device0"] = device
            running = daemon(config, sysfs.environment)
            readings = Readings(running)
            readings.daemon = running
            return readings, device

        yield start


IIO_SOURCE = 'driver = "iio"\ndevice = "lis3dh"\nrange = 2'


def coarse():
    """The recording in 12 bits of 1 mg, as the chip has them, and what the daemon makes of it."""
    counts = np.round(np.load(RECORDING) / 32768 * 2000).astype(int).clip(-2048, 2047)
    scaled = np.trunc(counts * 0.00980665 / 9.80665 / 2 * 32768).astype("<i2")
    return counts, scaled


def test_an_accelerometer_of_the_kernel(iio, daemon, tmp_path):
    """Axes in another order, 12 bits in the upper ones of 16, a scale: the same labels."""
    counts, scaled = coarse()
    np.save(tmp_path / "scaled.npy", scaled)
    replay = daemon(table(f'replay = "{tmp_path}/scaled.npy"\nreplay_speed = "max"', 400))
    assert replay.process.wait(30) == 0
    expected = Readings(replay).of("activity")
    expected = [(r["label"], *(r[c] for c in CLASSES)) for r in expected]
    readings, device = iio(counts.tolist(), table(IIO_SOURCE, 400))
    got = readings.wait("activity", 7)
    assert [(r["label"], *(r[c] for c in CLASSES)) for r in got[:7]] == expected[:7]
    assert all(r["gaps"] == 0 for r in got)
    assert device.value("trigger/current_trigger") == "lis3dh-dev0"
    readings.daemon.stop()
    assert device.value("buffer/enable") == "0"


def test_a_gap_in_the_timestamps_is_told(iio):
    counts, _ = coarse()
    readings, device = iio(np.tile(counts, (10, 1)).tolist(), table(IIO_SOURCE, 400))
    readings.wait("activity", 1)
    device.lost = 5
    wait_until(lambda: any(r["gaps"] for r in readings.of("activity")), 10, "a gap")
    assert "samples were lost" in readings.daemon.messages()


def test_what_an_iio_device_lacks(iio):
    """The message has advice, not an error number."""
    readings, _ = iio([], table(IIO_SOURCE, 300))
    readings.daemon.wait_for_message("the driver does not take this")
    readings, _ = iio([], table(IIO_SOURCE.replace("lis3dh", "adxl"), 400))
    readings.daemon.wait_for_message("there is no IIO device adxl; there are: lis3dh (iio:device0")


@pytest.mark.parametrize("value, words", [(0, "zeros"), (-1, "ones")])
def test_an_iio_device_without_gravity(iio, value, words):
    """Through a scale, all ones of twelve bits are another small number."""
    readings, _ = iio([[value] * 3] * 4000, table(IIO_SOURCE, 400))
    readings.daemon.wait_for_message(f"the accelerometer gives only {words}, without gravity")
    assert readings.of("activity") == []


def test_names_of_an_iio_device_that_stay_the_same(iio, tmp_path):
    """Its place on the bus, and a warning about its number that names it."""
    chip = tmp_path / "iio/sys/bus/i2c/devices/1-0018"
    (chip / "iio:device0").mkdir(parents=True)
    counts, _ = coarse()
    readings, _ = iio(counts.tolist(), table(IIO_SOURCE.replace("lis3dh", "1-0018"), 400))
    readings.wait("activity")
    assert "may be another" not in readings.daemon.messages()
    readings.daemon.stop()
    readings, _ = iio(counts.tolist(), table(IIO_SOURCE.replace("lis3dh", "iio:device0"), 400))
    readings.wait("activity")
    assert 'device = "1-0018" stays the same' in readings.daemon.messages()


def test_an_iio_device_without_a_trigger(iio):
    readings, _ = iio([], table(IIO_SOURCE, 400), trigger=None)
    readings.daemon.wait_for_message("wire the chip's interrupt")
