# SPDX-License-Identifier: MIT
"""ams TSL2591: illuminance. Datasheet DS000338, version 2-00.

The datasheet has no formula for lux. This one is that of ams' note DN40 in the form in which
Adafruit's driver made it usual: 408 counts for each ms and gain, and the infrared share taken
off.
"""

import asyncio

from ....errors import Fault
from ....values.field import BOOLEAN, Field, Invalid
from ..chip import identify

DOC = (
    "ams TSL2591: illuminance from starlight to 88000 lx, with the gain that the light needs; "
    "overload is true beyond."
)
ADDRESSES = (0x29,)
_MOST_LX = 88000  # features
_FIELDS = (Field("illuminance_lx", (0, _MOST_LX)), Field("overload", kind=BOOLEAN))

_COMMAND = 0xA0  # with a register
_ENABLE, _CONTROL, _IDENTIFIER, _STATUS, _DATA = 0x00, 0x01, 0x12, 0x13, 0x14
_TSL2591 = 0x50
_ON, _OFF = 0x03, 0x00  # power and light
_VALID = 0x01
_TIME_MS = 100  # ATIME 0
_POLL_MS = 15
_LATEST_POLLS = 8
_FULL_SCALE = 36863  # optical characteristics, at 100 ms
# Typical gains and their bits, from bright to dark
_STEPS = ((1, 0x00), (25, 0x10), (428, 0x20), (9876, 0x30))
_FIRST = 1
_FEW = 100
_COUNTS = 408


def fields(_settings):
    return _FIELDS


class TSL2591:
    def __init__(self, i2c, address=ADDRESSES[0]):
        self._i2c, self._address = i2c, address
        self._step = _FIRST

    def _read(self, register, n):
        return self._i2c.readfrom_mem(self._address, _COMMAND | register, n)

    def _write(self, register, value):
        self._i2c.writeto_mem(self._address, _COMMAND | register, bytes((value,)))

    def _identify(self):
        identify(self._read(_IDENTIFIER, 1)[0], _TSL2591, "TSL2591", self._address)

    async def start(self):
        self._identify()

    async def _counts(self):
        gain = _STEPS[self._step][1]
        # Off before: the counts are of an integration at this gain.
        self._write(_ENABLE, _OFF)
        self._write(_CONTROL, gain)
        self._write(_ENABLE, _ON)
        await asyncio.sleep_ms(_TIME_MS)
        for _ in range(_LATEST_POLLS):
            if self._read(_STATUS, 1)[0] & _VALID:
                break
            await asyncio.sleep_ms(_POLL_MS)
        else:
            self._identify()
            raise Fault("the TSL2591 at 0x%02x does not measure" % self._address)
        data = self._read(_DATA, 4)
        kept = self._read(_CONTROL, 1)[0]
        self._write(_ENABLE, _OFF)
        self._identify()
        if kept != gain:
            raise Fault("the TSL2591 at 0x%02x does not keep its settings" % self._address)
        return data[0] | data[1] << 8, data[2] | data[3] << 8

    async def read(self):
        last = None
        while True:
            both, infrared = await self._counts()
            step = self._step
            is_full = max(both, infrared) >= _FULL_SCALE
            if is_full and step:
                self._step -= 1
            elif not is_full and both < _FEW and step < len(_STEPS) - 1 and last != step + 1:
                self._step += 1
            else:
                break
            last = step
        scale = _TIME_MS * _STEPS[step][0] / _COUNTS
        # More infrared than both: the light has none that a person sees.
        seen = max(0, both - infrared)
        lx = seen * (1 - infrared / both) / scale if both else 0.0
        overload = is_full or lx > _MOST_LX
        bright = Invalid("brighter than %d lx, the most that the chip measures" % _MOST_LX)
        return [("illuminance_lx", bright if overload else round(lx, 4)), ("overload", overload)]


DRIVER = TSL2591
