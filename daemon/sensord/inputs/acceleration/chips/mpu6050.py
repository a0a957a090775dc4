# SPDX-License-Identifier: MIT
"""TDK InvenSense MPU6050: three accelerations through a FIFO of 1 KiB. RM-MPU-6000A, revision
4.2."""

import asyncio

from ...i2c.chip import identify
from ..chip import RANGES, unsupported_rate

DOC = "TDK InvenSense MPU6050."
ADDRESSES = (0x68, 0x69)

_SMPLRT_DIV = 0x19
CONFIG = 0x1A
_ACCEL_CONFIG = 0x1C
_FIFO_EN = 0x23
_INT_STATUS = 0x3A
_USER_CTRL = 0x6A
_PWR_MGMT_1 = 0x6B
_FIFO_COUNT = 0x72
_FIFO_R_W = 0x74
_WHO_AM_I = 0x75
_RESET = 0x80
_RESET_MS = 100
_CLOCK = 0x01  # 4.28: the gyroscope's, which is the most exact
_CLOCK_MS = 50
_ACCEL_FIFO_EN = 0x08
_FIFO_RESET = 0x04
_FIFO_ENABLE = 0x40
_OVERFLOW = 0x10
_BASE_HZ = 1000  # 4.2: with a low pass filter on
# 4.3: the widest filter below half the rate, DLPF_CFG by the rate from which it serves
_FILTERS = ((400, 1), (200, 2), (100, 3), (50, 4), (20, 5), (0, 6))
_FIFO_BYTES = 1024
_LARGEST_READ = 240  # whole samples of 6 and of 8 bytes: adapters on USB take 512 bytes at most


class MPU6050:
    _ID, _NAME = 0x68, "MPU6050"
    _ROW_BYTES = 6

    def __init__(self, i2c, address=ADDRESSES[0], range=2, rate=100):
        self._rate_hz = rate
        self._i2c, self._address, self._range = i2c, address, RANGES[range]
        self.capacity = _FIFO_BYTES // self._ROW_BYTES
        self._buffer = bytearray(self._ROW_BYTES * self.capacity)
        self._count = bytearray(2)
        self._status = bytearray(1)

    def _put(self, register, value):
        self._i2c.writeto_mem(self._address, register, bytes((value,)))

    def _filter(self, number):
        self._put(CONFIG, number)

    async def start(self):
        rate_hz = self._rate_hz
        if rate_hz > _BASE_HZ or _BASE_HZ % rate_hz:
            raise unsupported_rate(self._NAME, "a divisor of 1000, from 4")
        found = self._i2c.readfrom_mem(self._address, _WHO_AM_I, 1)[0]
        identify(found, self._ID, self._NAME, self._address)
        self._put(_PWR_MGMT_1, _RESET)
        await asyncio.sleep_ms(_RESET_MS)
        self._put(_PWR_MGMT_1, _CLOCK)
        await asyncio.sleep_ms(_CLOCK_MS)
        self._put(_SMPLRT_DIV, _BASE_HZ // rate_hz - 1)
        self._filter([number for least, number in _FILTERS if rate_hz >= least][0])
        self._put(_ACCEL_CONFIG, self._range << 3)
        self._put(_FIFO_EN, _ACCEL_FIFO_EN)
        self.restart()

    def restart(self):
        """Empties the FIFO."""
        self._put(_USER_CTRL, _FIFO_RESET)
        self._put(_USER_CTRL, _FIFO_ENABLE)

    def read_samples(self, samples):
        """Rows of x, y, z into an int16 array; returns how many, or None if some were lost."""
        self._i2c.readfrom_mem_into(self._address, _INT_STATUS, self._status)
        if self._status[0] & _OVERFLOW:
            return None
        self._i2c.readfrom_mem_into(self._address, _FIFO_COUNT, self._count)
        n = (self._count[0] << 8 | self._count[1]) // self._ROW_BYTES
        n = min(n, self.capacity, len(samples) // 3)
        if n:
            data = memoryview(self._buffer)[: n * self._ROW_BYTES]
            for at in range(0, len(data), _LARGEST_READ):
                part = data[at : at + _LARGEST_READ]
                self._i2c.readfrom_mem_into(self._address, _FIFO_R_W, part)
            self._unpack(data, n, samples)
        return n

    def _unpack(self, data, n, samples):
        row, to = 0, 0
        for _ in range(n):
            for at in (row, row + 2, row + 4):
                value = data[at] << 8 | data[at + 1]
                samples[to] = value - 65536 if value & 0x8000 else value
                to += 1
            row += self._ROW_BYTES


DRIVER = MPU6050
