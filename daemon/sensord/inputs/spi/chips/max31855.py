# SPDX-License-Identifier: MIT
"""Maxim MAX31855: the temperature of a thermocouple. Datasheet 19-5793, revision 5."""

import asyncio

from ....values.field import Field, Invalid
from ...i2c.chip import STUCK

DOC = (
    "Maxim MAX31855: the temperature of a thermocouple, whose type is that of the chip "
    "(MAX31855K for K), and of the chip."
)
MODE, BAUDRATE = 0, 5000000
# Features; operating range
_FIELDS = (
    Field("temperature_c", (-270, 1800)),
    Field("internal_temperature_c", (-40, 125)),
)

_FIRST_MS = 200  # electrical characteristics: power up
# Table 2 and 3: a fault; bits that are always zeros; which fault
_FAULT, _ZEROS = 0x00010000, 0x00020008
_TO_SUPPLY, _TO_GROUND, _OPEN = 0x04, 0x02, 0x01
_LSB_C, _INTERNAL_LSB_C = 0.25, 0.0625


def fields(_settings):
    return _FIELDS


def _signed(value, bits):
    return value - (1 << bits) if value & 1 << bits - 1 else value


def _stuck(word):
    """The reason if it is no answer of the chip, or None."""
    if word in (0, 0xFFFFFFFF):
        # Zeros are 0 degrees of both as well, which no fault tells from an absent chip.
        return STUCK % ("ones" if word else "zeros")
    return "the chip does not answer as a MAX31855" if word & _ZEROS else None


def _fault(word):
    """The thermocouple's fault in words, or None."""
    if not word & _FAULT:
        return None
    if word & _OPEN:
        return "the thermocouple is open: no wire, or a broken one"
    if word & _TO_GROUND:
        return "the thermocouple has a short circuit to ground"
    if word & _TO_SUPPLY:
        return "the thermocouple has a short circuit to the supply"
    return "the chip marks the measurement as wrong"


class MAX31855:
    def __init__(self, spi):
        self._spi = spi

    async def start(self):
        await asyncio.sleep_ms(_FIRST_MS)

    async def read(self):
        word = int.from_bytes(self._spi.read(4), "big")
        wrong = _stuck(word)
        fault = wrong or _fault(word)
        temperature = _signed(word >> 18, 14) * _LSB_C
        internal = _signed(word >> 4 & 0xFFF, 12) * _INTERNAL_LSB_C
        return [
            ("temperature_c", Invalid(fault) if fault else temperature),
            ("internal_temperature_c", Invalid(wrong) if wrong else internal),
        ]


DRIVER = MAX31855
