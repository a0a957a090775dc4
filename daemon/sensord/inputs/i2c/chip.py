# SPDX-License-Identifier: MIT
"""The common parts of chip drivers. A chip is one module in chips/, named as in the configuration:

    DOC         the chip, for the manual
    ADDRESSES   its possible addresses; the first is the usual one
    KEYS        {key: kind of value} of its own in the sensor's table; optional
    fields(settings)    its Fields, with the ranges in its datasheet
    DRIVER      the class of the driver

A driver has the form that docs/drivers.md describes, for built-in chips and for users' own:

    Driver(i2c, address=0x76, key=…)  does not touch the bus; keys are those of KEYS
    await driver.start()              finds the chip and sets it up; again after each fault
    await driver.read()               one measurement: a list of (name, value); a value may be
                                      Invalid(reason), or None if it is unknown

Both raise OSError, as machine.I2C does, or Fault, and wait for the chip in asyncio.
"""

from ... import contents
from ...errors import Fault
from ...values.field import Invalid

FOLDER = "inputs/i2c/chips"

STUCK = "all bits are %s: the bus is stuck, or the chip has no supply"


def load(folder, name):
    """The module of a built-in chip in a folder of chips, such as load(FOLDER, "bme280")."""
    # Imported when needed: a daemon pays only for the chips it has.
    return contents.load("%s.%s" % (folder.replace("/", "."), name))


def is_users(name):
    """Whether a driver's name is MODULE:CLASS."""
    return ":" in name


def crc8(data, start=0xFF, polynomial=0x31):
    """CRC-8; as given here that of Sensirion's chips and the AHT20."""
    crc = start
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1) ^ polynomial if crc & 0x80 else crc << 1
        crc &= 0xFF
    return crc


def wrong_checksum(address, data):
    """A Fault for data that were corrupted on the bus."""
    wrong = stuck(data)
    if wrong:
        return Fault("the chip at 0x%02x: %s" % (address, wrong.reason))
    return Fault("the chip at 0x%02x sent a wrong checksum: is the cable too long?" % address)


def int16(data, at=0):
    """A signed word of 16 bits, the high byte first."""
    value = data[at] << 8 | data[at + 1]
    return value - 65536 if value & 0x8000 else value


class WordRegisters:
    """The base of drivers for chips whose registers are words of 16 bits, the high byte first."""

    def __init__(self, i2c, address):
        self._i2c, self._address = i2c, address
        self._data = bytearray(2)  # the register that was read last

    def _word(self, register):
        """Reads a register, as a signed number."""
        self._i2c.readfrom_mem_into(self._address, register, self._data)
        return int16(self._data)


def stuck(data):
    """Invalid if all bits of some registers are the same, else None."""
    for byte, name in ((0xFF, "ones"), (0x00, "zeros")):
        if all(value == byte for value in data):
            return Invalid(STUCK % name)
    return None


def identify(found, expected, chip, address):
    """Raises Fault unless the chip's identifier is that of the configured one."""
    if found == expected:
        return
    text = "the chip at 0x%02x is no %s: its identifier is 0x%x, not 0x%x" % (
        address, chip, found & 0xFFFF, expected,
    )  # fmt: skip
    if found in (0, 0xFF, 0xFFF, -1):
        raise Fault("%s; %s" % (text, STUCK % ("ones" if found else "zeros")))
    raise Fault(text + "; see `sensord probe`")
