# SPDX-License-Identifier: MIT
"""Aosong AHT20: humidity and temperature. AHT20 product manual, version 1.1."""

import asyncio

from ....errors import Fault
from ....values.field import Field
from ..chip import crc8, stuck, wrong_checksum

DOC = "Aosong AHT20: temperature and humidity."
ADDRESSES = (0x38,)
_FIELDS = (Field("temperature_c", (-40, 85)), Field("humidity_percent", (0, 100)))  # 2.1, 2.2

_START_MS = 40  # 5.4, 1: after power on
_STATUS = b"\x71"
_INITIALISE = b"\xbe\x08\x00"
_INITIALISE_MS = 10
_MEASURE = b"\xac\x33\x00"
_MEASURE_MS = 80
_BUSY = 0x80  # 5.3, table 9
_CALIBRATED = 0x08
_TRIES = 10


def fields(_settings):
    return _FIELDS


class AHT20:
    def __init__(self, i2c, address=ADDRESSES[0]):
        self._i2c, self._address = i2c, address
        self._data = bytearray(7)

    async def start(self):
        await asyncio.sleep_ms(_START_MS)
        self._i2c.writeto(self._address, _STATUS)
        if not self._i2c.readfrom(self._address, 1)[0] & _CALIBRATED:
            await self._initialise()

    async def _initialise(self):
        self._i2c.writeto(self._address, _INITIALISE)
        await asyncio.sleep_ms(_INITIALISE_MS)

    async def read(self):
        self._i2c.writeto(self._address, _MEASURE)
        data = self._data
        for _ in range(_TRIES):
            await asyncio.sleep_ms(_MEASURE_MS)
            self._i2c.readfrom_into(self._address, data)
            if not data[0] & _BUSY:
                break
        else:
            if stuck(data):
                raise wrong_checksum(self._address, data)
            raise Fault("the AHT20 at 0x%02x does not finish measuring" % self._address)
        if crc8(data[:6]) != data[6]:
            raise wrong_checksum(self._address, data)
        if not data[0] & _CALIBRATED:
            # Its supply was off since the start: the next try may find it ready.
            await self._initialise()
            raise Fault("the AHT20 at 0x%02x is not calibrated" % self._address)
        # 6.1 and 6.2: 20 bits each
        humidity = data[1] << 12 | data[2] << 4 | data[3] >> 4
        temperature = (data[3] & 15) << 16 | data[4] << 8 | data[5]
        return [
            ("temperature_c", round(temperature * 200 / 1048576 - 50, 2)),
            ("humidity_percent", round(humidity * 100 / 1048576, 1)),
        ]


DRIVER = AHT20
