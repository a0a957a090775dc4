# SPDX-License-Identifier: MIT
"""Texts and numbers as JSON in UTF-8, for each form of a reading."""

import json
import re

# Halves of a surrogate pair, which the interpreter keeps in a text and UTF-8 forbids.
_SURROGATE = re.compile(b"\xed[\xa0-\xbf].")
_REPLACEMENT = b"\xef\xbf\xbd"  # U+FFFD


def utf8(text):
    """A JSON text in UTF-8, whatever characters are in it."""
    data = text.encode()
    if len(data) != len(text) and _SURROGATE.search(data):
        return _SURROGATE.sub(_REPLACEMENT, data)
    return data


def value_text(value):
    """A value as JSON, for utf8(): a float with the 15 digits that a double is exact to, null for
    one that is not finite."""
    if isinstance(value, float):
        # json.dumps() would write 95.9 as 95.90000000000001.
        return "%.15g" % value if value - value == 0 else "null"
    return json.dumps(value)
