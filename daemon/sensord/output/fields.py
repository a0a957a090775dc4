# SPDX-License-Identifier: MIT
"""The fields of the sensors: what their inputs declare, and what their readings show."""

import asyncio

from ..values.field import BOOLEAN, NUMBER, TEXT
from . import quantities

SETTLE_MS = 2000


def kind(value):
    """BOOLEAN, TEXT or NUMBER."""
    if isinstance(value, bool):
        return BOOLEAN
    return TEXT if isinstance(value, str) else NUMBER


class Fields:
    """The fields that each sensor has shown, the kinds of their values and their quantities.

    A field is known from its first value on that is not None.

    Attribute: version, which rises with each change.
    """

    def __init__(self, on_change=None):
        """`on_change()` is called SETTLE_MS after a change, once for all changes until then."""
        self._kinds = {}  # by sensor: {name: kind}
        self._declared = {}  # by sensor: {name: quantity's name}, where an input gives one
        self._quantities = {}  # by sensor: {name: Quantity or None}, for quantities_of()
        self._on_change = on_change
        self._pending = False
        self.version = 0

    def configure(self, sensors, declared=None):
        """Takes over the sensors there are, {name: settings}, and the Fields that their inputs
        declare, {name: Fields}; what was known of others is forgotten."""
        for name in list(self._kinds):
            if name not in sensors:
                del self._kinds[name]
        for name in sensors:
            self._kinds.setdefault(name, {})
        self._declared = {
            name: {field.name: field.quantity for field in fields if field.quantity is not None}
            for name, fields in (declared or {}).items()
        }
        self._quantities = {}
        self._change()

    def reading(self, sensor, fields):
        """Learns the fields of a reading, a sequence of (name, value)."""
        known = self._kinds.get(sensor)
        if known is None:
            return
        for name, value in fields:
            if name not in known and value is not None:
                known[name] = kind(value)
                self._change()

    def of(self, sensor):
        """{name: kind} of a sensor; empty as long as it has shown none."""
        return self._kinds.get(sensor, {})

    def quantity(self, sensor, name):
        """The Quantity of a sensor's field, or None if nothing is known of it."""
        return quantities.find(name, self._declared.get(sensor, {}).get(name))

    def quantities_of(self, sensor):
        """A function of a field's name that gives its Quantity or None, and keeps it for the next
        time."""
        known = self._quantities.setdefault(sensor, {})

        def quantity_of(name):
            if name not in known:
                known[name] = self.quantity(sensor, name)
            return known[name]

        return quantity_of

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
