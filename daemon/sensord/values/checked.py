# SPDX-License-Identifier: MIT
"""The check that every reading passes: what can be true goes on, the rest becomes null."""

from .field import NUMBER, TEXT, Invalid
from .number import number

# The reading's own names on the wire; output/reading.py and output/senml.py write them.
RESERVED = ("time", "id", "time_synchronized")
# A program that makes up new names for ever must not fill the memory.
_MOST_FIELDS = 1000
_MOST_NAMED = 40  # in a message
_LARGEST_INTEGER = 1 << 63


def _log(text):
    # Imported when needed: the check itself runs in any interpreter.
    from .. import log

    log.warning(text)


class CheckedValues:
    """The check of one sensor's readings.

    Attribute: troubles, {field: reason} of what was wrong with the last reading.
    """

    def __init__(self, sensor, declared=(), tables=None, warn=None):
        """`declared` are the Fields that the input declares, `tables` the checked
        [sensor.NAME.values.FIELD] tables by field; `warn(text)` is called once for each thing
        that is not published, the log if not given."""
        self._sensor = sensor
        self._warn = _log if warn is None else warn
        self._declared = {field.name: field for field in declared}
        self._tables = tables or {}
        self._refused = set()
        self._is_first = bool(self._tables)
        self.troubles = {}

    def check(self, fields):
        """The reading that is published for `fields`, a sequence of (name, value).

        A list of (name, value) in the same order: names once each and none that the reading uses
        itself; values are None, bool, str, and numbers that are finite and within the limits.
        """
        self.troubles = {}
        checked = []
        seen = set()
        for name, value in fields:
            if name in seen or not name or name in RESERVED or len(checked) >= _MOST_FIELDS:
                self._refuse(name, name in seen)
                continue
            seen.add(name)
            checked.append((name, self._value(name, value)))
        if self._is_first and seen:
            self._is_first = False
            self._tell_missing(seen)
        return checked

    def _tell_missing(self, names):
        """Says which [sensor.NAME.values.FIELD] have no field: `check` cannot know all fields."""
        there = ", ".join(sorted(names)[:_MOST_NAMED])
        for field in sorted(self._tables):
            if field not in names:
                self._warn(
                    '%s: [sensor.%s.values.%s]: it has no field "%s"; it has %s'
                    % (self._sensor, self._sensor, field, field, there)
                )

    def _refuse(self, name, twice):
        if name in RESERVED:
            text = 'the field "%s" is left out: each reading has a field of that name' % name
        elif not name:
            text = "a field without a name is left out"
        elif twice:
            text = 'a field came twice as "%s": the first one counts' % name
        else:
            name, text = None, "fields beyond %d are left out" % _MOST_FIELDS
        if name not in self._refused and len(self._refused) < _MOST_FIELDS:
            self._refused.add(name)
            self._warn("%s: %s" % (self._sensor, text))

    def _value(self, name, value):
        table = self._tables.get(name)
        if table is not None and table["kind"] is not None:
            value = _as_kind(table["kind"], value)
        if value is None or isinstance(value, (bool, str)):
            return value
        if isinstance(value, (int, float)):
            value = self._within(name, value, table)
        elif not isinstance(value, Invalid):
            value = Invalid("it is neither a number, a text nor true or false")
        if isinstance(value, Invalid):
            self.troubles[name] = value.reason
            return None
        return value

    def _within(self, name, value, table):
        if value - value != 0:
            return Invalid("the value is not a finite number")
        if isinstance(value, int) and not -_LARGEST_INTEGER <= value < _LARGEST_INTEGER:
            return Invalid("the integer does not fit into 64 bits")
        field = self._declared.get(name)
        if field is not None and field.valid is not None:
            low, high = field.valid
            if not low <= value <= high:
                return Invalid(
                    "%.15g is outside %.15g to %.15g, which it can measure" % (value, low, high)
                )
        if table is not None and table["valid"] is not None:
            low, high = table["valid"]
            if not low <= value <= high:
                return Invalid("%.15g is outside valid = [%.15g, %.15g]" % (value, low, high))
        return value


def _as_kind(kind, value):
    if kind == NUMBER and isinstance(value, bool):
        return Invalid("%s is no number" % ("true" if value else "false"))
    if kind == NUMBER and isinstance(value, str):
        found = number(value.strip())
        return Invalid("%r is no number" % value[:40]) if found is None else found
    if kind == TEXT and not (value is None or isinstance(value, (str, Invalid))):
        if isinstance(value, bool):
            return "true" if value else "false"
        return "%.15g" % value if isinstance(value, float) else str(value)
    return value
