# SPDX-License-Identifier: MIT
"""type = "i2c": a sensor chip on an I2C bus, by a built-in driver or one of the user's."""

from machine import I2C

from .. import drivers
from .foreign import ForeignDriver
from .pace import Pace

_GRACE_MS = 30000  # of the slowest chip, which measures for 5 s


class ChipSensor:
    def __init__(self, settings):
        self._settings = settings
        self.deadline_ms = settings["interval"] + _GRACE_MS

    def _driver(self, i2c):
        settings = self._settings
        name = settings["driver"]
        if ":" in name:
            return ForeignDriver(i2c, settings)
        driver = drivers.load(name)
        address = driver.ADDRESS if settings["address"] is None else settings["address"]
        return driver(i2c, address, settings)

    async def run(self, output):
        i2c = I2C(self._settings["bus"])
        try:
            driver = self._driver(i2c)
            await driver.start()
            output.beat()
            pace = Pace(self._settings["interval"])
            while True:
                output.reading(await driver.read())
                output.beat()
                await pace.next()
        finally:
            i2c.deinit()
