# SPDX-License-Identifier: MIT
"""Readings as SenML (RFC 8428): a pack of records, in JSON."""

from . import quantities
from .json_text import utf8, value_text

_NAME_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-:./_"


def _clean(name):
    """The name in the characters of section 4.5.1, beginning with a letter or digit."""
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


def fields_text(fields, quantity_of=quantities.find):
    """The records that follow the head, as bytes.

    Unknown values are left out, since SenML has no form for them. `quantity_of(name)`
    gives the Quantity of a field, or None.
    """
    parts = []
    names = {"id", "time_synchronized"}
    for name, value in fields:
        record = None if value is None else _record(name, value, quantity_of, names)
        if record is not None:
            parts.append(record)
    parts.append("]")
    return utf8("".join(parts))


def _unique(name, names):
    """The name as SenML allows it, with a number added if another field already has it."""
    clean = _clean(name)
    found, n = clean, 1
    while found in names:
        n += 1
        found = "%s_%d" % (clean, n)
    names.add(found)
    return found


def _record(name, value, quantity_of, names):
    if isinstance(value, bool):
        form = '"vb":'
    elif isinstance(value, str):
        form = '"vs":'
    else:
        form = '"v":'
        quantity = quantity_of(name)
        if quantity is not None:
            name = quantity.short_name
            if quantity.factor != 1:
                value *= quantity.factor
            if quantity.senml_unit is not None:
                form = '"u":"%s","v":' % quantity.senml_unit
        # After the factor: 1e308 kW is more W than a number can be.
        if value - value != 0:
            return None
    return ',{"n":"%s",%s%s}' % (_unique(name, names), form, value_text(value))
