# SPDX-License-Identifier: MIT
"""The forms of a request's body. Pure Python.

A reading waits as the end of a JSON object. A form has `head()`, which the outbox puts before that
text as it leaves, `encode()`, which makes an item of the object, and `join()`, which makes a body
of items. Each form takes the objects of the others, of readings that were set aside before.
"""

import json

from ..output.json_text import utf8
from ..output.reading import fields_text
from ..timestamp import time_text
from . import line_protocol

_DAYS = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)


def text(fields):
    """The end of a reading's JSON object, as bytes; `fields` is a sequence of (name, value)."""
    rest = fields_text(fields)
    # Without the comma that follows a head.
    return b', "fields": {' + (rest[2:] if len(rest) > 1 else rest) + b"}"


def _time_ns(text):
    """The inverse of time_text()."""
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    days = 365 * year + year // 4 - year // 100 + year // 400 - 719528 + _DAYS[month - 1] + day
    if month <= 2 and (year % 4 == 0 and year % 100 != 0 or year % 400 == 0):
        days -= 1
    seconds = 86400 * days + 3600 * int(text[11:13]) + 60 * int(text[14:16]) + int(text[17:19])
    return 1000000000 * seconds + 1000000 * int(text[20:23])


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


class Influx(JSON):
    """Lines of InfluxDB's line protocol: the measurement is the sensor's name."""

    content_type = "text/plain; charset=utf-8"

    def __init__(self, tags, unit_ns):
        """`tags` is a list of (key, value or None), `unit_ns` how long the timestamps' unit is."""
        JSON.__init__(self, tags)
        self._tags = tags
        self._unit_ns = unit_ns
        self._keys = [key for key, value in tags if value] + ["time"]
        self._series = {}

    def head(self, sensor, ns, identifier, synchronized):
        """The object's start, with a time of all digits."""
        return JSON.head(self, sensor, ns, identifier, synchronized) + (', "ns": %d' % ns).encode()

    def encode(self, sensor, payload):
        """A line, or None for a reading of which no value is known. Raises ValueError if `payload`
        is no such object.

        A line has no id: its series and time say which it is.
        """
        reading = json.loads(payload)
        try:
            values = reading["fields"]
            ns = reading["ns"] if "ns" in reading else _time_ns(reading["time"])
            field_set = line_protocol.fields(values, self._keys)
        except (AttributeError, IndexError, KeyError, TypeError):
            raise ValueError("not a reading")
        if not field_set:
            return None
        if reading.get("time_synchronized") is False:
            field_set += ",time_synchronized=false"
        series = self._series.get(sensor)
        if series is None:
            series = self._series[sensor] = line_protocol.series(sensor, self._tags)
        return utf8("%s %s %d" % (series, field_set, ns // self._unit_ns))

    def join(self, items):
        """The body: one line for each reading."""
        return b"\n".join(items)
