# SPDX-License-Identifier: MIT
"""Honeywell HMC5883L: the magnetic field. Datasheet 900405, revision E."""

import asyncio

from ....errors import Fault
from ....values.field import Field, Invalid
from ..chip import STUCK, int16

DOC = (
    "Honeywell HMC5883L: the magnetic field in three directions up to 130 µT; boards that answer "
    "at 0x0d have a QMC5883L."
)
ADDRESSES = (0x1E,)
_MOST_UT = 188  # 2048 digits; the range is 130 µT
_FIELDS = [Field("magnetic_field_%s_ut" % axis, (-_MOST_UT, _MOST_UT)) for axis in "xyz"]

_CONFIG_A, _CONFIG_B, _MODE, _DATA, _STATUS, _IDENTIFIER = 0x00, 0x01, 0x02, 0x03, 0x09, 0x0A
_HMC5883L = b"H43"
_AVERAGE_8 = 0x70  # at 15 Hz, as after power on
_GAIN, _PER_UT = 0x20, 10.9  # table 9: 1090 digits a gauss
_SINGLE = 0x01
_READY = 0x01
_MEASURE_MS = 7  # specifications: 6 ms
_TRIES = 5
_OVERFLOW = -4096


def fields(_settings):
    return _FIELDS


class HMC5883L:
    def __init__(self, i2c, address=ADDRESSES[0]):
        self._i2c, self._address = i2c, address

    def _identify(self):
        found = self._i2c.readfrom_mem(self._address, _IDENTIFIER, 3)
        if found != _HMC5883L:
            text = "the chip at 0x%02x is no HMC5883L: its identifier is 0x%06x, not 0x%06x" % (
                self._address, int.from_bytes(found, "big"), int.from_bytes(_HMC5883L, "big"),
            )  # fmt: skip
            for byte, name in ((0xFF, "ones"), (0x00, "zeros")):
                if found == bytes((byte,)) * 3:
                    text += "; " + STUCK % name
            raise Fault(text)

    async def start(self):
        self._identify()

    async def read(self):
        # Each time: its supply may have been off, or another chip may have taken its place.
        self._identify()
        self._i2c.writeto_mem(self._address, _CONFIG_A, bytes((_AVERAGE_8, _GAIN, _SINGLE)))
        for _ in range(_TRIES):
            await asyncio.sleep_ms(_MEASURE_MS)
            if self._i2c.readfrom_mem(self._address, _STATUS, 1)[0] & _READY:
                break
        else:
            raise Fault("the HMC5883L at 0x%02x does not measure" % self._address)
        data = self._i2c.readfrom_mem(self._address, _DATA, 6)
        self._identify()
        found = []
        # X, Z, Y
        for axis, at in (("x", 0), ("y", 4), ("z", 2)):
            raw = int16(data, at)
            value = round(raw / _PER_UT, 2)
            strong = Invalid("a field stronger than the chip measures: is a magnet near?")
            found.append(("magnetic_field_%s_ut" % axis, strong if raw == _OVERFLOW else value))
        return found


DRIVER = HMC5883L
