# SPDX-License-Identifier: MIT
"""driver = "module:Class": any MicroPython driver of a chip on I2C."""

import os
import sys

from .. import log
from . import Fault

# Where such modules are looked for, after sensord's own.
FOLDERS = (os.getenv("SENSORD_DRIVERS") or "/etc/sensord/drivers", "/usr/lib/micropython")
_OTHERS_MAY_WRITE = 0o022  # group and others


def _check_owner(folder):
    """What runs as the daemon must not be what anybody else may write."""
    try:
        status = os.stat(folder)
    except OSError:
        return  # not there: nothing is loaded from it
    if status[4] != 0 or status[0] & _OTHERS_MAY_WRITE:
        raise Fault(
            "%s must belong to root, who alone may write it: chown root %s; chmod go-w %s"
            % (folder, folder, folder)
        )


def _import(name, class_name):
    for folder in FOLDERS:
        _check_owner(folder)
        if folder not in sys.path:
            sys.path.append(folder)
    module = __import__(name)
    for part in name.split(".")[1:]:
        module = getattr(module, part)
    return getattr(module, class_name)


class ForeignDriver:
    """One in sensord's own form (start() and read()), or any whose attributes `fields` name."""

    def __init__(self, i2c, settings):
        self._i2c = i2c
        self._name = settings["driver"]
        self._address = settings["address"]
        self._arguments = settings["arguments"] or {}
        self._fields = settings["fields"]
        self._chip = None

    async def _guarded(self, action):
        """Runs a part of the driver: its mistakes are faults of the sensor, not of the daemon."""
        try:
            return await action()
        except (OSError, Fault):
            raise
        except Exception as error:
            text = "driver %s: %s" % (self._name, log.reason(error))
            place = log.where(error)
            raise Fault("%s (%s)" % (text, place) if place else text)

    async def start(self):
        await self._guarded(self._start)

    async def _start(self):
        module, _, class_name = self._name.partition(":")
        try:
            driver = _import(module, class_name)
        except ImportError as error:
            raise Fault(
                "driver %s: %s; it is looked for in %s"
                % (self._name, error, " and ".join(FOLDERS))
            )
        arguments = dict(self._arguments)
        if self._address is not None:
            arguments["address"] = self._address
        self._chip = driver(self._i2c, **arguments)
        if self._fields is None:
            for method in ("start", "read"):
                if not hasattr(self._chip, method):
                    raise Fault(
                        "driver %s: it has no %s(): say with `fields` what is to be read"
                        % (self._name, method)
                    )
            await _finished(self._chip.start())

    async def read(self):
        return await self._guarded(self._read)

    async def _read(self):
        if self._fields is None:
            return await _finished(self._chip.read())
        fields = []
        for name, path in self._fields:
            fields.append((name, await self._value(path)))
        return fields

    async def _value(self, path):
        """What an attribute is, or a call of it gives; "values.0" is the first of several."""
        value = self._chip
        for part in path.split("."):
            value = value[int(part)] if part.isdigit() else getattr(value, part)
            if callable(value):
                value = value()
            value = await _finished(value)
        if not (value is None or isinstance(value, (bool, int, float, str))):
            raise Fault("driver %s: %s is no number but %r" % (self._name, path, value))
        return value


async def _finished(value):
    return await value if hasattr(value, "send") else value
