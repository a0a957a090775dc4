# SPDX-License-Identifier: MIT
"""The configuration of type = "spi"."""

from ... import contents
from ...rights import SPI
from ...schema.compound import Driver, Fields, Table
from ...schema.devices import device_path
from ...schema.values import Duration, Integer, Text
from ..i2c.chip import is_users, load
from .chip import FOLDER

DOC = (
    "A sensor chip on an SPI bus, which the kernel offers as /dev/spidevBUS.CS: on a Raspberry Pi "
    "with the line dtparam=spi=on in /boot/firmware/config.txt. sensord looks for the module of "
    "MODULE:CLASS in /etc/sensord/drivers (owned by root) and in /usr/lib/micropython."
)

KEYS = {
    "driver": Driver(
        "The chip, or MODULE:CLASS for a MicroPython driver in /etc/sensord/drivers.",
        contents.modules(FOLDER),
    ),
    "device": Text(
        "The bus and the chip select, such as /dev/spidev0.1 for CE1 of bus 0.", "/dev/spidev0.0"
    ),
    "baudrate": Integer(
        "The fastest clock in Hz, lower for a long cable; the chip's own if not given.",
        1000,
        50000000,
        None,
    ),
    "interval": Duration("How often a reading is made.", 100, 86400000, 30000),
}

RIGHTS = (SPI,)

# Keys of users' drivers.
USERS_KEYS = {
    "mode": Integer("Clock polarity and phase, as in the chip's datasheet.", 0, 3, 0),
    "arguments": Table("The arguments of the class after the bus.", None),
    "fields": Fields(
        "Which attributes and methods of it are read, and parts of what they give; not needed for "
        "a driver in sensord's own form.",
        None,
    ),
}
USERS = "MODULE:CLASS"


def chips():
    """The names of the built-in chips."""
    return KEYS["driver"].choices


def keys(table):
    name = table.get("driver")
    if not isinstance(name, str):
        return {}
    if is_users(name):
        return USERS_KEYS
    return getattr(load(FOLDER, name), "KEYS", {}) if name in chips() else {}


def fields(settings):
    name = settings["driver"]
    return None if is_users(name) else load(FOLDER, name).fields(settings)


def contradictions(settings):
    name = settings["driver"]
    if not is_users(name) and hasattr(load(FOLDER, name), "contradictions"):
        yield from load(FOLDER, name).contradictions(settings)


def claims(settings):
    yield "device", "SPI device %s" % device_path(settings["device"])


def variants():
    """Yields (value of `driver`, text, keys, fields) of each driver, for the manual."""
    for name in chips():
        module = load(FOLDER, name)
        more = getattr(module, "KEYS", {})
        yield name, module.DOC, more, module.fields({k: kind.default for k, kind in more.items()})
    yield USERS, "", USERS_KEYS, ()
