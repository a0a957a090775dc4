# SPDX-License-Identifier: MIT
"""The forms of a request's body. Pure Python.

The outbox keeps the end of a JSON object, so that the form may change while readings wait. A form
has `head()`, which the outbox puts before that text as it leaves, `encode()`, which makes an item
of the two, and `join()`, which makes a body of items.
"""

import json

from ..output.json_text import utf8
from ..output.reading import fields_text
from ..timestamp import time_text
from . import line_protocol

_FIELDS = b', "fields": {'


def text(fields):
    """The end of a reading's JSON object, as bytes; `fields` is a sequence of (name, value)."""
    rest = fields_text(fields)
    # Without the comma that follows a head.
    return _FIELDS + (rest[2:] if len(rest) > 1 else rest) + b"}"


class Influx:
    """Lines of InfluxDB's line protocol: the measurement is the sensor's name."""

    content_type = "text/plain; charset=utf-8"

    def __init__(self, tags, unit_ns):
        """`tags` is a list of (key, value or None), `unit_ns` how long the timestamps' unit is."""
        self._tags = tags
        self._unit_ns = unit_ns
        self._keys = [key for key, value in tags if value] + ["time"]
        self._series = {}

    def head(self, sensor, ns, identifier, synchronized):
        """What encode() needs. A point has no id: its series and time are what it is known by."""
        return ("%d %d" % (ns // self._unit_ns, bool(synchronized))).encode()

    def encode(self, sensor, payload):
        """A line, or None for a reading of which no value is known."""
        begin, _, end = payload.partition(_FIELDS)
        begin, synchronized = begin.split()
        values = json.loads(b"{" + end[:-1])
        field_set = line_protocol.fields(values, self._keys)
        if not field_set:
            return None
        if synchronized == b"0":
            field_set += ",time_synchronized=false"
        series = self._series.get(sensor)
        if series is None:
            series = self._series[sensor] = line_protocol.series(sensor, self._tags)
        return utf8("%s %s %s" % (series, field_set, str(begin, "utf-8")))

    def join(self, items):
        """The body: one line for each reading."""
        return b"\n".join(items)


class JSON:
    """An array of objects, also for one reading."""

    content_type = "application/json"

    def __init__(self, tags):
        """`tags` is a list of (key, value or None)."""
        parts = ["%s: %s" % (json.dumps(key), json.dumps(value)) for key, value in tags if value]
        self._begin = "{%s" % ", ".join(parts)

    def head(self, sensor, ns, identifier, synchronized):
        """The object's start."""
        head = '%s, "sensor": %s, "time": "%s", "id": "%s"' % (
            self._begin,
            json.dumps(sensor),
            time_text(ns),
            identifier,
        )
        if not synchronized:
            head += ', "time_synchronized": false'
        return utf8(head)

    def encode(self, sensor, payload):
        """The object."""
        return payload

    def join(self, items):
        """The body."""
        return b"[" + b",\n".join(items) + b"]"
