# SPDX-License-Identifier: MIT
"""Numbers that are written by others."""

_NUMBER_CHARACTERS = "0123456789+-.eE"
_LONGEST_INTEGER = 64  # characters; the time that int() takes grows with their square


def number(text):
    """The number that a text is, written as in JSON but for leading zeros, a plus sign, and a
    point without a digit before or behind it; None if it is none. "1_000", "0x10", "nan" and
    "inf" are none. One of more than 64 characters is a float."""
    digits = text[1:] if text[:1] in ("+", "-") else text
    has_digit = digits[:1].isdigit() or (digits[:1] == "." and digits[1:2].isdigit())
    if not has_digit or not all(c in _NUMBER_CHARACTERS for c in text):
        return None
    for kind in (int, float) if len(text) <= _LONGEST_INTEGER else (float,):
        try:
            return kind(text)
        except ValueError:
            continue
    return None
