# SPDX-License-Identifier: MIT
"""TAOS/ams TSL2561: illuminance. Datasheet TAOS059N."""

import asyncio

from ....errors import Fault
from ....values.field import BOOLEAN, Field, Invalid
from ..chip import STUCK

DOC = (
    "TAOS TSL2561: illuminance from 0.1 to 40000 lx, with gain and integration time as the light "
    "needs them; overload is true beyond."
)
ADDRESSES = (0x39, 0x29, 0x49)
_MOST_LX = 40000
_FIELDS = (Field("illuminance_lx", (0, _MOST_LX)), Field("overload", kind=BOOLEAN))

_BYTE, _WORD = 0x80, 0xA0  # with a register: the command
_CONTROL, _TIMING, _IDENTIFIER, _BOTH, _INFRARED = 0x00, 0x01, 0x0A, 0x0C, 0x0E
_ON, _OFF = 0x03, 0x00
# Register, time in ms, and counts at which a channel is full, from bright to dark. The table of
# "ADC register" has the last one.
_STEPS = (
    (0x00, 13.7, 5047), (0x01, 101, 37177), (0x02, 402, 65535), (0x11, 101, 37177),
    (0x12, 402, 65535),
)  # fmt: skip
_GAIN_16 = 0x10
_NOMINAL_MS, _GAIN = 402, 16
_SLOWEST = 1.15  # its clock, from 690 to 780 kHz instead of 735
_FIRST = 2
_FEW = 300
# "Calculating lux": up to this ratio of infrared to both, the factors of both and of infrared; in
# the first row infrared counts with the power 1.4 of the ratio.
_PACKAGES = {
    1: (
        (0.52, 0.0315, 0.0593), (0.65, 0.0229, 0.0291), (0.80, 0.0157, 0.0180),
        (1.30, 0.00338, 0.00260),
    ),
    5: (
        (0.50, 0.0304, 0.062), (0.61, 0.0224, 0.031), (0.80, 0.0128, 0.0153),
        (1.30, 0.00146, 0.00112),
    ),
}  # fmt: skip
_POWER = 1.4


def fields(_settings):
    return _FIELDS


def _lux(package, both, infrared):
    """Lux of counts at 402 ms and 16-fold gain."""
    if not both:
        return 0.0
    ratio = infrared / both
    table = _PACKAGES[package]
    for row, (most, a, b) in enumerate(table):
        if ratio <= most:
            return a * both - b * (both * ratio**_POWER if row == 0 else infrared)
    return 0.0


class TSL2561:
    def __init__(self, i2c, address=ADDRESSES[0]):
        self._i2c, self._address = i2c, address
        self._step = _FIRST

    def _byte(self, register):
        return self._i2c.readfrom_mem(self._address, _BYTE | register, 1)[0]

    def _word(self, register):
        data = self._i2c.readfrom_mem(self._address, _WORD | register, 2)
        return data[0] | data[1] << 8

    def _write(self, register, value):
        self._i2c.writeto_mem(self._address, _BYTE | register, bytes((value,)))

    async def start(self):
        self._identify()

    def _identify(self):
        found = self._byte(_IDENTIFIER)
        self._package = found >> 4
        if self._package not in _PACKAGES:
            text = "the chip at 0x%02x is no TSL2561: its identifier is 0x%02x" % (
                self._address, found,
            )  # fmt: skip
            if found in (0x00, 0xFF):
                text += "; " + STUCK % ("ones" if found else "zeros")
            raise Fault(text)

    async def _counts(self):
        timing, time_ms, _ = _STEPS[self._step]
        # Off before: the counts are of an integration at these settings.
        self._write(_CONTROL, _OFF)
        self._write(_TIMING, timing)
        self._write(_CONTROL, _ON)
        await asyncio.sleep_ms(int(time_ms * _SLOWEST) + 1)
        both, infrared = self._word(_BOTH), self._word(_INFRARED)
        kept = self._byte(_CONTROL) & _ON, self._byte(_TIMING)
        self._write(_CONTROL, _OFF)
        self._identify()
        if kept != (_ON, timing):
            raise Fault("the TSL2561 at 0x%02x does not keep its settings" % self._address)
        return both, infrared

    async def read(self):
        last = None
        while True:
            both, infrared = await self._counts()
            step = self._step
            is_full = max(both, infrared) >= _STEPS[step][2]
            if is_full and step:
                self._step -= 1
            elif not is_full and both < _FEW and step < len(_STEPS) - 1 and last != step + 1:
                self._step += 1
            else:
                break
            last = step
        timing, time_ms, _ = _STEPS[step]
        scale = _NOMINAL_MS / time_ms * (1 if timing & _GAIN_16 else _GAIN)
        lx = _lux(self._package, both * scale, infrared * scale)
        overload = is_full or lx > _MOST_LX
        bright = Invalid("brighter than %d lx, the most that the chip measures" % _MOST_LX)
        return [("illuminance_lx", bright if overload else round(lx, 2)), ("overload", overload)]


DRIVER = TSL2561
