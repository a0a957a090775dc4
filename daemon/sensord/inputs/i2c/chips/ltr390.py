# SPDX-License-Identifier: MIT
"""Lite-On LTR-390UV-01: UV index and illuminance. Datasheet DS86-2015-0004, revision 1.4."""

import asyncio

from ....errors import Fault
from ....values.field import BOOLEAN, Field, Invalid
from ..chip import identify

DOC = "Lite-On LTR390: UV index, and illuminance up to 157000 lx."
ADDRESSES = (0x53,)

_CONTROL, _RATE, _GAIN, _PART, _STATUS, _LIGHT, _UV = 0x00, 0x04, 0x05, 0x06, 0x07, 0x0D, 0x10
_LTR390, _REVISION = 0xB0, 0x0F
_LIGHT_MODE, _UV_MODE, _OFF = 0x02, 0x0A, 0x00
_READY = 0x08
# Resolution and rate: 18 bits in 100 ms, 20 bits in 400 ms; both at 500 ms, the integration is
# the longer part of a measurement.
_BITS_18, _MS_18, _FULL_18 = 0x20, 100, (1 << 18) - 1
_BITS_20, _MS_20, _FULL_20 = 0x00, 400, (1 << 20) - 1
_POLL_MS = 25
_LATEST_POLLS = 20
# Gain and its bits, from bright to dark
_GAINS = ((1, 0), (3, 1), (18, 4))
_FIRST = 1
_FEW = 100
_UV_GAIN = 4  # 18-fold
_LX = 0.6  # 7.2: lux of a count at gain 1 in 100 ms
_COUNTS_PER_UVI = 2300  # 7.3: at 18-fold gain and 20 bits
_MOST_LX = _LX * _FULL_18
_FIELDS = (
    Field("uv_index", (0, _FULL_20 // _COUNTS_PER_UVI)),
    Field("illuminance_lx", (0, _MOST_LX)),
    Field("overload", kind=BOOLEAN),
)


def fields(_settings):
    return _FIELDS


class LTR390:
    def __init__(self, i2c, address=ADDRESSES[0]):
        self._i2c, self._address = i2c, address
        self._step = _FIRST

    def _read(self, register, n=1):
        return int.from_bytes(self._i2c.readfrom_mem(self._address, register, n), "little")

    def _write(self, register, value):
        self._i2c.writeto_mem(self._address, register, bytes((value,)))

    def _identify(self):
        found = self._read(_PART)
        known = found if found in (0x00, 0xFF) else found & ~_REVISION
        identify(known, _LTR390, "LTR390", self._address)

    async def start(self):
        self._identify()

    async def _counts(self, mode, rate, gain, time_ms):
        """The counts of one measurement."""
        self._write(_CONTROL, _OFF)
        self._write(_RATE, rate)
        self._write(_GAIN, gain)
        # A measurement before this one may have left its sign.
        self._read(_STATUS)
        self._write(_CONTROL, mode)
        await asyncio.sleep_ms(time_ms)
        for _ in range(_LATEST_POLLS):
            if self._read(_STATUS) & _READY:
                break
            await asyncio.sleep_ms(_POLL_MS)
        else:
            self._identify()
            raise Fault("the LTR390 at 0x%02x does not measure" % self._address)
        counts = self._read(_UV if mode == _UV_MODE else _LIGHT, 3)
        kept = self._read(_CONTROL), self._read(_RATE), self._read(_GAIN)
        self._write(_CONTROL, _OFF)
        self._identify()
        if kept != (mode, rate, gain):
            raise Fault("the LTR390 at 0x%02x does not keep its settings" % self._address)
        return counts

    async def read(self):
        uv = await self._counts(_UV_MODE, _BITS_20, _UV_GAIN, _MS_20)
        last = None
        while True:
            counts = await self._counts(_LIGHT_MODE, _BITS_18, _GAINS[self._step][1], _MS_18)
            step = self._step
            is_full = counts >= _FULL_18
            if is_full and step:
                self._step -= 1
            elif not is_full and counts < _FEW and step < len(_GAINS) - 1 and last != step + 1:
                self._step += 1
            else:
                break
            last = step
        lx = counts * _LX / _GAINS[step][0]
        bright = Invalid("brighter than %d lx, the most that the chip measures" % _MOST_LX)
        much = Invalid("more UV light than the chip measures")
        return [
            ("uv_index", much if uv >= _FULL_20 else round(uv / _COUNTS_PER_UVI, 2)),
            ("illuminance_lx", bright if is_full else round(lx, 2)),
            ("overload", is_full or uv >= _FULL_20),
        ]


DRIVER = LTR390
