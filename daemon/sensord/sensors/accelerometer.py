# SPDX-License-Identifier: MIT
"""Where accelerations come from: a chip on I2C whose FIFO keeps them until they are fetched."""

import asyncio

from machine import I2C

from .. import drivers

_SHORTEST_WAIT_MS = 10
_LONGEST_WAIT_MS = 200


class Accelerometer:
    """Attribute: gaps, how often samples were lost because they were not fetched in time."""

    def __init__(self, settings):
        driver = drivers.load(settings["driver"])
        address = driver.ADDRESS if settings["address"] is None else settings["address"]
        self._rate_hz = settings["rate"]
        self._i2c = I2C(settings["bus"])
        self._driver = driver(self._i2c, address, settings["range"])
        # A third full: the next fetch may be as late again, and once more.
        wait_ms = self._driver.capacity * 1000 // self._rate_hz // 3
        self._wait_ms = min(max(wait_ms, _SHORTEST_WAIT_MS), _LONGEST_WAIT_MS)
        self.gaps = 0

    async def start(self):
        await self._driver.start(self._rate_hz)

    async def read(self, samples):
        """Waits for rows of x, y, z, int16, where 32768 is the range; returns how many."""
        while True:
            await asyncio.sleep_ms(self._wait_ms)
            n = self._driver.read(samples)
            if n is None:
                self.gaps += 1
                self._driver.restart()
            elif n:
                return n

    def close(self):
        self._i2c.deinit()
