# SPDX-License-Identifier: MIT
"""The configuration of type = "i2c"."""

from ... import contents
from ...rights import I2C
from ...schema.compound import Driver, Fields, Table
from ...schema.values import Address, Duration, Integer
from .chip import FOLDER, is_users, load

DOC = (
    "A sensor chip on an I2C bus. sensord looks for the module of MODULE:CLASS in "
    "/etc/sensord/drivers (owned by root) and in /usr/lib/micropython."
)

KEYS = {
    "driver": Driver(
        "The chip, or MODULE:CLASS for a MicroPython driver in /etc/sensord/drivers.",
        contents.modules(FOLDER),
    ),
    "bus": Integer("N of /dev/i2c-N.", 0, 255, 1),
    "address": Address("The chip's address; its usual one if not given."),
    "interval": Duration("How often a reading is made.", 100, 86400000, 30000),
}

RIGHTS = (I2C,)

# Keys of users' drivers.
USERS_KEYS = {
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


def decimal_address(folder, settings):
    """Yields (key, text) if an address has the digits of one of the chip's, but not its 0x."""
    address = settings["address"]
    if address is None or is_users(settings["driver"]):
        return
    known = load(folder, settings["driver"]).ADDRESSES
    meant = int(str(address), 16)
    if address not in known and meant in known:
        text = "is %d, which is 0x%02x; the chip has 0x%02x: write the address with 0x"
        yield "address", text % (address, address, meant)


def address_claim(folder, settings):
    """Yields the claim on the address of a chip, as far as it is known."""
    address = settings["address"]
    if address is None and not is_users(settings["driver"]):
        address = load(folder, settings["driver"]).ADDRESSES[0]
    if address is not None:
        yield "driver", "address 0x%02x of I2C bus %d" % (address, settings["bus"])


def contradictions(settings):
    return decimal_address(FOLDER, settings)


def claims(settings):
    return address_claim(FOLDER, settings)


def variants():
    """Yields (value of `driver`, text, keys, fields) of each driver, for the manual."""
    for name in chips():
        module = load(FOLDER, name)
        more = getattr(module, "KEYS", {})
        yield name, module.DOC, more, module.fields({k: kind.default for k, kind in more.items()})
    yield USERS, "", USERS_KEYS, ()
