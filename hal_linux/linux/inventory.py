# SPDX-License-Identifier: MIT
"""The hardware that the kernel shows: a list of dicts per class, with `device` or `name` first.

Nothing here changes what a device does. If this user has no permission for a device, its entry has
an `error` that says what to do.
"""

import os

from . import gpio, libc, video
from .explain import ENODEV
from .files import read_text

_PCM_CAPTURE = "c"  # the last letter of pcmC0D0c; p is for playback


def _entries(folder, start=""):
    """The names in a folder that begin with `start`, sorted by number; [] if it is missing."""
    try:
        names = [name for name in os.listdir(folder) if name.startswith(start)]
    except OSError:
        return []
    return sorted(names, key=lambda name: (len(name), name))


def _described(entry, **more):
    entry.update({key: value for key, value in more.items() if value not in (None, "", [])})
    return entry


def _permission(path, group):
    return None if libc.accessible(path) else "no permission: add the user to the group " + group


def board():
    """{"model", "kernel", "pi"}: the board's model, and whether it is a Raspberry Pi."""
    model = (read_text("/sys/firmware/devicetree/base/model") or "").rstrip("\0")
    product = read_text("/sys/class/dmi/id/product_name")
    version = (read_text("/proc/sys/kernel/osrelease") or "").strip()
    return {
        "model": model or product or "unknown board",
        "kernel": version,
        "pi": model.startswith("Raspberry Pi"),
    }


def gpio_chips():
    """{"name", "label", "lines", "header"}: `header` is True for the chip that Pin(17) uses."""
    try:
        names = gpio.chips()
    except OSError:
        return []
    found = []
    for name in names:
        try:
            chip = gpio.Chip(name)
        except OSError as error:
            found.append({"name": name, "error": error.args[1]})
            continue
        found.append({"name": name, "label": chip.label, "lines": chip.lines})
        chip.close()
    labels = [entry.get("label") for entry in found]
    header = next((i for i, label in enumerate(labels) if label in gpio.HEADER_LABELS), 0)
    if "error" not in found[header]:
        found[header]["header"] = True
    return found


def i2c_adapters():
    """The names of all I2C adapters, including those without a device file."""
    return _entries("/sys/bus/i2c/devices", "i2c-")


def i2c_buses():
    """{"device", "name", "drivers"}: `drivers` names the chips' kernel drivers, by address."""
    found = []
    for name in _entries("/sys/class/i2c-dev", "i2c-"):
        number = name[4:]
        drivers = {}
        for chip in _entries("/sys/bus/i2c/devices", number + "-"):
            # 1-0076, and 1-a076 for an address of ten bits
            folder = "/sys/bus/i2c/devices/" + chip
            if chip.split("-")[1][0] == "0" and _entries(folder + "/driver"):
                address = int(chip.split("-")[1], 16)
                drivers[address] = read_text(folder + "/name") or "a driver"
        adapter = read_text("/sys/class/i2c-dev/%s/name" % name)
        found.append({"device": "/dev/" + name, "name": adapter or "", "drivers": drivers})
    return found


def spi_devices():
    """{"device"}: the chip selects with a spidev device."""
    found = []
    for name in _entries("/sys/class/spidev", "spidev"):
        path = "/dev/" + name
        found.append(_described({"device": path}, error=_permission(path, "spi")))
    return found


def serial_ports():
    """{"device", "name", "console"}: ports with hardware behind them."""
    active = (read_text("/sys/class/tty/console/active") or "").split(" ")
    found = []
    for name in _entries("/sys/class/tty"):
        folder = "/sys/class/tty/" + name
        # The 8250 driver makes ttyS0 to ttyS3 even without hardware: then their type is 0.
        if read_text(folder + "/type") == "0" or not _entries(folder + "/device"):
            continue
        product = read_text(folder + "/device/../product")
        product = product or read_text(folder + "/device/../../product")
        path = "/dev/" + name
        found.append(
            _described(
                {"device": path}, name=product, console=name in active or None,
                error=_permission(path, "dialout"),
            )
        )  # fmt: skip
    return found


def pwm_chips():
    """{"name", "channels"}"""
    folder = "/sys/class/pwm"
    return [
        {"name": name, "channels": int(read_text("%s/%s/npwm" % (folder, name)) or 0)}
        for name in _entries(folder, "pwmchip")
    ]


def _links(folder):
    """Where a device in /sys lies, from its links: lists of the folders' names, the last first."""
    found = []
    for link in (folder, folder + "/device"):
        parts = (libc.readlink(link) or "").split("/")
        if link == folder:
            parts.pop()
        found.append([part for part in reversed(parts) if part not in ("", "..")])
    return found


def _is_place(part):
    """Whether the name of a folder is a place on a bus, such as 1-0076 or 0000:01:00.0."""
    return any(c.isdigit() for c in part) and any(c in part for c in "-:.")


def places(folder):
    """The names of a device in /sys that stay the same from boot to boot, the best first.

    Its place on a bus, such as "1-0076" or "0000:01:00.0"; what it says itself, its label or its
    serial number; and the places of the buses that it is on. The number in hwmon0 is none of
    them: it depends on which driver was first.
    """
    found = []
    for parts in _links(folder):
        for part in parts:
            if part not in found and _is_place(part):
                found.append(part)
    name = folder.rsplit("/", 1)[1]
    for chip in _entries("/sys/bus/i2c/devices"):
        for below in ("", "/hwmon"):
            if chip not in found and name in _entries("/sys/bus/i2c/devices/" + chip + below):
                found.append(chip)
    at = 1 if found else 0
    for attribute in ("device/wwid", "device/serial", "label"):
        text = read_text("%s/%s" % (folder, attribute))
        if text and text not in found:
            found.insert(at, text)
    return found


