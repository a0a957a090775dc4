# SPDX-License-Identifier: MIT
"""type = "w1": a boiler that is switched by 85 degrees which nobody measured."""

import os
import subprocess

import pytest
from kernel_sys import add, table, values
from support import SENSORD, wait_until

ROOT = "bus/w1/devices"
PACE = 'interval = "1 s"'


@pytest.fixture
def wire(kernel, tmp_path):
    """The kernel, whose /sys `cat` finds as well: it is another program, and the real one."""
    program = tmp_path / "bin/cat"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec /usr/bin/cat "{kernel.sys}${{1#/sys}}"\n')
    program.chmod(0o755)
    kernel.environment["PATH"] = f"{program.parent}:{os.environ['PATH']}"
    return kernel


def thermometer(kernel, name, temperature, scratchpad=None, second=None, crc="YES"):
    """`temperature` as of the first conversion; `scratchpad` and `second` of the next one."""
    add(kernel, f"{ROOT}/{name}/temperature", temperature)
    if scratchpad is not None:
        second = temperature if second is None else second
        text = f"{scratchpad} : crc={scratchpad[-2:]} {crc}\n{scratchpad} t={second}"
        add(kernel, f"{ROOT}/{name}/w1_slave", text)


def test_several_on_one_wire(wire, sensord):
    """One of them with a bad connection; and chips that are no thermometers."""
    thermometer(wire, "28-0a", 21437)
    thermometer(wire, "28-0b", -1250)
    for other in ("29-00000001", "00-400000000000", "w1_bus_master1"):
        (wire.sys / ROOT / other).mkdir()
    readings = sensord(
        table("all", "w1", PACE)
        + table("one", "w1", 'device = "28-0b"', PACE)
        + table("gone", "w1", 'device = "28-0c"', PACE)
        + table("switch", "w1", 'device = "29-00000001"', PACE)
    )
    assert values(readings.wait("all")[0]) == {
        "28_0a_temperature_c": 21.437, "28_0b_temperature_c": -1.25,
    }  # fmt: skip
    assert values(readings.wait("one")[0]) == {"temperature_c": -1.25}
    readings.daemon.wait_for_message(
        "gone: 28-0c is not on the 1-Wire bus; there: 28-0a, 28-0b, 29-"
    )
    readings.daemon.wait_for_message("switch: 29-00000001 is no thermometer")
    (wire.sys / ROOT / "28-0a/temperature").unlink()
    readings.wait_for_last("all", known=False)
    assert readings.of("all")[-1]["28_0b_temperature_c"] == -1.25
    thermometer(wire, "28-0a", 22000)
    readings.wait_for_last("all", known=True)
    assert readings.daemon.messages().count("28_0a_temperature_c is null: no answer") == 1


POWER_ON = "50 05 4b 46 7f ff 0c 10 1c"
# Name, temperature, scratchpad, temperature of the second conversion, CRC; value, reason.
CASES = [
    ("28-01", 85000, POWER_ON, None, "YES", None, "the value at power on"),
    ("28-02", 85000, None, None, None, None, "the value at power on"),
    ("28-03", 85000, "50 05 4b 46 7f ff 10 10 56", None, "YES", 85, None),
    ("28-04", 85000, "50 05 4b 46 7f ff 0b 10 99", None, "YES", 85, None),
    ("28-05", 85000, "57 01 4b 46 7f ff 09 10 0e", 21437, "YES", 21.437, None),
    ("28-06", 85000, POWER_ON, None, "NO", None, "wrong checksum"),
    ("28-07", 127937, "ff 07 4b 46 7f ff 0c 10 ea", None, "YES", None, "enough power"),
    ("28-08", 127937, None, None, None, None, "enough power"),
    ("28-09", 125000, None, None, None, 125, None),
    ("28-10", 125062, None, None, None, None, "cannot measure"),
    ("28-11", -55000, None, None, None, -55, None),
    ("28-12", -55062, None, None, None, None, "cannot measure"),
    ("28-13", 84937, None, None, None, 84.937, None),
    ("28-14", 0, None, None, None, 0, None),
    ("28-15", "", None, None, None, None, "no answer"),
    ("10-01", 85000, "aa 00 4b 46 ff ff 0c 10 87", None, "YES", None, "the value at power on"),
    ("10-02", 20500, None, None, None, 20.5, None),
    ("22-01", 85000, POWER_ON, None, "YES", None, "the value at power on"),
    ("3b-01", 85000, POWER_ON, None, "YES", None, "the value at power on"),
    ("42-01", 85000, POWER_ON, None, "YES", None, "the value at power on"),
    ("42-02", 84000, None, None, None, 84, None),
    ("42-03", 85062, None, None, None, None, "cannot measure"),
    ("42-04", -40062, None, None, None, None, "cannot measure"),
]


def test_values_that_are_none(wire, sensord):
    """A value that a thermometer has not measured is null, and the others go on."""
    for name, *measured in (case[:5] for case in CASES):
        thermometer(wire, name, *measured)
    readings = sensord(table("all", "w1", 'interval = "1 h"'))
    (reading,) = wait_until(lambda: readings.of("all"), 60, "a reading")
    readings.daemon.wait_for_message("all: ")
    status = readings.daemon.messages()
    for name, *_, expected, reason in CASES:
        field = name.replace("-", "_") + "_temperature_c"
        assert reading[field] == expected, name
        said = status.partition(f"{field} is null: ")[2].partition("; ")[0]
        assert (reason or "") in said and bool(said) == bool(reason), (name, said)


@pytest.mark.parametrize("case", [CASES[0], CASES[1], CASES[6]], ids=lambda case: case[0])
def test_one_thermometer_that_has_not_measured(wire, tmp_path, case):
    """`sensord read` says why there is no value, with its exit status as well."""
    name, *measured = case[:5]
    thermometer(wire, name, *measured)
    path = tmp_path / "sensord.toml"
    path.write_text(table("tank", "w1", f'device = "{name}"'))
    done = subprocess.run(
        [SENSORD, "read", "tank", "--config", path],
        env={**os.environ, **wire.environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 69 and '"temperature_c":null' in done.stdout.replace(" ", "")
    assert "tank: temperature_c is null: " in done.stderr and case[-1] in done.stderr


def test_nothing_on_the_wire(wire, sensord):
    (wire.sys / ROOT).mkdir(parents=True)
    readings = sensord(table("all", "w1", PACE))
    readings.daemon.wait_for_message("all: there is nothing on the 1-Wire bus; on a Raspberry Pi")
    (wire.sys / ROOT / "29-00000001").mkdir()
    readings.daemon.wait_for_message("all: there is no thermometer on the 1-Wire bus; there: 29-")
    thermometer(wire, "28-0a", 21437)
    assert values(readings.wait("all")[0]) == {"28_0a_temperature_c": 21.437}
