# SPDX-License-Identifier: MIT
"""type = "exec": what a command prints, a number or a JSON object."""

import asyncio
import os

from linux.subprocess import run_all

from ... import log
from ...errors import EACCES, Fault
from ...files.strict_json import JSONError, loads
from ...files.utf8 import shown
from ...values.number import number
from ..interval import measure

_GRACE_MS = 10000
_MOST_BYTES = 16384
_MOST_ERROR_BYTES = 4096
_MOST_TOLD = 20  # names that are left out
_SHOWN = 160  # characters of a command's last words


def _flat(value, name, fields, arrays):
    """Adds what can be a field; an object within another gives names joined with "_"."""
    if isinstance(value, dict):
        for key in sorted(value):
            _flat(value[key], "%s_%s" % (name, key) if name else key, fields, arrays)
    elif isinstance(value, list):
        arrays.append(name)
    elif value is None or isinstance(value, (bool, int, float, str)):
        fields.append((name or "value", value))
    return fields


def _last_words(errors):
    """The last line of a command's standard error that is not blank, for a message."""
    # Progress is written with returns.
    words = shown(errors.replace(b"\r", b"\n").strip().split(b"\n")[-1].strip())
    words = "".join([c if c >= " " and c != "\x7f" else "?" for c in words])
    return ": " + words[:_SHOWN] if words else ""


def _denied(error):
    """Words for a program that may not be started; in the service it may be the unit that forbids
    it."""
    text = log.reason(error)
    if os.getenv("SENSORD_RIGHTS") is not None:
        text += "; is it executable for the user sensord, and allowed by RIGHTS OF THE SERVICE in "
        text += "sensord(8)?"
    return text


def parse(output, is_text=False, arrays=None):
    """The fields in a command's output, bytes. With `is_text` a value on its own stays a text. The
    names of arrays, which can be no field, are added to the list `arrays`.
    Raises Fault for an output that is neither a number nor a JSON object."""
    stripped = output.strip()
    is_object = stripped[:1] == b"{"
    if not is_object:
        text = shown(stripped)
        if is_text and stripped:
            return [("value", text)]
        value = number(text)
        if value is not None:
            return [("value", value)]
    try:
        value = loads(stripped)
    except JSONError as error:
        if is_object:
            raise Fault("it printed JSON that is not valid: %s" % error)
        raise Fault("it printed neither a number nor JSON: %r" % text[:60])
    fields = _flat(value, "", [], [] if arrays is None else arrays)
    if not isinstance(value, (dict, bool)) or not fields:
        raise Fault(
            "it printed neither a number nor a JSON object with values: %r" % shown(stripped)[:60]
        )
    return fields


class Sensor:
    def __init__(self, settings):
        self._settings = settings
        self.deadline_ms = settings["interval"] + settings["timeout"] + _GRACE_MS
        table = settings["values"].get("value")
        self._arrays = set()
        self._is_text = table is not None and table["kind"] == "text"

    async def _measure(self):
        settings = self._settings
        command = settings["command"]
        try:
            status, output, errors = await run_all(
                command, settings["timeout"], _MOST_BYTES, _MOST_ERROR_BYTES
            )
        except OSError as error:
            if error.errno == EACCES:
                raise Fault(_denied(error))
            raise
        except asyncio.TimeoutError as error:
            words = _last_words(error.args[0])
            raise Fault("%s took longer than %d ms%s" % (command[0], settings["timeout"], words))
        if len(output) > _MOST_BYTES:
            raise Fault("%s printed more than %d bytes" % (command[0], _MOST_BYTES))
        if status:
            how = "ended with status %d" % status if status > 0 else "was killed by a signal"
            raise Fault("%s %s%s" % (command[0], how, _last_words(errors)))
        try:
            arrays = []
            fields = self._renamed(parse(output, self._is_text, arrays))
        except Fault as fault:
            raise Fault("%s: %s%s" % (command[0], fault, _last_words(errors)))
        self._tell_arrays(arrays)
        return fields

    def _tell_arrays(self, names):
        for name in names:
            if len(self._arrays) < _MOST_TOLD and name not in self._arrays:
                self._arrays.add(name)
                log.warning(
                    '%s: "%s" is left out: an array cannot be a field'
                    % (self._settings["name"], name)
                )

    def _renamed(self, fields):
        names = self._settings["rename"]
        if not names:
            return fields
        # An empty name leaves the field out.
        return [(names.get(name, name), value) for name, value in fields if names.get(name) != ""]

    async def run(self, output):
        await measure(self._measure, self._settings["interval"], output)
