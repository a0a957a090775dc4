# SPDX-License-Identifier: MIT
"""A reading in JSON: one object that begins with its time."""

import json
import time

from ..timestamp import time_text
from .json_text import utf8, value_text

# The names of fields as they are written: a sensor has the same ones in each reading.
_names = {}
_MOST_NAMES = 100


def fields_text(fields):
    """The rest of a reading's JSON text, after `head()`, as bytes."""
    parts = []
    for name, value in fields:
        begin = _names.get(name)
        if begin is None:
            begin = ", %s: " % json.dumps(name)
            if len(_names) < _MOST_NAMES:
                _names[name] = begin
        parts += (begin, value_text(value))
    parts.append("}")
    return utf8("".join(parts))


def head(topic, ns, identifier, synchronized):
    """The start of a reading's JSON text, as bytes; `fields_text()` follows.

    `ns` is its time since 1970; `identifier` stays the same each time it is sent; `synchronized`
    is false if the clock was not set when it was taken, nor since. The topic is unused here;
    senml.head() needs it.
    """
    text = '{"time": "%s", "id": "%s"' % (time_text(ns), identifier)
    if not synchronized:
        text += ', "time_synchronized": false'
    return text.encode()


def encode(fields, ns=None):
    """The JSON text of a reading, as bytes: valid JSON in UTF-8.

    `fields` is a sequence of (name, value), in the order in which they are written; a value is
    None, bool, str, int or float; a float keeps 15 digits, and one that is not finite becomes
    null. `ns` is its time, now if not given.
    """
    begin = '{"time": "%s"' % time_text(time.time_ns() if ns is None else ns)
    return begin.encode() + fields_text(fields)
