# SPDX-License-Identifier: MIT
"""Analog Devices ADXL345: three accelerations through a FIFO of 32 samples. Data sheet rev. E."""

import asyncio

from ...i2c.chip import identify
from ..chip import RANGES, unsupported_rate

DOC = "Analog Devices ADXL345."
ADDRESSES = (0x53, 0x1D)

_DEVID = 0x00
_BW_RATE = 0x2C
_POWER_CTL = 0x2D
_INT_SOURCE = 0x30
_DATA_FORMAT = 0x31
_DATAX0 = 0x32
_FIFO_CTL = 0x38
_FIFO_STATUS = 0x39
_ID = 0xE5
_RATES = {25: 8, 50: 9, 100: 10, 200: 11, 400: 12, 800: 13}  # table 7
# Full resolution, and the bits on the left: full scale is the range, as with the others.
_FULL_RES_JUSTIFY = 0x0C
_STANDBY, _MEASURE = 0x00, 0x08
_BYPASS, _STREAM = 0x00, 0x80
_OVERRUN = 0x01
_STORED = 0x3F
_CAPACITY = 32
_START_MS = 12  # turn-on time: 1 / rate + 1.1 ms


class ADXL345:
    capacity = _CAPACITY

    def __init__(self, i2c, address=ADDRESSES[0], range=2, rate=100):
        self._rate_hz = rate
        self._i2c, self._address, self._range = i2c, address, RANGES[range]
        self._row = bytearray(6)
        self._byte = bytearray(1)

    def _put(self, register, value):
        self._i2c.writeto_mem(self._address, register, bytes((value,)))

    def _get(self, register):
        self._i2c.readfrom_mem_into(self._address, register, self._byte)
        return self._byte[0]

    async def start(self):
        rate_hz = self._rate_hz
        if rate_hz not in _RATES:
            raise unsupported_rate("ADXL345", ", ".join([str(r) for r in sorted(_RATES)]))
        identify(self._get(_DEVID), _ID, "ADXL345", self._address)
        self._put(_POWER_CTL, _STANDBY)
        self._put(_DATA_FORMAT, _FULL_RES_JUSTIFY | self._range)
        self._put(_BW_RATE, _RATES[rate_hz])
        self._put(_POWER_CTL, _MEASURE)
        await asyncio.sleep_ms(_START_MS)
        self.restart()

    def restart(self):
        self._put(_FIFO_CTL, _BYPASS)
        self._put(_FIFO_CTL, _STREAM)

    def read_samples(self, samples):
        if self._get(_INT_SOURCE) & _OVERRUN:
            return None
        n = min(self._get(_FIFO_STATUS) & _STORED, len(samples) // 3)
        row = self._row
        for i in range(n):
            # A sample leaves the FIFO when all its registers were read at once; a transfer takes
            # longer than the 5 us that the next one needs.
            self._i2c.readfrom_mem_into(self._address, _DATAX0, row)
            for axis in (0, 1, 2):
                value = row[2 * axis] | row[2 * axis + 1] << 8
                samples[3 * i + axis] = value - 65536 if value & 0x8000 else value
        return n


DRIVER = ADXL345
