# SPDX-License-Identifier: MIT
"""Texas Instruments ADS1115: four voltages, 16 bits. SBAS444E."""

import asyncio

from ....errors import Fault
from ....schema.compound import Several
from ....schema.values import Choice, Integer
from ....values.field import Field, Invalid
from ..chip import WordRegisters, int16, stuck

DOC = "Texas Instruments ADS1115: four voltages, 16 bits."
ADDRESSES = (0x48, 0x49, 0x4A, 0x4B)
KEYS = {
    "channels": Several("The inputs to measure.", Integer("", 0, 3, None), [0, 1, 2, 3]),
    "full_scale": Choice(
        "The largest voltage, in volts.", (6.144, 4.096, 2.048, 1.024, 0.512, 0.256), 4.096
    ),
}

_CONVERSION = 0x00
_CONFIG = 0x01
# 8.1.3, the config register
_START = 0x8000  # written: start; read: no conversion runs
_SINGLE_ENDED = 0x4000
_CHANNEL = 12
_ONCE = 0x0100
_RATE_128 = 0x0080
_NO_COMPARATOR = 0x0003
_SETTINGS = 0x7FFF  # all but the bit that starts a conversion
_CLIPPED = (32767, -32768)  # 7.3.1: the result for an input beyond the range
_CONVERT_MS = 9  # 1/128 s and the 10 % that its clock may be off
_TRIES = 5
# V at full scale and the bits that set it
_RANGES = {6.144: 0, 4.096: 1, 2.048: 2, 1.024: 3, 0.512: 4, 0.256: 5}
_RANGE = 9


def fields(settings):
    full_scale_v = settings["full_scale"]
    return [
        Field("voltage%d_v" % channel, (-full_scale_v, full_scale_v))
        for channel in settings["channels"]
    ]


class ADS1115(WordRegisters):
    def __init__(self, i2c, address=ADDRESSES[0], channels=(0, 1, 2, 3), full_scale=4.096):
        WordRegisters.__init__(self, i2c, address)
        self._channels = channels
        self._full_scale_v = full_scale
        self._config = bytearray(2)

    async def start(self):
        # It has no identification register: its first answer is the first sign of it.
        self._word(_CONFIG)

    async def _voltage(self, channel):
        config = (
            _START | _SINGLE_ENDED | channel << _CHANNEL | _RANGES[self._full_scale_v] << _RANGE
            | _ONCE | _RATE_128 | _NO_COMPARATOR
        )  # fmt: skip
        self._config[0], self._config[1] = config >> 8, config & 0xFF
        self._i2c.writeto_mem(self._address, _CONFIG, self._config)
        for _ in range(_TRIES):
            await asyncio.sleep_ms(_CONVERT_MS)
            if self._word(_CONFIG) & _START:
                break
        else:
            wrong = stuck(self._data)
            if wrong:
                raise Fault("the ADS1115 at 0x%02x: %s" % (self._address, wrong.reason))
            raise Fault("the ADS1115 at 0x%02x does not finish converting" % self._address)
        wrong = stuck(self._data)
        if wrong:
            raise Fault("the ADS1115 at 0x%02x: %s" % (self._address, wrong.reason))
        if int16(self._data) & _SETTINGS != config & _SETTINGS:
            raise Fault(
                "the chip at 0x%02x does not keep its settings: is it an ADS1115?" % self._address
            )
        raw = self._word(_CONVERSION)
        if raw in _CLIPPED:
            return Invalid("the input is beyond full_scale, %g V" % self._full_scale_v)
        return round(raw * self._full_scale_v / 32768, 6)

    async def read(self):
        fields = []
        for channel in self._channels:
            fields.append(("voltage%d_v" % channel, await self._voltage(channel)))
        return fields


DRIVER = ADS1115
