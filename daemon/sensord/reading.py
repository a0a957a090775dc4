# SPDX-License-Identifier: MIT
"""A reading as it goes over the wire: one JSON object that begins with its time."""

import json
import time

# The last one: readings of many sensors, or that waited, come several a second.
_second, _second_text = None, ""


def time_text(ns):
    """Nanoseconds since 1970 as RFC 3339 in UTC with milliseconds."""
    global _second, _second_text
    second = ns // 1000000000
    if second != _second:
        _second_text = "%04d-%02d-%02dT%02d:%02d:%02d." % time.gmtime(second)[:6]
        _second = second
    return _second_text + "%03dZ" % (ns // 1000000 % 1000)


def _value_text(value):
    if isinstance(value, float):
        # json.dumps() would write 95.9 as 95.90000000000001, and infinity as a word JSON lacks.
        return "%.9g" % value if value - value == 0 else "null"
    return json.dumps(value)


def fields_text(fields):
    """The rest of a reading's JSON text, after `head()`, as bytes."""
    parts = [', "%s": %s' % (name, _value_text(value)) for name, value in fields]
    parts.append("}")
    return "".join(parts).encode()


def head(topic, ns, identifier, synchronized):
    """The start of a reading's JSON text on its way out, as bytes; `fields_text()` follows.

    `ns` is its time since 1970; `identifier` stays the same each time it is sent; `synchronized`
    is false if the clock was not set when it was taken, nor since. The topic, which senml.head()
    needs, is not part of it.
    """
    text = '{"time": "%s", "id": "%s"' % (time_text(ns), identifier)
    if not synchronized:
        text += ', "time_synchronized": false'
    return text.encode()


def encode(fields, ns=None):
    """The JSON text of a reading, as bytes.

    `fields` is a sequence of (name, value), in the order in which they are written; floats keep
    nine digits, and one that is not finite becomes null. `ns` is its time, now if not given.
    """
    begin = '{"time": "%s"' % time_text(time.time_ns() if ns is None else ns)
    return begin.encode() + fields_text(fields)
