# SPDX-License-Identifier: MIT
"""The fields of the sensors: what their inputs declare, and what their readings show."""

import asyncio

from ..values.field import BOOLEAN, NUMBER, TEXT, has_new_names
from . import quantities

SETTLE_MS = 2000
# A program that makes up new names for ever must not fill the memory.
_MOST_FIELDS = 1000


def kind(value):
    """BOOLEAN, TEXT or NUMBER."""
    if isinstance(value, bool):
        return BOOLEAN
    return TEXT if isinstance(value, str) else NUMBER


def _declared_kinds(settings, fields):
    """{name: kind} of the Fields that an input declares."""
    tables = _tables(settings)
    kinds = {}
    for field in fields:
        given = tables[field.name]["kind"] if field.name in tables else None
        if given or field.kind:
            kinds[field.name] = given or field.kind
    return kinds


def _tables(settings):
    """The [sensor.NAME.values.FIELD] tables of a sensor by the names in its readings."""
    if not has_new_names(settings):
        return settings.get("values", {})
    from ..values.steps.names import tables_by_published_name

    return tables_by_published_name(settings)


class Fields:
    """The fields that each sensor has, the kinds of their values and their quantities.

    A field that its input declares is known from the start; the first reading shows whether it is
    there. Others are known from their first value on that is not None.

    Attribute: version, which rises with each change.
    """

    def __init__(self, on_change=None):
        """`on_change()` is called SETTLE_MS after a change, once for all changes until then."""
        self._settings = {}  # by sensor
        self._kinds = {}  # by sensor: {name: kind}
        self._unread = set()  # the sensors without a reading
        self._complete = set()  # the sensors whose inputs declare their fields
        self._nulls = {}  # by sensor: the names of fields that were None in each reading
        self._declared = {}  # by sensor: {name: quantity's name}, where an input gives one
        self._tables = {}  # by sensor: {name: [sensor.NAME.values.FIELD] table}
        self._options = {}  # by sensor: {name: the texts that it can be}
        self._names = {}  # by sensor: its names in SenML
        self._on_change = on_change
        self._pending = False
        self.version = 0

    def configure(self, sensors, declared=None):
        """Takes over the sensors there are, {name: settings}, and the Fields that their inputs
        declare, {name: Fields}; what was known of others, or before a change of their settings, is
        forgotten."""
        declared = declared or {}
        for name in list(self._kinds):
            if self._settings.get(name) != sensors.get(name):
                del self._kinds[name]
                self._nulls.pop(name, None)
                self._unread.discard(name)
        for name, settings in sensors.items():
            if name not in self._kinds:
                self._unread.add(name)
                self._kinds[name] = _declared_kinds(settings, declared.get(name, ()))
        self._settings = dict(sensors)
        self._complete = {name for name in sensors if declared.get(name)}
        self._tables = {name: _tables(settings) for name, settings in sensors.items()}
        self._declared = {
            name: {field.name: field.quantity for field in fields if field.quantity is not None}
            for name, fields in declared.items()
        }
        self._options = {
            name: {field.name: field.options for field in fields if field.options is not None}
            for name, fields in declared.items()
        }
        self._names = {}
        self._change()

    def reading(self, sensor, fields):
        """Learns the fields of a reading, a sequence of (name, value)."""
        known = self._kinds.get(sensor)
        if known is None:
            return
        if sensor in self._unread:
            self._unread.remove(sensor)
            self._compare(known, dict(fields))
        for name, value in fields:
            if name not in known:
                self._learn(sensor, known, name, value)

    def _learn(self, sensor, known, name, value):
        nulls = self._nulls.setdefault(sensor, set())
        if len(known) + len(nulls) >= _MOST_FIELDS and name not in nulls:
            return
        if value is None:
            nulls.add(name)
        else:
            nulls.discard(name)
            known[name] = kind(value)
            self._change()

    def _compare(self, known, values):
        """Corrects what a sensor's input declares by its first reading."""
        for name in list(known):
            if name not in values:
                del known[name]
                self._change()
            elif values[name] is not None and kind(values[name]) != known[name]:
                known[name] = kind(values[name])
                self._change()

    def of(self, sensor):
        """{name: kind} of a sensor; empty as long as none is known."""
        return self._kinds.get(sensor, {})

    def has_read(self, sensor):
        """Whether a sensor has had a reading since its settings changed."""
        return sensor in self._kinds and sensor not in self._unread

    def are_declared(self, sensor):
        """Whether a sensor's input declares its fields."""
        return sensor in self._complete

    def nulls_of(self, sensor):
        """The names of a sensor's fields of unknown kind, since they were always None."""
        return self._nulls.get(sensor, ())

    def digits(self, sensor, name):
        """How many digits a sensor's field has behind the point, or None if that is not given."""
        return self._tables.get(sensor, {}).get(name, {}).get("digits")

    def options(self, sensor, name):
        """All texts that a sensor's field can be, or None if its input does not declare them."""
        return self._options.get(sensor, {}).get(name)

    def quantity(self, sensor, name):
        """The Quantity of a sensor's field, or None if nothing is known of it."""
        found = quantities.find(name, self._declared.get(sensor, {}).get(name))
        table = self._tables.get(sensor, {}).get(name)
        if table is None or table["unit"] is None and table["class"] is None:
            return found
        return quantities.given(name, table["unit"], table["class"], found)

    def names_of(self, sensor):
        """The senml.Names of a sensor."""
        if sensor not in self._names:
            # Imported when needed: most configurations publish JSON.
            from .senml import Names

            self._names[sensor] = Names(lambda name: self.quantity(sensor, name))
        return self._names[sensor]

    def _change(self):
        self.version += 1
        if self._on_change is not None and not self._pending:
            self._pending = True
            asyncio.create_task(self._settle())

    async def _settle(self):
        # All sensors show their fields soon after the start, and then take one message together.
        await asyncio.sleep_ms(SETTLE_MS)
        self._pending = False
        self._on_change()
