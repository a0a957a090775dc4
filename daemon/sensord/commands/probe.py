# SPDX-License-Identifier: MIT
"""`sensord probe`: lists the hardware, and says how to get missing hardware to appear."""

import asyncio
import json

from camera import rpicam, v4l2

from linux import inventory
from linux.subprocess import find_program

from .. import contents
from ..inputs.acceleration import chip as acceleration_chip
from ..inputs.i2c import chip as i2c_chip
from .terminal import show

# How to get missing hardware to appear: on any board, by a line in config.txt of a Raspberry Pi,
# and by an overlay of another board.
_CONFIG = "put %s into /boot/firmware/config.txt and restart"
_MISSING = {
    "gpio": (
        "the kernel has no GPIO chip: the board has no pins, or lacks their driver",
        None,
        None,
    ),
    "i2c": (None, "dtparam=i2c_arm=on", "I2C"),
    "spi": (None, "dtparam=spi=on", "SPI"),
    "serial": ("plug in a USB adapter", "enable_uart=1", None),
    "pwm": (None, "dtoverlay=pwm-2chan", "PWM"),
    "iio": (
        "load a chip's driver and say where the chip is: "
        "echo bme280 0x76 | sudo tee /sys/bus/i2c/devices/i2c-1/new_device",
        "the chip's overlay, such as dtoverlay=ads1115,",
        None,
    ),
    "hwmon": ("load the driver of a chip, such as lm75", None, None),
    "w1": (None, "dtoverlay=w1-gpio", "1-Wire"),
    "sound": (
        "plug in a USB microphone",
        "the sound card's overlay, such as dtoverlay=googlevoicehat-soundcard,",
        None,
    ),
    "camera": ("plug in a USB camera", "camera_auto_detect=1", None),
    "watchdog": (None, "dtparam=watchdog=on", "the watchdog, or load the module softdog"),
    "rtc": (None, "the clock chip's overlay, such as dtoverlay=i2c-rtc,ds3231,", "a clock chip"),
}
_NO_I2C_DEV = (
    "load the module that lets programs use them: sudo modprobe i2c-dev, and at each start: "
)
_NO_I2C_DEV += "echo i2c-dev | sudo tee /etc/modules-load.d/i2c-dev.conf"
_PROGRAMS = {"sound": (("arecord", "alsa-utils"),), "camera": (("v4l2-ctl", "v4l-utils"),)}

# Chips without a driver of ours that are often met, from their datasheets.
_OTHER_CHIPS = ((0x40, "HTU21D"), (0x68, "DS3231"))

_TITLES = (
    ("gpio", "GPIO chips"), ("i2c", "I2C buses"), ("spi", "SPI"), ("serial", "serial ports"),
    ("pwm", "PWM"), ("iio", "IIO (converters and sensors that the kernel drives)"),
    ("hwmon", "hwmon (the kernel's monitors)"), ("w1", "1-Wire"), ("sound", "microphones"),
    ("camera", "cameras"), ("watchdog", "watchdogs"), ("rtc", "clocks with a battery"),
)  # fmt: skip


def _known_chips():
    """{address: the chips it may be}, those with a driver in sensord first."""
    found = {}
    for folder in (i2c_chip.FOLDER, acceleration_chip.FOLDER):
        for name in contents.modules(folder):
            module = i2c_chip.load(folder, name)
            for address in module.ADDRESSES:
                found.setdefault(address, []).append(module.DRIVER.__name__)
    for address, name in _OTHER_CHIPS:
        found.setdefault(address, []).append(name)
    return {address: ", ".join(names) for address, names in found.items()}


def _scan(bus, known):
    """Adds the addresses that answer on a bus, or the error of the scan."""
    from machine import I2C

    drivers = bus.pop("drivers")
    try:
        connection = I2C(bus["device"])
        try:
            answering = connection.scan()
        finally:
            connection.deinit()
    except OSError as error:
        bus["error"] = error.args[1]
        answering = sorted(drivers)
    bus["addresses"] = []
    for address in answering:
        chip = {"address": "0x%02x" % address}
        if address in drivers:
            chip["driver"] = drivers[address]
        elif address in known:
            chip["maybe"] = known[address]
        bus["addresses"].append(chip)
    return bus


