# SPDX-License-Identifier: MIT
"""Drivers of chips by their name in the configuration: built-in ones, and "MODULE:CLASS" for any
MicroPython driver of a chip on I2C."""

import os
import sys

from ... import log
from ...errors import Fault
from .chip import is_users, load
from .ownership import require_root

# The folders of users' drivers, searched after sensord's own modules.
FOLDERS = (os.getenv("SENSORD_DRIVERS") or "/etc/sensord/drivers", "/usr/lib/micropython")


def make(folder, name, i2c, address, arguments, is_stream=False):
    """The driver that a configuration names, of the form in chip.py, or with `is_stream` of that
    in inputs/acceleration/chip.py. Raises Fault."""
    arguments = dict(arguments)
    if address is not None:
        arguments["address"] = address
    if is_users(name):
        return (_GuardedStream if is_stream else _Guarded)(name, i2c, arguments)
    return load(folder, name).DRIVER(i2c, **arguments)


def _import(name, class_name):
    for folder in FOLDERS:
        require_root(folder)
        if folder not in sys.path:
            sys.path.append(folder)
    module = __import__(name)
    for part in name.split(".")[1:]:
        module = getattr(module, part)
    return getattr(module, class_name)


async def finished(value):
    """The result of a call, awaited if it is a coroutine."""
    return await value if hasattr(value, "send") else value


class _Guarded:
    """A user's driver: its errors are faults of the sensor, not of the daemon."""

    _ADVICE = (
        "say with `fields` which attributes are read, or see docs/drivers.md for the form of a "
        "driver"
    )

    def __init__(self, name, i2c, arguments):
        self._name, self._i2c, self._arguments = name, i2c, arguments
        self._driver = None

    async def _call(self, action, *arguments):
        try:
            return await finished(action(*arguments))
        except (OSError, Fault):
            raise
        except Exception as error:
            raise self._mistake(error)

    def _mistake(self, error):
        text = "driver %s: %s" % (self._name, log.reason(error))
        place = log.where(error)
        return Fault("%s (%s)" % (text, place) if place else text)

    def _make(self):
        module, _, class_name = self._name.partition(":")
        try:
            driver = _import(module, class_name)
        except ImportError as error:
            raise Fault(
                "driver %s: %s; it is looked for in %s"
                % (self._name, error, " and ".join(FOLDERS))
            )
        return driver(self._i2c, **self._arguments)

    async def make(self):
        """Makes the driver, without a transfer to the chip."""
        self._driver = await self._call(self._make)

    def require(self, *methods):
        """Raises Fault unless the driver has these methods."""
        for method in methods:
            if not hasattr(self._driver, method):
                raise Fault("driver %s: it has no %s: %s" % (self._name, method, self._ADVICE))

    async def start(self):
        await self.make()
        self.require("start", "read")
        await self._call(self._driver.start)

    async def read(self):
        return await self._call(self._driver.read)

    async def values(self, fields):
        """The values of some of the driver's attributes, or of a call of them: a list of (name,
        value) for (name, attribute) each, where "values.0" is the first of several."""
        found = []
        for name, path in fields:
            found.append((name, await self._call(self._value, path)))
        return found

    async def _value(self, path):
        value = self._driver
        for part in path.split("."):
            value = value[int(part)] if part.isdigit() else getattr(value, part)
            if callable(value):
                value = value()
            value = await finished(value)
        if not (value is None or isinstance(value, (bool, int, float, str))):
            raise Fault("driver %s: %s is no number but %r" % (self._name, path, value))
        return value


class _GuardedStream(_Guarded):
    """The same of a driver that gives a stream."""

    _ADVICE = "see docs/drivers.md for the form of a driver of an accelerometer"

    async def start(self):
        await self.make()
        self.require("start", "read_samples", "restart", "capacity")
        await self._call(self._driver.start)
        self.capacity = self._driver.capacity
        if not isinstance(self.capacity, int) or self.capacity < 1:
            raise Fault(
                "driver %s: capacity is no number of rows but %r" % (self._name, self.capacity)
            )

    def _now(self, action, *arguments):
        try:
            return action(*arguments)
        except (OSError, Fault):
            raise
        except Exception as error:
            raise self._mistake(error)

    def restart(self):
        self._now(self._driver.restart)

    def read_samples(self, samples):
        n = self._now(self._driver.read_samples, samples)
        most = len(samples) // 3
        if n is None or isinstance(n, int) and 0 <= n <= most:
            return n
        raise Fault(
            "driver %s: read_samples() gave %r, no number of rows up to %d" % (self._name, n, most)
        )


class Attributes:
    """Any MicroPython driver, in the form of a built-in one: the configuration lists the
    attributes to read."""

    def __init__(self, driver, fields):
        self._driver, self._fields = driver, fields
        self.start = driver.make

    async def read(self):
        return await self._driver.values(self._fields)
