# SPDX-License-Identifier: MIT
"""InfluxDB's line protocol (docs.influxdata.com, "Line protocol"). Pure Python.

A line is: measurement,tag=value… field=value,… time since 1970.
"""

# The units of timestamps, as the query of each version of InfluxDB's API names them.
_UNITS_NS = {
    "ns": 1,
    "n": 1,
    "nanosecond": 1,
    "auto": 1,
    "us": 1000,
    "u": 1000,
    "microsecond": 1000,
    "ms": 1000000,
    "millisecond": 1000000,
    "s": 1000000000,
    "second": 1000000000,
}
_MEASUREMENT = ", "
_KEY = ", ="
_MOST_DIGITS = 15
_MOST_NAMES = 100
_names = {}  # escaped names of fields


def unit_ns(query):
    """How long the unit of timestamps is that the query of a URL asks for, in nanoseconds; None if
    there is no such unit."""
    unit = "ns"
    for part in query.split("&"):
        key, _, value = part.partition("=")
        if key == "precision":
            unit = value
    return _UNITS_NS.get(unit)


def _escaped(text, special):
    """A measurement, key or tag value. It may have no line break, and a backslash only where the
    next character does not make it an escape: other characters stand in for these."""
    parts = []
    last = len(text) - 1
    for i, c in enumerate(text):
        if c in special:
            parts.append("\\" + c)
        elif c < " " or c == "\\" and (i == last or text[i + 1] in _KEY or text[i + 1] == c):
            parts.append("_")
        else:
            parts.append(c)
    return "".join(parts)


def series(measurement, tags):
    """The line's start: `tags` are (key, value); those without a value are left out."""
    text = _escaped(measurement, _MEASUREMENT)
    for key, value in sorted(tags):
        if value:
            text += ",%s=%s" % (_escaped(key, _KEY), _escaped(value, _KEY))
    return text


def _name(name):
    text = _names.get(name)
    if text is None:
        text = _escaped(name, _KEY) or "_"
        if len(_names) < _MOST_NAMES:
            _names[name] = text
    return text


def _value(value):
    """A field's value, or None if the protocol has no form for it."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = value.replace("\\", "\\\\").replace('"', '\\"')
        # The protocol has no line break in a text; Telegraf writes it in this way too.
        return '"%s"' % text.replace("\n", "\\n").replace("\r", "\\r")
    # A database fixes the type of a field with its first value: with an integer it would refuse
    # the fractions that come later. So every number is a float, without the "i" of integers.
    if isinstance(value, int):
        if -(10**_MOST_DIGITS) < value < 10**_MOST_DIGITS:
            return "%d" % value
        try:
            value = float(value)
        except OverflowError:
            return None
    return "%.15g" % value if value - value == 0 else None


def fields(values, taken):
    """The field set of {name: value}, or "" if no value is known; `taken` are the keys of tags.

    A field with a tag's key gets "_1" behind it: most databases have both as columns of one table.
    """
    parts = []
    for name in values:
        text = _value(values[name])
        if text is not None:
            while name in taken:
                name += "_1"
                while name in values:
                    name += "_1"
            parts.append(_name(name) + "=" + text)
    return ",".join(parts)
