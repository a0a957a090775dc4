# SPDX-License-Identifier: MIT
"""ST LIS3DH: three accelerations through a FIFO of 32 samples. DocID17530, revision 2."""

import asyncio

from ...i2c.chip import identify
from ..chip import RANGES, unsupported_rate

DOC = "ST LIS3DH."
ADDRESSES = (0x18, 0x19)

_WHO_AM_I = 0x0F
_CTRL_REG1 = 0x20
_CTRL_REG4 = 0x23
_CTRL_REG5 = 0x24
_OUT_X_L = 0x28
_FIFO_CTRL_REG = 0x2E
_FIFO_SRC_REG = 0x2F
_AUTO_INCREMENT = 0x80  # 6.1.1
_ID = 0x33
_RATES = {10: 2, 25: 3, 50: 4, 100: 5, 200: 6, 400: 7, 1344: 9}  # table 31
_AXES_ON = 0x07
_BLOCK_UPDATE_HIGH_RESOLUTION = 0x88
_FIFO_EN = 0x40
_BYPASS, _STREAM = 0x00, 0x80
_OVERRUN = 0x40
_STORED = 0x1F
_CAPACITY = 32
_START_MS = 5  # 2.1, turn-on time at most 7 / rate: the first samples settle it


class LIS3DH:
    capacity = _CAPACITY

    def __init__(self, i2c, address=ADDRESSES[0], range=2, rate=100):
        self._rate_hz = rate
        self._i2c, self._address, self._range = i2c, address, RANGES[range]
        self._buffer = bytearray(6 * _CAPACITY)
        self._source = bytearray(1)

    def _put(self, register, value):
        self._i2c.writeto_mem(self._address, register, bytes((value,)))

    async def start(self):
        rate_hz = self._rate_hz
        if rate_hz not in _RATES:
            raise unsupported_rate("LIS3DH", ", ".join([str(r) for r in sorted(_RATES)]))
        found = self._i2c.readfrom_mem(self._address, _WHO_AM_I, 1)[0]
        identify(found, _ID, "LIS3DH", self._address)
        self._put(_CTRL_REG1, _RATES[rate_hz] << 4 | _AXES_ON)
        self._put(_CTRL_REG4, _BLOCK_UPDATE_HIGH_RESOLUTION | self._range << 4)
        self._put(_CTRL_REG5, _FIFO_EN)
        await asyncio.sleep_ms(_START_MS)
        self.restart()

    def restart(self):
        # 5.1.1: only bypass mode empties it.
        self._put(_FIFO_CTRL_REG, _BYPASS)
        self._put(_FIFO_CTRL_REG, _STREAM)

    def read_samples(self, samples):
        self._i2c.readfrom_mem_into(self._address, _FIFO_SRC_REG, self._source)
        if self._source[0] & _OVERRUN:
            return None
        n = min(self._source[0] & _STORED, len(samples) // 3)
        if n:
            # 3.7: the address wraps from the last register of Z to the first of X.
            data = memoryview(self._buffer)[: 6 * n]
            self._i2c.readfrom_mem_into(self._address, _OUT_X_L | _AUTO_INCREMENT, data)
            for i in range(3 * n):
                value = data[2 * i] | data[2 * i + 1] << 8
                samples[i] = value - 65536 if value & 0x8000 else value
        return n


DRIVER = LIS3DH
