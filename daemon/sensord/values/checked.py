# SPDX-License-Identifier: MIT
"""The check that every reading passes: what can be true goes on, the rest becomes null."""

from .field import NUMBER, TEXT, Invalid
from .number import number

# The reading's own names on the wire; output/reading.py and output/senml.py write them.
RESERVED = ("time", "id", "time_synchronized")
# A program that makes up new names for ever must not fill the memory: other parts keep each name.
_MOST_FIELDS = 1000
_MOST_NAME_BYTES = 32768
_MOST_NAMED = 40  # in a message
_MOST_REFUSED = 100  # names that are told
_SHOWN = 100  # characters of one
_LARGEST_INTEGER = 1 << 63


def _log(text):
    # Imported when needed: the check itself runs in any interpreter.
    from .. import log

    log.warning(text)


class CheckedValues:
    """The check of one sensor's readings.

    Attributes: troubles, {field: reason} of what was wrong with the last reading; left_out, how
    many fields were left out because the sensor had too many names before.
    """

    def __init__(self, sensor, declared=(), tables=None, warn=None):
        """`declared` are the Fields that the input declares, `tables` the checked
        [sensor.NAME.values.FIELD] tables by field; `warn(text)` is called once for each thing
        that is not published, the log if not given."""
        self._sensor = sensor
        self._warn = _log if warn is None else warn
        self._tables = tables or {}
        self._limits = {field.name: field.valid for field in declared if field.valid is not None}
        self._calibrations = _calibrations(self._tables)
        self._names = None  # of the last reading, if they were right
        self._known = None  # of all readings from the second on with other names
        self._known_bytes = 0
        self._had_names = False
        self._refused = set()
        self._is_first = bool(self._tables)
        self.troubles = {}
        self.left_out = 0

    def check(self, fields):
        """The reading that is published for `fields`, a sequence of (name, value).

        A list of (name, value) in the same order: names once each and none that the reading uses
        itself; values are None, bool, str, and numbers that are finite and within the limits.
        """
        names = [name for name, _ in fields]
        if names != self._names:
            fields = self._named(fields)
            # A sensor has the same fields in each reading: they are not looked at again.
            self._names = names if len(fields) == len(names) else None
        self.troubles = {}
        checked = []
        unlimited = not self._tables
        for name, value in fields:
            # Most values are floats without limits: they need no call.
            if not (
                unlimited
                and isinstance(value, float)
                and value - value == 0
                and name not in self._limits
            ):
                value = self._value(name, value)
            checked.append((name, value))
        return checked

    def _named(self, fields):
        """The fields whose names can stand in a reading, once each."""
        kept = []
        seen = set()
        if self._had_names and self._known is None:
            self._known = set()
        self._had_names = True
        for name, value in fields:
            if name in seen or not name or name in RESERVED:
                self._refuse(name, name in seen)
                continue
            if not self._is_known(name, len(kept)):
                self.left_out += 1
                continue
            seen.add(name)
            kept.append((name, value))
        if self._is_first and seen:
            self._is_first = False
            self._warn_of_missing(seen)
        return kept

    def _is_known(self, name, before):
        """Whether a name is one of those that there may be; `before` are in the reading."""
        if self._known is None:
            return before < _MOST_FIELDS
        if name in self._known:
            return True
        if len(self._known) >= _MOST_FIELDS or self._known_bytes + len(name) > _MOST_NAME_BYTES:
            return False
        self._known.add(name)
        self._known_bytes += len(name)
        return True

    def _warn_of_missing(self, names):
        """Warns of each [sensor.NAME.values.FIELD] without a field: `check` cannot know all
        fields."""
        there = ", ".join(sorted(names)[:_MOST_NAMED])
        for field in sorted(self._tables):
            if field not in names:
                self._warn(
                    '%s: [sensor.%s.values.%s]: it has no field "%s"; it has %s'
                    % (self._sensor, self._sensor, field, field, there)
                )

    def _refuse(self, name, twice):
        name = name[:_SHOWN]
        if name in RESERVED:
            text = 'the field "%s" is left out: each reading has a field of that name' % name
        elif not name:
            text = "a field without a name is left out"
        else:
            text = 'a field came twice as "%s": the first one counts' % name
        if name not in self._refused and len(self._refused) < _MOST_REFUSED:
            self._refused.add(name)
            self._warn("%s: %s" % (self._sensor, text))

    def _value(self, name, value):
        if name in self._tables:
            kind = self._tables[name]["kind"]
            if kind is not None:
                value = _as_kind(kind, value)
        if value is None or isinstance(value, (bool, str)):
            return value
        reason = self._reason(name, value)
        if reason is None and name in self._calibrations:
            value = self._calibrations[name](value)
            if value - value != 0:
                reason = "the calibrated value is not a finite number"
        if reason is None:
            reason = self._doubt(name, value)
        if reason is None:
            return value
        self.troubles[name] = reason
        return None

    def _doubt(self, name, value):
        """Why a calibrated value cannot be true, or None."""
        if name in self._tables and self._tables[name]["valid"] is not None:
            low, high = self._tables[name]["valid"]
            if not low <= value <= high:
                return "%.15g is outside valid = [%.15g, %.15g]" % (value, low, high)
        return None

    def _reason(self, name, value):
        """Why a value is none as the sensor gave it, or None."""
        if isinstance(value, Invalid):
            return value.reason
        if not isinstance(value, (int, float)):
            return "the value is neither a number nor a text"
        if value - value != 0:
            return "the value is not a finite number"
        if isinstance(value, int) and not -_LARGEST_INTEGER <= value < _LARGEST_INTEGER:
            return "the integer does not fit into 64 bits"
        if name in self._limits:
            low, high = self._limits[name]
            if not low <= value <= high:
                text = "%.15g is outside %.15g to %.15g, the range of the sensor"
                return text % (value, low, high)
        return None


def _calibrations(tables):
    """{field: function} of the fields that are calibrated."""
    found = {}
    for field, table in tables.items():
        if any(table.get(key) is not None for key in ("points", "scale", "offset")):
            # Imported when needed: few sensors are calibrated.
            from .steps.calibration import calibration

            found[field] = calibration(table)
    return found


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