def is_numbered(wanted, name):
    """Whether a text that find() took for the device `name` has nothing but its number:
    iio:device0 and a path to that, but no path below /sys/devices, which has its place."""
    path = wanted.rstrip("/")
    if path.startswith("/sys/devices/"):
        return not any(_is_place(part) for part in path.split("/")[3:-1])
    return path.rsplit("/", 1)[-1] == name


def _stable_path(wanted, entries):
    """A path below /sys/devices without the number at its end, if it has a place before that."""
    path = wanted.rstrip("/")
    above, _, last = path.rpartition("/")
    start = last.rstrip("0123456789")
    if last != start and any(entry["name"].startswith(start) for entry in entries):
        return path if is_numbered(wanted, last) else above
    return path


def _lies_below(folder, wanted):
    """Whether a device's own folder is in the folder `wanted`, or is that."""
    parts, _ = _links(folder)
    if "devices" not in parts:
        return False
    path = "/sys/" + "/".join(reversed(parts[: parts.index("devices") + 1]))
    return (path + "/" + folder.rsplit("/", 1)[1] + "/").startswith(wanted + "/")


def find(kind, entries, root, wanted):
    """The name of the one device of `entries` (as iio_devices() gives them, in the folder `root`)
    that `wanted` names: its own name, its chip's, or one of its places; or a path that ends with
    one of these, or the path of its folder below /sys/devices, in which the number at the end may
    be another. Raises OSError, which lists what is there, if none or more than one fits."""
    fitting = []
    last = wanted
    if wanted.startswith("/"):
        path = _stable_path(wanted, entries)
        fitting = [entry for entry in entries if _lies_below(root + "/" + entry["name"], path)]
        last = path.rsplit("/", 1)[-1]
    if not fitting:
        fitting = [entry for entry in entries if last in (entry["name"], entry["chip"])]
    if not fitting:
        fitting = [entry for entry in entries if last in places(root + "/" + entry["name"])]
    if len(fitting) == 1:
        return fitting[0]["name"]
    there = _shown(root, fitting or entries)
    if fitting:
        raise OSError(
            ENODEV, "%d %s devices are called %s: %s; name one of them by its place on the bus or "
            "its serial number" % (len(fitting), kind, wanted, there),
        )  # fmt: skip
    raise OSError(ENODEV, "there is no %s device %s; there are: %s" % (kind, wanted, there))


def _shown(root, entries):
    """The devices with the names by which they can be told from each other, for a message."""
    names = [places("%s/%s" % (root, entry["name"])) for entry in entries]
    shown = []
    for i, entry in enumerate(entries):
        others = [name for j, those in enumerate(names) if j != i for name in those]
        own = [name for name in names[i] if name not in others]
        shown.append("%s (%s)" % (entry["chip"], ", ".join([entry["name"]] + own[:2])))
    return ", ".join(shown) or "none"


def iio_devices():
    """{"name", "chip", "channels"}: converters and other chips with an IIO driver."""
    root = "/sys/bus/iio/devices"
    found = []
    for name in _entries(root, "iio:device"):
        folder = root + "/" + name
        # Some drivers have both a raw and a processed value of a channel.
        channels = {
            entry[3:].rsplit("_", 1)[0]
            for entry in _entries(folder, "in_")
            if entry.endswith(("_raw", "_input"))
        }
        chip = read_text(folder + "/name") or ""
        found.append({"name": name, "chip": chip, "channels": sorted(channels)})
    return found


def hwmon_devices():
    """{"name", "chip", "inputs"}: the kernel's hardware monitors, mostly temperatures."""
    root = "/sys/class/hwmon"
    found = []
    for name in _entries(root, "hwmon"):
        folder = root + "/" + name
        inputs = [entry[:-6] for entry in _entries(folder) if entry.endswith("_input")]
        chip = read_text(folder + "/name") or ""
        found.append({"name": name, "chip": chip, "inputs": inputs})
    return found


def one_wire_devices():
    """{"name"}: 1-Wire chips; 28-… are DS18B20 thermometers."""
    root = "/sys/bus/w1/devices"
    return [{"name": name} for name in _entries(root) if "-" in name]


def sound_inputs():
    """{"device", "name"}: `device` is the ALSA PCM name to record from."""
    root = "/sys/class/sound"
    found = []
    for name in _entries(root, "pcmC"):
        card, _, number = name[4:-1].partition("D")
        if name[-1] != _PCM_CAPTURE or not (card.isdigit() and number.isdigit()):
            continue
        id = read_text("%s/card%s/id" % (root, card)) or card
        path = "/dev/snd/" + name
        found.append(
            _described(
                {"device": "plughw:CARD=%s,DEV=%s" % (id, number), "name": id},
                error=_permission(path, "audio"),
            )
        )
    return found


def video_devices():
    """{"device", "name", "formats"}: video devices that capture pictures."""
    found = []
    for path in video.paths():
        try:
            device = video.Video(path)
        except OSError as error:
            found.append({"device": path, "error": error.args[1]})
            continue
        if device.captures:
            found.append(
                {"device": path, "name": device.card, "driver": device.driver,
                 "formats": device.formats()}
            )  # fmt: skip
        device.close()
    return found


def watchdogs():
    """{"device", "name"}"""
    root = "/sys/class/watchdog"
    return [
        _described({"device": "/dev/" + name}, name=read_text("%s/%s/identity" % (root, name)))
        for name in _entries(root, "watchdog")
    ]


def clocks():
    """{"device", "name"}: clocks that run while the board is off."""
    root = "/sys/class/rtc"
    return [
        _described({"device": "/dev/" + name}, name=read_text("%s/%s/name" % (root, name)))
        for name in _entries(root, "rtc")
    ]
