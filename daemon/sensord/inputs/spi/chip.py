# SPDX-License-Identifier: MIT
"""The common parts of drivers of chips on SPI. A chip is one module in chips/, as in
inputs/i2c/chip.py, but without ADDRESSES:

    MODE        0 to 3: clock polarity and phase
    BAUDRATE    the fastest clock in Hz that the chip takes at any supply of its datasheet

    Driver(spi, key=…)  does not touch the bus; the kernel selects the chip in each transfer

The rest of its form is the same. SPI has no acknowledge: a driver tells an absent chip from a
measurement by what cannot be true.
"""

from ...errors import Fault
from ..i2c.chip import STUCK

FOLDER = "inputs/spi/chips"


def exchanged(spi, sent):
    """The bytes that the chip sends while it receives `sent`."""
    data = bytearray(len(sent))
    spi.write_readinto(sent, data)
    return data


class Registers:
    """The base of drivers for chips with registers of one byte, written at an address with the
    high bit."""

    _NAME = None  # of the chip
    _WRITE = 0x80

    def __init__(self, spi):
        self._spi = spi

    def _read(self, register, n=1):
        """The bytes of `n` registers."""
        return exchanged(self._spi, bytes((register,)) + bytes(n))[1:]

    def _write(self, register, *values):
        self._spi.write(bytes((self._WRITE | register,) + values))

    def _require(self, register, value):
        """Raises Fault unless a register has kept what was written to it."""
        found = self._read(register)[0]
        if found == value:
            return
        text = "no %s answers: register 0x%02x has 0x%02x after 0x%02x was written" % (
            self._NAME, register, found, value,
        )  # fmt: skip
        if found in (0x00, 0xFF):
            text += "; " + STUCK % ("ones" if found else "zeros")
        raise Fault(text + "; is it wired to this chip select?")
