# SPDX-License-Identifier: MIT
"""A reading of each type of sensor gets from a kernel driver to the broker."""

import re

from fakes.environment import bme280_expected


def _near(value, expected, tolerance):
    return value is not None and abs(value - expected) <= tolerance


def _climate(bench, reading):
    expected = bme280_expected(bench.climate)
    fields = ("temperature_c", "humidity_percent", "pressure_hpa")
    return all(_near(reading[f], e, 0.1) for f, e in zip(fields, expected))


# A sensor of the configuration, its hardware, and the check of its reading.
SENSORS = {
    "climate": ("i2c: a bme280 on the bridge's plain I2C", _climate),
    "smbus": ("i2c: an lm75 on i2c-stub", lambda _, r: r["temperature_c"] == 25.5),
    "iio": (
        "iio: the kernel's bme280",
        lambda _, r: _near(r["temperature_c"], 25.08, 0.1) and _near(r["pressure_hpa"], 1006.5, 1),
    ),
    "hwmon": ("hwmon: the kernel's lm75", lambda _, r: r["temperature1_c"] == 25.5),
    "cellar": (
        "w1: the kernel's DS18B20 on a DS2482",
        lambda _, r: r["28_0000005e2502_temperature_c"] == 12.25,
    ),
    "rain": ("gpio: edges of the bridge's line", lambda _, r: 2 <= r["count"] <= 6),
    "line": ("serial: the second port", lambda _, r: r["temperature_c"] == -3.5),
    "command": ("exec: cut", lambda _, r: r["value"] > 1),
    "camera": (
        "image: vivid through v4l2-ctl",
        lambda _, r: _near(sum(r[str(digit)] for digit in range(10)), 1, 0.05),
    ),
    "activity": ("motion: an mpu6050's FIFO", lambda _, r: r["squat"] + r["other"] > 0.9),
    "machine": (
        "vibration: an mpu6886's FIFO",
        # The peak is 3000 of 16384, of a sine.
        lambda _, r: _near(r["acceleration_rms_m_s2"], 3000 / 16384 * 9.807 / 2**0.5, 0.1),
    ),
    "noise": ("sound: snd-aloop through arecord", lambda _, r: _near(r["laeq_db"], 94, 0.2)),
    "buffers": (
        "exec: the heap for a Raspberry Pi's camera buffers",
        lambda _, r: r["value"] == 1,
    ),
    "board": ("system", lambda _, r: r["uptime_s"] > 1 and r["memory_available_mib"] > 0),
}


def check_of(sensor, what, right):
    """A check that a reading of the sensor arrives for which right(bench, reading) is true."""

    def check(bench):
        before = len(bench.of(sensor))
        reading = bench.wait_for_reading(
            sensor, after=max(0, before - 3), condition=lambda r: right(bench, r)
        )
        values = {k: v for k, v in reading.items() if k not in ("time", "id", "time_synchronized")}
        shown = ", ".join(f"{name} {value}" for name, value in values.items())
        return f"{what}: {shown[:90]}"

    return check


CHECKS = [(f"reading of {name}", check_of(name, *SENSORS[name])) for name in SENSORS]


def device_groups(bench):
    """udev sets the groups of Raspberry Pi OS, and the daemon's user is in them."""
    listed = bench.run(
        "find /dev -name 'gpiochip*' -o -name 'i2c-*' -o -name 'iio:*' | xargs stat -c '%n %G %a'"
    )
    wrong = [
        line
        for line in listed.splitlines()
        if not re.fullmatch(r"/dev/(gpio|i2c|iio).* \1 660", line)
    ]
    assert not wrong and "/dev/gpiochip0" in listed and "/dev/i2c-" in listed, listed
    groups = bench.run("id -nG sensord").split()
    wanted = {"audio", "video", "gpio", "i2c", "iio", "spi", "dialout"}
    assert wanted <= set(groups), groups
    return ", ".join(listed.splitlines())


CHECKS.append(("device groups", device_groups))
