# SPDX-License-Identifier: MIT
"""A reading in JSON: one object that begins with its time."""

import time

from ..timestamp import time_text
from .json_text import number_text, text_bytes

_PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-. "


def _name_bytes(name):
    if all(c in _PLAIN for c in name):
        return b'"' + name.encode() + b'"'
    return text_bytes(name)


def _value_bytes(value):
    if isinstance(value, str):
        return text_bytes(value)
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, (int, float)) and value - value == 0:
        return number_text(value).encode()
    return b"null"


def fields_text(fields):
    """The rest of a reading's JSON text after `head()`, as bytes."""
    parts = []
    for name, value in fields:
        parts += (b", ", _name_bytes(name), b": ", _value_bytes(value))
    parts.append(b"}")
    return b"".join(parts)


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
