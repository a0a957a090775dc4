# SPDX-License-Identifier: MIT
"""type = "gpio", "serial" and "exec": the daemon on a fake GPIO chip, on a pseudo terminal and
with real commands."""

import os
import subprocess
import time

import pytest
from fakes.gpio import FakeChip
from kernel_sys import table, values
from support import SENSORD, wait_until


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
    """A sensor can be any script of the user."""
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
    ],
)
def test_configurations_that_are_wrong(tmp_path, lines, words):
    """The check reports the error before anything starts."""
    path = tmp_path / "sensord.toml"
    path.write_text("[sensor.it]\n" + lines + "\n")
    done = subprocess.run(
        [SENSORD, "check", "--config", path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 78 and words in done.stderr, done.stderr
