# SPDX-License-Identifier: MIT
"""type = "iio", "hwmon" and "w1": the daemon on a fake /sys."""

import os

import pytest
from support import wait_until
from tables import check, table, values


def add(kernel, path, text):
    path = kernel.sys / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n")


def test_iio_units(kernel, sensord):
    """The kernel's millidegrees and kilopascals are no user's."""
    for name, value in {
        "name": "bme280", "in_temp_input": 23450, "in_pressure_input": "101.325",
        "in_humidityrelative_input": 45120, "in_temp_raw": 519888, "in_temp_scale": "1",
    }.items():  # fmt: skip
        add(kernel, f"bus/iio/devices/iio:device0/{name}", value)
    for name, value in {
        "name": "mcp3008", "in_voltage0_raw": 512, "in_voltage1_raw": 100,
        "in_voltage_scale": "3.222656250", "in_voltage1_offset": -100,
        "in_accel_x_raw": 1000, "in_accel_scale": "0.0098",
    }.items():  # fmt: skip
        add(kernel, f"bus/iio/devices/iio:device1/{name}", value)
    pace = 'interval = "200 ms"'
    readings = sensord(
        table("air", "iio", 'device = "bme280"', pace)
        + table("adc", "iio", 'device = "iio:device1"', pace)
        + table("one", "iio", 'device = "mcp3008"', 'channels = ["voltage0"]', pace)
    )
    assert values(readings.wait("air")[0]) == {
        "humidity_percent": 45.12, "pressure_hpa": 1013.25, "temperature_c": 23.45,
    }  # fmt: skip
    assert values(readings.wait("adc")[0]) == {
        "accel_x_m_s2": 9.8, "voltage0_v": 1.65, "voltage1_v": 0,
    }  # fmt: skip
    assert values(readings.wait("one")[0]) == {"voltage0_v": 1.65}


def test_hwmon_labels_and_units(kernel, sensord):
    """Names that a person gave, where there are any."""
    for name, value in {
        "name": "lm75", "temp1_input": 21500, "in1_input": 3300, "fan1_input": 1200,
        "temp2_input": 40000, "temp2_label": "Package id 0", "power1_input": 2500000,
        "beep_enable": 0,
    }.items():  # fmt: skip
        add(kernel, f"class/hwmon/hwmon3/{name}", value)
    config = table("case", "hwmon", 'device = "lm75"', 'interval = "200 ms"')
    assert values(sensord(config).wait("case")[0]) == {
        "fan1_rpm": 1200, "package_id_0_temperature_c": 40.0, "power1_w": 2.5,
        "temperature1_c": 21.5, "voltage1_v": 3.3,
    }  # fmt: skip


def test_kernel_devices_that_go_and_come(kernel, sensord):
    """A driver that was unbound: a fault in words, nulls for one that fails, and back again."""
    add(kernel, "class/hwmon/hwmon0/name", "lm75")
    add(kernel, "class/hwmon/hwmon0/temp1_input", 20000)
    add(kernel, "bus/iio/devices/iio:device0/name", "bme280")
    add(kernel, "bus/iio/devices/iio:device0/in_temp_input", 20000)
    add(kernel, "bus/iio/devices/iio:device0/in_pressure_input", 100)
    pace = 'interval = "200 ms"'
    readings = sensord(
        table("air", "iio", 'device = "bme280"', pace)
        + table("case", "hwmon", 'device = "lm75"', pace)
        + table("none", "hwmon", 'device = "lm99"', pace)
    )
    readings.wait("air")
    readings.wait("case")
    readings.daemon.wait_for_message("no hwmon device lm99; there are: lm75 (hwmon0)")
    (kernel.sys / "bus/iio/devices/iio:device0/in_pressure_input").unlink()
    wait_until(lambda: readings.of("air")[-1]["pressure_hpa"] is None, 10, "a null")
    assert readings.of("air")[-1]["temperature_c"] == 20.0
    (kernel.sys / "class/hwmon/hwmon0/temp1_input").unlink()
    readings.daemon.wait_for_message("case: the kernel's driver gives no value")
    add(kernel, "class/hwmon/hwmon0/temp1_input", 25000)
    readings.wait_for_last("case", known=True)
    assert readings.of("case")[-1]["temperature1_c"] == 25.0


def test_one_wire(kernel, sensord, tmp_path, monkeypatch):
    """DS18B20: several on one wire, one of them with a bad connection."""
    # `cat` is the real one; that the fake /sys is below another folder is told to it here.
    program = tmp_path / "bin/cat"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec /usr/bin/cat "{kernel.sys}${{1#/sys}}"\n')
    program.chmod(0o755)
    kernel.environment["PATH"] = f"{program.parent}:{os.environ['PATH']}"
    for name, value in {"28-0a": 21437, "28-0b": -1250}.items():
        add(kernel, f"bus/w1/devices/{name}/temperature", value)
    (kernel.sys / "bus/w1/devices/w1_bus_master1").mkdir()
    pace = 'interval = "1 s"'
    readings = sensord(
        table("all", "w1", pace)
        + table("one", "w1", 'device = "28-0b"', pace)
        + table("gone", "w1", 'device = "28-0c"', pace)
    )
    assert values(readings.wait("all")[0]) == {
        "28_0a_temperature_c": 21.437, "28_0b_temperature_c": -1.25,
    }  # fmt: skip
    assert values(readings.wait("one")[0]) == {"temperature_c": -1.25}
    readings.daemon.wait_for_message("gone: 28-0c is not on the 1-Wire bus; there: 28-0a, 28-0b")
    (kernel.sys / "bus/w1/devices/28-0a/temperature").unlink()
    readings.wait_for_last("all", known=False)
    assert readings.of("all")[-1]["28_0b_temperature_c"] == -1.25


@pytest.mark.parametrize(
    "lines, words",
    [
        ('type = "iio"', 'needs the key "device"'),
        ('type = "w1"\ninterval = "10 ms"', "from 1 s to 1 d"),
    ],
)
def test_configurations_that_are_wrong(tmp_path, lines, words):
    """What is wrong, before anything starts."""
    status, messages = check(tmp_path, "[sensor.it]\n" + lines + "\n")
    assert status == 78 and words in messages, messages
