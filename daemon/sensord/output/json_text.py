# SPDX-License-Identifier: MIT
"""Texts and numbers as JSON in UTF-8, for each form of a reading."""

import json
import re

# Halves of a surrogate pair, which the interpreter keeps in a text and UTF-8 forbids.
_SURROGATE = re.compile(b"\xed[\xa0-\xbf].")
_REPLACEMENT = b"\xef\xbf\xbd"  # U+FFFD


def text_bytes(text):
    """A text with any characters as a JSON string in UTF-8."""
    data = json.dumps(text).encode()
    if len(data) != len(text) + 2 and _SURROGATE.search(data):
        return _SURROGATE.sub(_REPLACEMENT, data)
    return data


def number_text(value):
    """A finite number with the 15 digits that a double keeps exactly."""
    # json.dumps() would write 95.9 as 95.90000000000001.
    return "%.15g" % value if isinstance(value, float) else str(value)
