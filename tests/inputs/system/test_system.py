# SPDX-License-Identifier: MIT
"""type = "system": a board that throttles must not look cool, and its other values go on."""

import errno

import pytest
from fakes.sysfs import FakeSysfs, refuse
from kernel_sys import add, add_all, table
from support import wait_until

ZONES = "class/thermal"
CONFIG = table("board", "system", 'interval = "100 ms"')


def zone(kernel, number, kind, millidegrees):
    add_all(kernel, f"{ZONES}/thermal_zone{number}", {"type": kind, "temp": millidegrees})


def last(readings):
    return readings.of("board")[-1]


@pytest.mark.parametrize(
    "text, celsius",
    [
        ("48312", 48.312), ("-5000", -5), ("0", 0), ("150000", 150), ("150001", None),
        ("-55001", None), ("-274000", None), ("2147483647", None), ("", None), ("abc", None),
        ("nan", None), (b"\xff\xfe\x00", None),
    ],
)  # fmt: skip
def test_temperatures(kernel, sensord, text, celsius):
    """Nonsense is null, and everything else is there."""
    zone(kernel, 0, "gpu-thermal", 99000)
    zone(kernel, 1, "cpu-thermal", text)
    readings = sensord(CONFIG)
    wait_until(lambda: readings.of("board"), 10, "a reading")
    reading = last(readings)
    assert reading.pop("cpu_temperature_c") == celsius
    assert None not in reading.values() and reading["memory_used_percent"] > 0
    if celsius is None:
        readings.daemon.wait_for_message("board: cpu_temperature_c is null: ")


def test_a_zone_that_goes_and_comes(kernel, sensord):
    """The temperature of another part is not the processor's; told once, and it comes back, also
    under another number."""
    zone(kernel, 0, "gpu-thermal", 99000)
    zone(kernel, 1, "cpu-thermal", 48000)
    readings = sensord(CONFIG)
    readings.wait("board")
    folder = kernel.sys / ZONES / "thermal_zone1"
    folder.rename(kernel.sys / "away")
    wait_until(lambda: last(readings)["cpu_temperature_c"] is None, 10, "a null")
    before = len(readings.of("board"))
    wait_until(lambda: len(readings.of("board")) > before + 5, 5, "readings at the interval")
    (kernel.sys / "away").rename(kernel.sys / ZONES / "thermal_zone4")
    wait_until(lambda: last(readings)["cpu_temperature_c"] == 48, 10, "the zone")
    assert {r["cpu_temperature_c"] for r in readings.of("board")} == {48, None}
    assert readings.daemon.messages().count("cpu_temperature_c is null") == 1


def test_a_driver_that_comes_late(kernel, sensord):
    readings = sensord(CONFIG)
    readings.wait("board")
    assert "cpu_temperature_c" not in last(readings)
    zone(kernel, 0, "cpu-thermal", 48000)
    wait_until(lambda: last(readings).get("cpu_temperature_c") == 48, 10, "the zone")


@pytest.mark.parametrize("number", [errno.EAGAIN, errno.ENODATA, errno.EIO])
def test_a_zone_that_gives_no_value(tmp_path, kernel, sensord, number):
    """Drivers answer so while a zone is off."""
    with FakeSysfs(tmp_path, kernel.environment) as sysfs:
        zone(kernel, 0, "cpu-thermal", 48000)
        kernel.environment = sysfs.environment
        readings = sensord(CONFIG)
        readings.wait("board")
        sysfs.guard = lambda path: refuse(number) if path.endswith("/temp") else None
        wait_until(lambda: last(readings)["cpu_temperature_c"] is None, 10, "a null")
        assert last(readings)["uptime_s"] > 0
        sysfs.guard = lambda path: None
        wait_until(lambda: last(readings)["cpu_temperature_c"] == 48, 10, "a value")
        readings.daemon.stop()
    assert "mistake" not in readings.daemon.messages()


def test_a_zone_that_fails_now_and_then(tmp_path, kernel, sensord):
    """Each fourth read: nothing is null, and nothing is told."""
    count = 0

    def guard(path):
        nonlocal count
        count += path.endswith("/temp")
        if path.endswith("/temp") and count % 4 == 0:
            refuse(errno.EAGAIN)

    with FakeSysfs(tmp_path, kernel.environment) as sysfs:
        zone(kernel, 0, "cpu-thermal", 48000)
        sysfs.guard = guard
        kernel.environment = sysfs.environment
        readings = sensord(CONFIG)
        wait_until(lambda: len(readings.of("board")) > 20, 15, "readings")
        assert {r["cpu_temperature_c"] for r in readings.of("board")} == {48}
        assert readings.daemon.messages().count("board: ") == 1
        readings.daemon.stop()
        assert count > 20


def test_a_hwmon_driver_of_the_processor(kernel, sensord):
    """PCs have no zone of it."""
    add(kernel, "class/hwmon/hwmon2/name", "k10temp")
    add(kernel, "class/hwmon/hwmon2/temp1_input", 51250)
    readings = sensord(CONFIG)
    assert readings.wait("board")[0]["cpu_temperature_c"] == 51.25
