# SPDX-License-Identifier: MIT
"""Vishay VEML7700: illuminance. Datasheet 84286, revision 1.8, and application note 84323."""

import asyncio

from ....errors import Fault
from ....values.field import BOOLEAN, Field, Invalid
from ..chip import STUCK, identify

DOC = (
    "Vishay VEML7700: illuminance from moonlight to 120000 lx, with gain and integration time as "
    "the light needs them; overload is true beyond."
)
ADDRESSES = (0x10,)
_MOST_LX = 120000
_FIELDS = (Field("illuminance_lx", (0, _MOST_LX)), Field("overload", kind=BOOLEAN))

_CONFIG, _POWER_SAVING, _LIGHT, _IDENTIFIER = 0x00, 0x03, 0x04, 0x07
_VEML7700 = 0x81  # its low byte
_OFF = 0x0001
# Gain and bits of it, integration time in ms and bits of it, from bright to dark: the order of
# the note's flow chart.
_STEPS = (
    (0.125, 2, 25, 12), (0.125, 2, 50, 8), (0.125, 2, 100, 0), (0.25, 3, 100, 0), (1, 0, 100, 0),
    (2, 1, 100, 0), (2, 1, 200, 1), (2, 1, 400, 2), (2, 1, 800, 3),
)  # fmt: skip
_GAIN, _TIME = 11, 6
_FIRST = 2
_FEW, _MANY = 100, 10000  # counts below and above which the next step fits better
_FULL_SCALE = 65535
_FINEST_LX, _FINEST = 0.0042, 1600  # of a count, at gain 2 and 800 ms
_WAKE_MS = 3  # after it was off: 2.5 ms
# The note's correction of bright light, above 1000 lx: coefficients of x to x^4
_CORRECTED_FROM_LX = 1000
_X, _X2, _X3, _X4 = 1.0023, 8.1488e-5, -9.3924e-9, 6.0135e-13


def fields(_settings):
    return _FIELDS


def _corrected(lx):
    if lx <= _CORRECTED_FROM_LX:
        return lx
    return (((_X4 * lx + _X3) * lx + _X2) * lx + _X) * lx


class VEML7700:
    def __init__(self, i2c, address=ADDRESSES[0]):
        self._i2c, self._address = i2c, address
        self._step = _FIRST

    def _word(self, register):
        return int.from_bytes(self._i2c.readfrom_mem(self._address, register, 2), "little")

    def _write(self, register, value):
        self._i2c.writeto_mem(self._address, register, value.to_bytes(2, "little"))

    def _identify(self):
        found = self._word(_IDENTIFIER)
        # All ones end in the wrong byte as well.
        identify(-1 if found == 0xFFFF else found & 0xFF, _VEML7700, "VEML7700", self._address)

    async def start(self):
        self._identify()
        self._write(_POWER_SAVING, 0)

    async def _counts(self):
        """The counts of one integration at the present step."""
        _, gain, time_ms, time = _STEPS[self._step]
        config = gain << _GAIN | time << _TIME
        # Off between: the first counts after it belong to these settings.
        self._write(_CONFIG, config | _OFF)
        self._write(_CONFIG, config)
        # 10 % for its clock
        await asyncio.sleep_ms(_WAKE_MS + time_ms + time_ms // 10)
        counts = self._word(_LIGHT)
        kept = self._word(_CONFIG)
        self._write(_CONFIG, config | _OFF)
        if kept != config:
            self._identify()
            text = "the VEML7700 at 0x%02x does not keep its settings"
            raise Fault(text % self._address)
        return counts

    async def read(self):
        last = None
        while True:
            counts = await self._counts()
            step = self._step
            if counts > _MANY and step > 0 and last != step - 1 or counts == _FULL_SCALE and step:
                self._step -= 1
            elif counts < _FEW and step < len(_STEPS) - 1 and last != step + 1:
                self._step += 1
            else:
                break
            last = step
        if counts == _FULL_SCALE:
            self._identify()
            return [("illuminance_lx", Invalid(STUCK % "ones")), ("overload", None)]
        gain, _, time_ms, _ = _STEPS[step]
        lx = _corrected(counts * _FINEST_LX * _FINEST / (gain * time_ms))
        overload = lx > _MOST_LX
        bright = Invalid("brighter than %d lx, the most that the chip measures" % _MOST_LX)
        return [("illuminance_lx", bright if overload else round(lx, 4)), ("overload", overload)]


DRIVER = VEML7700
