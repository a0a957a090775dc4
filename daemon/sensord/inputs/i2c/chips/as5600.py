# SPDX-License-Identifier: MIT
"""ams AS5600: the angle of a magnet. Datasheet DS000365, version 1-06."""

from ....values.field import Field, Invalid
from ..chip import STUCK

DOC = "ams AS5600: the angle of a magnet, which must be neither too far away nor too near."
ADDRESSES = (0x36,)
_FIELDS = (Field("angle_deg", (0, 360)),)

_STATUS, _RAW_ANGLE, _GAIN = 0x0B, 0x0C, 0x1A
_TOO_STRONG, _TOO_WEAK, _DETECTED = 0x08, 0x10, 0x20  # figure 27
_TURN = 4096


def fields(_settings):
    return _FIELDS


class AS5600:
    def __init__(self, i2c, address=ADDRESSES[0]):
        self._i2c, self._address = i2c, address

    async def start(self):
        # It has no identification register: its first answer is the first sign of it.
        self._i2c.readfrom_mem(self._address, _STATUS, 1)

    def _wrong(self, status, angle, gain):
        """Why there is no angle, or None."""
        if status == 0xFF:
            return STUCK % "ones"
        if not status & _DETECTED:
            # Without a magnet its gain is the highest.
            return "no magnet is near the chip" if status or angle or gain else STUCK % "zeros"
        if status & _TOO_WEAK:
            return "the magnet is too weak, or too far away"
        if status & _TOO_STRONG:
            return "the magnet is too strong, or too near"
        return None if angle < _TURN else "the chip gives more than 12 bits: is it an AS5600?"

    async def read(self):
        data = self._i2c.readfrom_mem(self._address, _STATUS, 3)
        angle = data[1] << 8 | data[2]
        gain = self._i2c.readfrom_mem(self._address, _GAIN, 1)[0]
        wrong = self._wrong(data[0], angle, gain)
        return [("angle_deg", Invalid(wrong) if wrong else round(angle * 360 / _TURN, 2))]


DRIVER = AS5600
