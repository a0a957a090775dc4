# SPDX-License-Identifier: MIT
"""Readings as SenML (RFC 8428): a pack of records, in JSON."""

import json

# Endings of field names: what takes their place, the unit (section 12.1), the factor to it. Units
# of one letter only after the word they belong to: a label may be called class_a.
_UNITS = (
    ("temperature_c", "temperature", "Cel", 1),
    ("voltage_v", "voltage", "V", 1),
    ("current_a", "current", "A", 1),
    ("power_w", "power", "W", 1),
    ("uptime_s", "uptime", "s", 1),
    ("humidity_percent", "humidity", "%RH", 1),
    ("_percent", "", "/", 0.01),
    ("_ppm", "", "/", 1e-6),
    ("_hpa", "", "Pa", 100),
    ("_db", "", "dB", 1),
    ("_lx", "", "lx", 1),
    ("_hz", "", "Hz", 1),
    ("_mib", "", "B", 1048576),
    ("_kib", "", "B", 1024),
    ("_m_s2", "", "m/s2", 1),
    ("_mm_s", "", "m/s", 0.001),
)


def in_units(name):
    """(the name without its unit, the unit or None, what a value is multiplied by)."""
    for ending, instead, symbol, factor in _UNITS:
        if name.endswith(ending):
            return name[: -len(ending)] + instead, symbol, factor
    return name, None, 1


_NAME_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-:./_"


def _clean(name):
    """A name of section 4.5.1: it begins with a letter or digit and has no other characters."""
    text = "".join([c if c in _NAME_CHARACTERS else "_" for c in name])
    return text if text[:1] not in "-:./_" else "0" + text


def head(topic, ns, identifier, synchronized):
    """The start of a pack: its base name and time, and the reading's id as a record."""
    text = '[{"bn":"%s/","bt":%d.%03d,"n":"id","vs":"%s"}' % (
        _clean(topic),
        ns // 1000000000,
        ns // 1000000 % 1000,
        identifier,
    )
    if not synchronized:
        text += ',{"n":"time_synchronized","vb":false}'
    return text.encode()


def fields_text(fields):
    """The records that follow the head, as bytes. Values that are not known are left out, for
    SenML has no word for them; lists and objects are strings with their JSON."""
    parts = []
    for name, value in fields:
        text = _record(name, value)
        if text is not None:
            parts.append("," + text)
    parts.append("]")
    return "".join(parts).encode()


def _record(name, value):
    if value is None:
        return None
    if isinstance(value, bool):
        return '{"n":"%s","vb":%s}' % (_clean(name), "true" if value else "false")
    if isinstance(value, (int, float)):
        if value - value != 0:
            return None
        name, symbol, factor = in_units(name)
        if factor != 1:
            value *= factor
        number = "%.9g" % value if isinstance(value, float) else str(value)
        symbol = '"u":"%s",' % symbol if symbol else ""
        return '{"n":"%s",%s"v":%s}' % (_clean(name), symbol, number)
    if not isinstance(value, str):
        value = json.dumps(value)
    return '{"n":"%s","vs":%s}' % (_clean(name), json.dumps(value))
