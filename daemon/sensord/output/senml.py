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


class Names:
    """The names of one sensor's records, which stay the same from its first reading on."""

    def __init__(self, quantity_of=quantities.find):
        """`quantity_of(name)` gives the Quantity of a field, or None."""
        self._quantity_of = quantity_of
        self._known = {}  # {(field, whether its value is a number): (name, Quantity or None)}
        self._taken = {"id", "time_synchronized"}

    def of(self, field, is_number):
        """(name of the record, Quantity or None) of a field; only a number has a Quantity."""
        key = (field, is_number)
        found = self._known.get(key)
        if found is None:
            quantity = self._quantity_of(field) if is_number else None
            name = field if quantity is None else quantity.short_name
            found = self._known[key] = self._unique(_clean(name)), quantity
        return found

    def _unique(self, clean):
        """The name, with a number added if another field already has it."""
        found, n = clean, 1
        while found in self._taken:
            n += 1
            found = "%s_%d" % (clean, n)
        self._taken.add(found)
        return found


def fields_text(fields, names=None):
    """The records that follow the head, as bytes.

    Unknown values are left out, since SenML has no form for them. `names` is the sensor's Names,
    new ones if not given.
    """
    names = names or Names()
    parts = []
    for name, value in fields:
        record = None if value is None else _record(name, value, names)
        if record is not None:
            parts.append(record)
    parts.append("]")
    return utf8("".join(parts))


def _record(name, value, names):
    if isinstance(value, bool):
        name, form = names.of(name, False)[0], '"vb":'
    elif isinstance(value, str):
        name, form = names.of(name, False)[0], '"vs":'
    else:
        form = '"v":'
        name, quantity = names.of(name, True)
        if quantity is not None:
            if quantity.factor != 1:
                value *= quantity.factor
            if quantity.senml_unit is not None:
                form = '"u":"%s","v":' % quantity.senml_unit
        # After the factor: 1e308 kW is more W than a number can be.
        if value - value != 0:
            return None
    return ',{"n":"%s",%s%s}' % (name, form, value_text(value))
