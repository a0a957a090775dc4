# SPDX-License-Identifier: MIT
"""Texas Instruments ADS1115: four voltages or the differences of two, 16 bits. SBAS444E."""

import asyncio

from ....errors import Fault
from ....schema.compound import Several
from ....schema.values import Choice
from ....values.field import Field, Invalid
from ...analog import Input, voltage_field
from ..chip import WordRegisters, int16, stuck

DOC = "Texas Instruments ADS1115: four voltages or the differences of two, 16 bits."
ADDRESSES = (0x48, 0x49, 0x4A, 0x4B)
# 8.1.3: the pairs that the multiplexer can measure, and its setting
_PAIRS = {"0-1": 0, "0-3": 1, "1-3": 2, "2-3": 3}
KEYS = {
    "channels": Several(
        'The inputs to measure: 0 to 3, or the differences "0-1", "0-3", "1-3" and "2-3".',
        Input(4, sorted(_PAIRS)),
        [0, 1, 2, 3],
    ),
    "full_scale": Choice(
        "The largest voltage, in volts.", (6.144, 4.096, 2.048, 1.024, 0.512, 0.256), 4.096
    ),
}

_CONVERSION = 0x00
_CONFIG = 0x01
# 8.1.3, the config register
_START = 0x8000  # written: start; read: no conversion runs
_SINGLE_ENDED = 4
_CHANNEL = 12
_ONCE = 0x0100
_NO_COMPARATOR = 0x0003
_SETTINGS = 0x7FFF  # all but the bit that starts a conversion
_CONVERT_MS = 9  # 1/128 s and the 10 % that its clock may be off
_TRIES = 5
# V at full scale and the bits that set it
_RANGES = {6.144: 0, 4.096: 1, 2.048: 2, 1.024: 3, 0.512: 4, 0.256: 5}
_RANGE = 9


def fields(settings):
    full_scale_v = settings["full_scale"]
    limits = (-full_scale_v, full_scale_v)
    return [Field(voltage_field(channel), limits) for channel in settings["channels"]]


class ADS1115(WordRegisters):
    _NAME = "ADS1115"
    _RATE_128 = 0x0080  # 8.1.3: samples a second
    _STEP = 1  # of the result's numbers

    def __init__(self, i2c, address=ADDRESSES[0], channels=(0, 1, 2, 3), full_scale=4.096):
        WordRegisters.__init__(self, i2c, address)
        self._channels = channels
        self._full_scale_v = full_scale
        self._config = bytearray(2)
        self._place = "%s at 0x%02x" % (self._NAME, address)

    async def start(self):
        # It has no identification register: its first answer is the first sign of it.
        self._word(_CONFIG)

    async def _voltage(self, channel):
        inputs = _PAIRS[channel] if channel in _PAIRS else _SINGLE_ENDED | channel
        config = (
            _START | inputs << _CHANNEL | _RANGES[self._full_scale_v] << _RANGE
            | _ONCE | self._RATE_128 | _NO_COMPARATOR
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
                raise Fault("the %s: %s" % (self._place, wrong.reason))
            raise Fault("the %s does not finish converting" % self._place)
        wrong = stuck(self._data)
        if wrong:
            raise Fault("the %s: %s" % (self._place, wrong.reason))
        if int16(self._data) & _SETTINGS != config & _SETTINGS:
            raise Fault(
                "the chip at 0x%02x does not keep its settings: is it an %s?"
                % (self._address, self._NAME)
            )
        raw = self._word(_CONVERSION)
        if raw % self._STEP:
            raise Fault(
                "the chip at 0x%02x gives more bits than an %s has: is it an ADS1115?"
                % (self._address, self._NAME)
            )
        # 7.3.1: the results for an input beyond the range
        if raw in (32768 - self._STEP, -32768):
            return Invalid("the input is beyond full_scale, %g V" % self._full_scale_v)
        return round(raw * self._full_scale_v / 32768, 6)

    async def read(self):
        fields = []
        for channel in self._channels:
            fields.append((voltage_field(channel), await self._voltage(channel)))
        return fields


DRIVER = ADS1115
