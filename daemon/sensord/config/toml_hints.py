# SPDX-License-Identifier: MIT
"""Hints for values that are none of TOML's."""

_CURLY = "\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb"
_STRAIGHT = "use straight quotes (\" or ') in place of typographic ones"
_DIGITS = "0123456789"


def quotes(line):
    """The hint about a quote that is missing in a line, to be added to a message."""
    return "; " + _STRAIGHT if any(c in line for c in _CURLY) else ""


def after_value(text):
    """How a value is written that is followed by `text`, for the most likely mistakes; or what
    must follow."""
    if text[:1] == "," and text[1:2].isdigit():
        return "end of line (a number has a point, not a comma)"
    return "end of line (text needs quotes, a comment needs #)"


def hint(text):
    """How a value that is no TOML value is written, for the most likely mistakes."""
    plain = text.lstrip("+-")
    if any(c in text for c in _CURLY):
        return _STRAIGHT
    if text.lower() in ("true", "false"):
        return "write it in lower case"
    if plain[:1] == "." and plain[1:2].isdigit():
        sign = text[: len(text) - len(plain)]
        return "a number needs a digit before its point: %s0%s" % (sign, plain)
    if plain[-1:] == "." and plain[:1].isdigit():
        return "a number needs a digit after its point: %s0" % text
    if "," in plain and all(c in _DIGITS + ",." for c in plain):
        return "a number has a point, not a comma"
    if plain[:1].isdigit() and plain.strip(_DIGITS + ".").isalpha():
        return 'a value with a unit is a string: "%s"' % text
    if plain[:1].isdigit():
        return "no number, date or time is written like this"
    return "strings need quotes"
