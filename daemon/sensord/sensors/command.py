# SPDX-License-Identifier: MIT
"""type = "exec": what a command prints, a number or a JSON object."""

import asyncio
import json

from linux.subprocess import run

from . import Fault
from .pace import Pace

_GRACE_MS = 10000
_MOST_BYTES = 16384


def _flat(value, name, fields):
    """Adds what can be a field; an object within another gives names joined with "_"."""
    if isinstance(value, dict):
        for key in sorted(value):
            _flat(value[key], "%s_%s" % (name, key) if name else key, fields)
    elif value is None or isinstance(value, (bool, int, float, str)):
        fields.append((name or "value", value))
    return fields


def parse(output):
    """The fields in a command's output. Raises Fault for what is no number and no JSON object."""
    text = "".join([chr(c) if c < 0x80 else "?" for c in output]).strip()
    try:
        value = json.loads(output)
    except ValueError:
        raise Fault("it printed neither a number nor JSON: %r" % text[:60])
    fields = _flat(value, "", [])
    if isinstance(value, (str, list)) or not fields:
        raise Fault("it printed neither a number nor a JSON object: %r" % text[:60])
    if "time" in [name for name, _ in fields]:
        raise Fault('it printed a field called "time": that is the reading\'s own')
    return fields


class CommandSensor:
    def __init__(self, settings):
        self._settings = settings
        self.deadline_ms = settings["interval"] + settings["timeout"] + _GRACE_MS

    async def _measure(self):
        command = self._settings["command"]
        try:
            status, output = await run(command, self._settings["timeout"], _MOST_BYTES)
        except asyncio.TimeoutError:
            raise Fault("%s took longer than %d ms" % (command[0], self._settings["timeout"]))
        if status:
            how = "ended with status %d" % status if status > 0 else "was killed by a signal"
            raise Fault("%s %s" % (command[0], how))
        try:
            return parse(output)
        except Fault as fault:
            raise Fault("%s: %s" % (command[0], fault))

    async def run(self, output):
        pace = Pace(self._settings["interval"])
        while True:
            output.reading(await self._measure())
            output.beat()
            await pace.next()
