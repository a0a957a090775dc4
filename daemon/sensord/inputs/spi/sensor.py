# SPDX-License-Identifier: MIT
"""type = "spi": a sensor chip on an SPI bus, by a built-in driver or one of the user's."""

from machine import SPI

from ..i2c import driver
from ..i2c.chip import is_users, load
from ..interval import measure
from .chip import FOLDER
from .schema import fields

_GRACE_MS = 60000
_USERS_BAUDRATE = 1000000  # as of machine.SPI


class Sensor:
    def __init__(self, settings):
        self._settings = settings
        self.deadline_ms = settings["interval"] + _GRACE_MS

    def _bus(self):
        settings = self._settings
        if is_users(settings["driver"]):
            mode, baudrate = settings["mode"], _USERS_BAUDRATE
        else:
            module = load(FOLDER, settings["driver"])
            mode, baudrate = module.MODE, module.BAUDRATE
        return SPI(
            settings["device"],
            settings["baudrate"] or baudrate,
            polarity=mode >> 1,
            phase=mode & 1,
        )

    def _driver(self, spi):
        settings = self._settings
        name = settings["driver"]
        if not is_users(name):
            keys = getattr(load(FOLDER, name), "KEYS", ())
            arguments = {key: settings[key] for key in keys}
            return driver.make(FOLDER, name, spi, None, arguments)
        made = driver.make(FOLDER, name, spi, None, settings["arguments"] or {})
        return made if settings["fields"] is None else driver.Attributes(made, settings["fields"])

    async def run(self, output):
        settings = self._settings
        limits = {field.name: field.valid for field in fields(settings) or () if field.valid}
        spi = self._bus()
        try:
            chip = self._driver(spi)
            await chip.start()
            output.beat()
            await measure(chip.read, settings["interval"], output, chip.start, limits)
        finally:
            spi.deinit()
