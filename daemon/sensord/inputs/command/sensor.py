# SPDX-License-Identifier: MIT
"""type = "exec": what a command prints, a number or a JSON object."""

import asyncio

from linux.subprocess import run_all

from ...errors import Fault
from ...files.strict_json import JSONError, loads
from ...values.checked import number
from ..interval import measure

_GRACE_MS = 10000
_MOST_BYTES = 16384
_MOST_ERROR_BYTES = 4096
_SHOWN = 160  # characters of a command's last words


def _flat(value, name, fields):
    """Adds what can be a field; an object within another gives names joined with "_"."""
    if isinstance(value, dict):
        for key in sorted(value):
            _flat(value[key], "%s_%s" % (name, key) if name else key, fields)
    elif value is None or isinstance(value, (bool, int, float, str)):
        fields.append((name or "value", value))
    return fields


def _shown(data):
    return "".join([chr(c) if 32 <= c < 127 else "?" for c in data.strip()[:_SHOWN]])


def parse(output, is_text=False):
    """The fields in a command's output, bytes. With `is_text` a value on its own stays a text.
    Raises Fault for an output that is neither a number nor a JSON object."""
    stripped = output.strip()
    if not stripped[:1] == b"{":
        text = _shown(stripped)
        value = number(text)
        if is_text and stripped:
            return [("value", text)]
        if value is not None:
            return [("value", value)]
    try:
        value = loads(stripped)
    except JSONError as error:
        if stripped[:1] == b"{":
            raise Fault("it printed JSON that is not whole: %s" % error)
        raise Fault("it printed neither a number nor JSON: %r" % _shown(stripped)[:60])
    fields = _flat(value, "", [])
    if not isinstance(value, (dict, bool)) or not fields:
        raise Fault("it printed neither a number nor a JSON object: %r" % _shown(stripped)[:60])
    return fields


class Sensor:
    def __init__(self, settings):
        self._settings = settings
        self.deadline_ms = settings["interval"] + settings["timeout"] + _GRACE_MS
        table = settings["values"].get("value")
        self._is_text = table is not None and table["kind"] == "text"

    async def _measure(self):
        settings = self._settings
        command = settings["command"]
        try:
            status, output, errors = await run_all(
                command, settings["timeout"], _MOST_BYTES, _MOST_ERROR_BYTES
            )
        except asyncio.TimeoutError:
            raise Fault("%s took longer than %d ms" % (command[0], settings["timeout"]))
        if status:
            how = "ended with status %d" % status if status > 0 else "was killed by a signal"
            words = _shown(errors.strip().split(b"\n")[-1])
            raise Fault("%s %s%s" % (command[0], how, ": " + words if words else ""))
        if len(output) > _MOST_BYTES:
            raise Fault("%s printed more than %d bytes" % (command[0], _MOST_BYTES))
        try:
            return self._renamed(parse(output, self._is_text))
        except Fault as fault:
            raise Fault("%s: %s" % (command[0], fault))

    def _renamed(self, fields):
        names = self._settings["rename"]
        if not names:
            return fields
        # An empty name leaves the field out.
        return [(names.get(name, name), value) for name, value in fields if names.get(name) != ""]

    async def run(self, output):
        await measure(self._measure, self._settings["interval"], output)
