# SPDX-License-Identifier: MIT
"""type = "i2c": a sensor chip on an I2C bus, by a built-in driver or one of the user's."""

from ..interval import measure
from . import driver
from .bus import Bus
from .chip import FOLDER, is_users, load
from .schema import fields

_GRACE_MS = 60000
# A second try of the slowest chip, which measures for 5 s.
_PATIENCE_MS = 6000


class Sensor:
    def __init__(self, settings):
        self._settings = settings
        self.deadline_ms = settings["interval"] + _GRACE_MS

    def _driver(self, i2c):
        settings = self._settings
        name = settings["driver"]
        if not is_users(name):
            keys = getattr(load(FOLDER, name), "KEYS", ())
            arguments = {key: settings[key] for key in keys}
            return driver.make(FOLDER, name, i2c, settings["address"], arguments)
        made = driver.make(FOLDER, name, i2c, settings["address"], settings["arguments"] or {})
        return made if settings["fields"] is None else driver.Attributes(made, settings["fields"])

    async def run(self, output):
        settings = self._settings
        limits = {field.name: field.valid for field in fields(settings) or () if field.valid}
        i2c = Bus(settings["bus"])
        try:
            chip = self._driver(i2c)
            await chip.start()
            output.beat()
            await measure(
                chip.read, settings["interval"], output, chip.start, limits, _PATIENCE_MS
            )
        finally:
            i2c.deinit()
