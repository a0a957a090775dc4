# SPDX-License-Identifier: MIT
"""type = "iio", "hwmon", "w1", "gpio", "serial" and "exec": the daemon on a fake /sys, on a fake
GPIO chip, on a pseudo terminal and with real commands."""

import os
import subprocess
import time

import pytest
from fakes.gpio import FakeChip
from fakes.kernel import FakeKernel
from readings import Readings
from support import SENSORD, wait_until


@pytest.fixture
def kernel(tmp_path):
    (tmp_path / "sys").mkdir()
    with FakeKernel(tmp_path, {}, sys=tmp_path / "sys") as kernel:
        kernel.sys = tmp_path / "sys"
        yield kernel
    assert not kernel.errors


@pytest.fixture
def sensord(kernel, daemon):
    def start(config):
        running = daemon(config, kernel.environment)
        readings = Readings(running)
        readings.daemon = running
        return readings

    return start


def add(kernel, path, text):
    path = kernel.sys / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n")


def table(name, kind, *lines):
    return "\n".join([f"[sensor.{name}]", f'type = "{kind}"', *lines]) + "\n"


def values(reading):
    return {name: value for name, value in reading.items() if name != "time"}


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


class Line:
    """A pseudo terminal that a device writes to."""

    def __init__(self, folder):
        self.master, slave = os.openpty()
        self.path = os.ttyname(slave)
        self.slave = slave

    def send(self, text):
        os.write(self.master, text)


def test_lines_of_a_serial_port(sensord, tmp_path):
    """A meter that talks more than one wants to hear."""
    line = Line(tmp_path)
    readings = sensord(
        table(
            "meter", "serial", f'device = "{line.path}"',
            "pattern = '^E=([0-9.]+) kWh P=(-?[0-9]+) (.+)$'",
            'fields = ["energy_kwh", "power_w", "tariff"]', 'timeout = "3 s"',
        )
        + table("board", "system", 'interval = "500 ms"')
    )  # fmt: skip
    readings.wait("board")
    time.sleep(0.5)
    for part in (b"boot\r\nE=12.5 kW", b"h P=-340 T1\r\n\xff\xfe noise\nE=12.6 kWh P=7 T2\r\n"):
        line.send(part)
        time.sleep(0.1)
    found = [values(reading) for reading in readings.wait("meter", 2)]
    assert found == [
        {"energy_kwh": 12.5, "power_w": -340, "tariff": "T1"},
        {"energy_kwh": 12.6, "power_w": 7, "tariff": "T2"},
    ]
    # It falls silent, and speaks again.
    readings.daemon.wait_for_message("meter: no data for 3 s", 15)
    end = time.monotonic() + 20
    while len(readings.wait("meter", 2)) < 3 and time.monotonic() < end:
        line.send(b"E=13 kWh P=0 T1\n")
        time.sleep(0.2)
    assert values(readings.wait("meter", 3)[-1])["energy_kwh"] == 13


def test_a_serial_port_that_is_not_there(sensord):
    """A word about the port."""
    readings = sensord(
        table("no", "serial", 'device = "/dev/ttyNONE"', "pattern = '(.*)'", 'fields = ["a"]')
    )
    readings.daemon.wait_for_message("no: /dev/ttyNONE")


def test_what_commands_print(sensord, tmp_path):
    """Whatever a user can write a script for."""
    flag = tmp_path / "flag"
    readings = sensord(
        table("number", "exec", 'command = ["echo", "41.5"]', 'interval = "200 ms"')
        + table(
            "json", "exec",
            """command = ["printf",
            '{"b": {"c": 2, "d": true}, "a": null, "s": "x", "l": [1]}']""",
            'interval = "200 ms"',
        )
        + table(
            "test", "exec", f'command = ["test", "-e", "{flag}"]', 'interval = "200 ms"'
        )
    )  # fmt: skip
    assert values(readings.wait("number")[0]) == {"value": 41.5}
    wait_until(lambda: readings.of("json"), 10, "a reading")
    assert values(readings.of("json")[0]) == {"a": None, "b_c": 2, "b_d": True, "s": "x"}
    readings.daemon.wait_for_message("test: test ended with status 1")


@pytest.mark.parametrize(
    "command, words",
    [
        ('["/nowhere/at/all"]', "/nowhere/at/all: No such file"),
        ('["sleep", "60"]', "sleep took longer than 500 ms"),
        ('["echo", "hello"]', "printed neither a number nor JSON: 'hello'"),
        ('["echo", "[1]"]', "neither a number nor a JSON object"),
        ("['echo', '\"text\"']", "neither a number nor a JSON object"),
        ('["sh", "-c", "kill -9 $$"]', "was killed by a signal"),
        ('["true"]', "printed neither"),
    ],
)
def test_commands_that_fail(sensord, command, words):
    """It alone is at fault, and says why."""
    readings = sensord(
        table("it", "exec", f"command = {command}", 'timeout = "500 ms"', 'interval = "200 ms"')
        + table("board", "system", 'interval = "200 ms"')
    )
    readings.daemon.wait_for_message(words)
    assert readings.of("it") == []
    readings.wait("board", len(readings.of("board")) + 2)


@pytest.mark.parametrize(
    "lines, words",
    [
        ('type = "gpio"\npin = -1', "a number, or a name"),
        ('type = "gpio"\npin = true', "a number, or a name"),
        ('type = "exec"\ncommand = "ls -l"', "an array of strings"),
        ('type = "exec"\ncommand = [1]', "an array of strings"),
        ('type = "serial"\ndevice = "x"\nfields = ["a"]\npattern = "a{2}"', 'has "{"'),
        ('type = "serial"\ndevice = "x"\nfields = ["a"]\npattern = "("', "no regular expression"),
        (
            'type = "serial"\ndevice = "x"\nfields = ["a", "b"]\npattern = "(x)"',
            "pattern has 1 groups (…), and there are 2 fields",
        ),
        ('type = "iio"', 'needs the key "device"'),
        ('type = "w1"\ninterval = "10 ms"', "from 1 s to 1 d"),
    ],
)
def test_configurations_that_are_wrong(tmp_path, lines, words):
    """What is wrong, before anything starts."""
    path = tmp_path / "sensord.toml"
    path.write_text("[sensor.it]\n" + lines + "\n")
    done = subprocess.run(
        [SENSORD, "check", "--config", path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 78 and words in done.stderr, done.stderr
