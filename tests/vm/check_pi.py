# SPDX-License-Identifier: MIT
"""A Raspberry Pi 3's own drivers: its I2C controller with a thermometer on the header, its GPIO
controller, and its processor's temperature."""

import json

from check_readings import check_of, device_groups
from check_service import exposure, journal_is_clean, memory

_MILD_C, _HOT_C = 21.5, 35.0
_LAMP = "gpio-530"  # GPIO18 in the kernel's numbers: its first dynamic number is 512

# The daemon's messages about devices that udev has not made yet: the emulated board takes minutes
# to start.
_BEFORE_UDEV = ("Permission denied", "No such file or directory", "there is no hwmon device")

SENSORS = {
    "chip": ("i2c: an LM75 on the BSC controller", lambda _, r: r["temperature_c"] == _MILD_C),
    "processor": ("hwmon: cpu_thermal", lambda _, r: 0 < r["temperature1_c"] < 100),
    "pulses": ("gpio: a line of pinctrl-bcm2835", lambda _, r: r["count"] == 0),
    "command": ("exec: cut", lambda _, r: r["value"] > 1),
    "board": ("system", lambda _, r: r["uptime_s"] > 1 and r["memory_available_mib"] > 0),
}


def _warm(bench, degrees):
    bench.machine.set("thermometer", "temperature", int(degrees * 1000))


def thermometer(bench):
    """A temperature set from outside arrives at the broker."""
    _warm(bench, _MILD_C)
    return check_of("chip", *SENSORS["chip"])(bench)


def probe(bench):
    """The board's hardware is found, and the header's controller distinguished from the others."""
    found = json.loads(bench.run("sensord probe --json", 180))
    (header,) = [chip for chip in found["gpio"] if "header" in chip]
    assert (header["label"], header["lines"]) == ("pinctrl-bcm2835", 54), found["gpio"]
    (bus,) = [bus for bus in found["i2c"] if {a["address"] for a in bus["addresses"]} == {"0x48"}]
    return f"{header['name']} with {header['lines']} lines, {bus['name']} with 0x48"


def journal(bench):
    """As in check_service, for a daemon that was started before its devices existed."""
    return journal_is_clean(bench, *_BEFORE_UDEV)


def _wait_for_lamp(bench, level):
    """Reads the line's level from the controller through the kernel's GPIO driver."""
    said = bench.wait(
        lambda: bench.run(f"grep '{_LAMP} .* out {level}' /sys/kernel/debug/gpio || true"),
        60, f"{_LAMP} out {level}",
    )  # fmt: skip
    return " ".join(said.split())


def action_on_a_pin(bench):
    """A pin of the header follows the thermometer."""
    _warm(bench, _HOT_C)
    on = _wait_for_lamp(bench, "hi")
    _warm(bench, _MILD_C)
    _wait_for_lamp(bench, "lo")
    return f"on when hot ({on}), then off"


def safe_when_killed(bench):
    """After a kill while the pin is on, it is off before the next daemon switches it on."""
    _warm(bench, _HOT_C)
    _wait_for_lamp(bench, "hi")
    before = bench.show("NRestarts")
    # Checked inside the machine, because the next daemon starts soon.
    off = f"until grep -q '{_LAMP} .* lo' /sys/kernel/debug/gpio; do sleep 0.1; done"
    bench.run(f'kill -KILL {bench.pid}; timeout 30 sh -c "{off}"')
    bench.wait(lambda: bench.show("NRestarts") != before, 30, "a restart")
    _wait_for_lamp(bench, "hi")
    _warm(bench, _MILD_C)
    _wait_for_lamp(bench, "lo")
    return "off after kill -9, on again when the next daemon had measured"


CHECKS = [
    ("reading of chip", thermometer),
    *((f"reading of {name}", check_of(name, *SENSORS[name])) for name in list(SENSORS)[1:]),
    ("device groups", device_groups),
    ("journal is clean", journal),
    ("memory", memory),
    ("exposure", exposure),
    ("probe", probe),
    ("action on a pin", action_on_a_pin),
    ("safe value when killed", safe_when_killed),
]
