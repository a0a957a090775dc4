# SPDX-License-Identifier: MIT
"""`sensord read`: one reading of one sensor, without the daemon."""

import asyncio
import sys

from . import config, sensors
from .config.check import nearest
from .errors import EX_OK, EX_UNAVAILABLE, EX_USAGE, Fault
from .log import reason
from .reading import encode


class _FirstReading:
    """Takes the place of the daemon: keeps the first reading."""

    def __init__(self):
        self.payload = None
        self.arrived = asyncio.Event()

    def beat(self):
        pass

    def reading(self, fields):
        if self.payload is None:
            self.payload = encode(fields)
        self.arrived.set()


async def _first_reading(settings):
    output = _FirstReading()
    faults = []

    async def work():
        try:
            await sensors.create(settings).run(output)
        except (Fault, OSError) as error:
            faults.append(reason(error) if isinstance(error, OSError) else str(error))
        output.arrived.set()

    task = asyncio.create_task(work())
    await output.arrived.wait()
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        # Now the device is closed, and free for the next who asks.
        pass
    if output.payload is None and not faults:
        faults.append("the recording ended without a reading")
    return output.payload, faults


def read(path, name):
    """Prints the first reading of the sensor `name`; returns the exit code."""
    configured = config.load(path)["sensor"]
    if name not in configured:
        meant = nearest(name, configured)
        hint = 'did you mean "%s"?' % meant if meant else "known: " + ", ".join(sorted(configured))
        sys.stderr.write('sensord: %s has no sensor "%s"; %s\n' % (path, name, hint))
        return EX_USAGE
    payload, faults = asyncio.run(_first_reading(configured[name]))
    if payload is None:
        sys.stderr.write("sensord: %s: %s\n" % (name, faults[0]))
        return EX_UNAVAILABLE
    sys.stdout.write(payload.decode() + "\n")
    return EX_OK
