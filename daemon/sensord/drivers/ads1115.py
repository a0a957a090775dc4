# SPDX-License-Identifier: MIT
"""Texas Instruments ADS1115: four voltages, 16 bits. SBAS444E."""

import asyncio

from . import Fault, int16

_CONVERSION = 0x00
_CONFIG = 0x01
# 8.1.3, the config register
_START = 0x8000  # written: start; read: no conversion runs
_SINGLE_ENDED = 0x4000
_CHANNEL = 12
_ONCE = 0x0100
_RATE_128 = 0x0080
_NO_COMPARATOR = 0x0003
_CONVERT_MS = 9  # 1/128 s and the 10 % that its clock may be off
_TRIES = 5
# V at full scale and the bits that set it
_RANGES = {6.144: 0, 4.096: 1, 2.048: 2, 1.024: 3, 0.512: 4, 0.256: 5}
_RANGE = 9


class ADS1115:
    ADDRESS = 0x48

    def __init__(self, i2c, address, settings):
        self._i2c, self._address = i2c, address
        self._channels = settings["channels"]
        self._full_scale_v = settings["full_scale"]
        self._config = bytearray(2)
        self._data = bytearray(2)

    async def start(self):
        # There is nothing to know it by: what it answers to is the first sign.
        self._i2c.readfrom_mem_into(self._address, _CONFIG, self._data)

    async def _voltage(self, channel):
        config = (
            _START | _SINGLE_ENDED | channel << _CHANNEL | _RANGES[self._full_scale_v] << _RANGE
            | _ONCE | _RATE_128 | _NO_COMPARATOR
        )  # fmt: skip
        self._config[0], self._config[1] = config >> 8, config & 0xFF
        self._i2c.writeto_mem(self._address, _CONFIG, self._config)
        for _ in range(_TRIES):
            await asyncio.sleep_ms(_CONVERT_MS)
            self._i2c.readfrom_mem_into(self._address, _CONFIG, self._data)
            if self._data[0] & _START >> 8:
                break
        else:
            raise Fault("the ADS1115 at 0x%02x does not finish converting" % self._address)
        self._i2c.readfrom_mem_into(self._address, _CONVERSION, self._data)
        return round(int16(self._data) * self._full_scale_v / 32768, 6)

    async def read(self):
        fields = []
        for channel in self._channels:
            fields.append(("voltage%d_v" % channel, await self._voltage(channel)))
        return fields
