# SPDX-License-Identifier: MIT
"""`sensord read`: one reading of one sensor, without the daemon."""

import asyncio

from ..errors import EX_UNAVAILABLE, EX_USAGE
from ..output.json_text import value_text
from ..output.reading import encode
from ..supervisor import processing_of
from ..values.checked import CheckedValues
from ..values.field import Invalid
from . import sensor
from .measuring import SIGNALLED, Output, Stopped, measure
from .terminal import show, tell


class _FirstReading:
    """Attributes: fields, the first reading, or None; raw, the same as the sensor gave it;
    troubles, {field: why it is null}; names, {field of the sensor: its name in the reading}."""

    def __init__(self, settings, declared):
        self._values = CheckedValues(settings["name"], declared, settings["values"])
        self._processing = processing_of(settings, declared)
        self.fields = None
        self.raw = ()
        self.troubles = {}
        self.output = Output(self._take)

    def _take(self, fields):
        checked = self._values.check(fields)
        self.raw = list(fields)
        self.troubles = {self.name(field): why for field, why in self._values.troubles.items()}
        if self._processing is not None:
            checked = self._processing.feed(checked) or self._processing.rest()
        self.fields = checked
        self.output.ended.set()

    def name(self, field):
        """A field's name in the reading."""
        return field if self._processing is None else self._processing.published_name(field)


def _shown(value):
    return "null" if isinstance(value, Invalid) else value_text(value)


def _show_both(first):
    """Prints a table of the values that the sensor gave, and of those that are published."""
    published = dict(first.fields)
    rows = [("field", "raw", "published")]
    names = []
    for field, value in first.raw:
        name = first.name(field)
        names.append(name)
        told = _shown(published[name]) if name in published else "-"
        rows.append((name if name == field else "%s (%s)" % (name, field), _shown(value), told))
    # Statistics.
    rows += [(name, "", _shown(value)) for name, value in first.fields if name not in names]
    widths = [max([len(row[column]) for row in rows]) for column in range(2)]
    for field, raw, told in rows:
        padding = " " * (widths[0] - len(field)), " " * (widths[1] - len(raw))
        show("%s%s  %s%s  %s" % (field, padding[0], padding[1], raw, told))


def read(path, name, with_raw=False):
    """Prints the first reading of the sensor `name`, `with_raw` beside the values that the sensor
    gave; returns the exit code. A value that is null has its reason on standard error."""
    found = sensor.find(path, name)
    if found is None:
        return EX_USAGE
    first = _FirstReading(*found)
    try:
        fault = asyncio.run(measure(found[0], first.output))
    except Stopped as stopped:
        return SIGNALLED + stopped.args[0]
    if first.fields is None:
        tell("%s: %s" % (name, fault or "the recording ended without a reading"))
        return EX_UNAVAILABLE
    if with_raw:
        _show_both(first)
    else:
        show(encode(first.fields).decode())
    for field, why in first.troubles.items():
        tell("%s: %s is null: %s" % (name, field, why))
    if first.troubles and all(value is None for _, value in first.fields):
        return EX_UNAVAILABLE
    return 0