async def _cameras():
    found = inventory.video_devices()
    # Leave out devices that only convert pictures, and raw cameras, which rpicam lists.
    found = [entry for entry in found if entry.pop("driver", "") not in v4l2.NOT_CAMERAS]
    try:
        return found + await rpicam.cameras()
    except OSError as error:
        return found + [{"device": "rpicam", "error": error.args[1]}]


def find_hardware():
    """The board's hardware: {"board": …, "gpio": […], …, "missing": {"spi": "what to do"}}."""
    board = inventory.board()
    known = _known_chips()
    found = {
        "board": board,
        "gpio": inventory.gpio_chips(),
        "i2c": [_scan(bus, known) for bus in inventory.i2c_buses()],
        "spi": inventory.spi_devices(),
        "serial": inventory.serial_ports(),
        "pwm": inventory.pwm_chips(),
        "iio": inventory.iio_devices(),
        "hwmon": inventory.hwmon_devices(),
        "w1": inventory.one_wire_devices(),
        "sound": inventory.sound_inputs(),
        "camera": asyncio.run(_cameras()),
        "watchdog": inventory.watchdogs(),
        "rtc": inventory.clocks(),
    }
    found["missing"] = {}
    for name, _ in _TITLES:
        advice = _advice(name, board["pi"], found[name])
        if advice:
            found["missing"][name] = advice
    return found


def _how_to_add(kind, pi):
    anywhere, line, overlay = _MISSING[kind]
    parts = [anywhere]
    if overlay and not pi:
        parts.append("enable the board's overlay for " + overlay)
    if line:
        parts.append(("" if pi else "on a Raspberry Pi ") + _CONFIG % line)
    return "; or ".join([part for part in parts if part])


def _advice(kind, pi, entries):
    """How to get hardware of a class to appear or to work; None if nothing is missing."""
    parts = []
    if not entries:
        no_module = kind == "i2c" and inventory.i2c_adapters()
        parts.append(_NO_I2C_DEV if no_module else _how_to_add(kind, pi))
    if kind == "camera" and pi and find_program("rpicam-vid") is None:
        parts.append("for a camera on the board's connector install the package rpicam-apps")
    for program, package in _PROGRAMS.get(kind, ()):
        if find_program(program) is None:
            parts.append("install the package %s, for its %s" % (package, program))
    return "; ".join(parts) or None


def _i2c_text(entry):
    chips = []
    for chip in entry["addresses"]:
        text = chip["address"]
        if "driver" in chip:
            text += " (the kernel's %s)" % chip["driver"]
        elif "maybe" in chip:
            text += " (%s?)" % chip["maybe"]
        chips.append(text)
    return ", ".join(chips) or ("" if "error" in entry else "nothing answers")


def _text(kind, entry):
    """An entry as one line."""
    first = entry.get("device") or entry["name"]
    parts = []
    if kind == "gpio" and "label" in entry:
        parts = [entry["label"], "%d lines" % entry["lines"]]
        if entry.get("header"):
            parts.append("Pin(N) is its line N")
    elif kind == "i2c":
        parts = [entry["name"], _i2c_text(entry)]
    elif kind == "pwm":
        parts = ["%d channels" % entry["channels"]]
    elif kind in ("iio", "hwmon"):
        inputs = entry["channels"] if kind == "iio" else entry["inputs"]
        parts = [entry["chip"], " ".join(inputs) or "no inputs"]
    elif "device" in entry:
        parts = [entry.get("name"), " ".join(entry.get("formats", ()))]
        if entry.get("console"):
            parts.append("the kernel's console: take it out of cmdline.txt to use it")
    text = ", ".join([part for part in parts if part])
    if "error" in entry:
        text += (" -> " if text else "-> ") + entry["error"]
    return ("  %s  %s" % (first, text)).rstrip()


def _report(found):
    lines = ["%(model)s, Linux %(kernel)s" % found["board"]]
    for kind, title in _TITLES:
        lines.append("")
        lines.append(title)
        lines += [_text(kind, entry) for entry in found[kind]]
        if not found[kind]:
            lines.append("  none")
        if kind in found["missing"]:
            lines.append("  -> " + found["missing"][kind])
    return lines


def probe(as_json):
    """Prints the hardware, as text or as one JSON object; returns the exit code."""
    found = find_hardware()
    for line in (json.dumps(found),) if as_json else _report(found):
        show(line)
    return 0
