# SPDX-License-Identifier: MIT
"""Which fields the sensors have, learned from their readings."""

import asyncio

BOOLEAN, NUMBER, TEXT = "boolean", "number", "text"
SETTLE_MS = 2000


def kind(value):
    """BOOLEAN, TEXT or NUMBER."""
    if isinstance(value, bool):
        return BOOLEAN
    return TEXT if isinstance(value, str) else NUMBER


class Fields:
    """The fields that each sensor has shown, and of which kind their values are.

    A field is known from its first value on that is not None.

    Attribute: version, which rises with each change.
    """

    def __init__(self, on_change=None):
        """`on_change()` is called SETTLE_MS after a change, once for all changes until then."""
        self._kinds = {}  # by sensor: {name: kind}
        self._on_change = on_change
        self._telling = False
        self.version = 0

    def configure(self, sensors):
        """The sensors there are, {name: settings}; what others had is forgotten."""
        for name in list(self._kinds):
            if name not in sensors:
                del self._kinds[name]
        for name in sensors:
            self._kinds.setdefault(name, {})
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

    def _change(self):
        self.version += 1
        if self._on_change is not None and not self._telling:
            self._telling = True
            asyncio.create_task(self._tell())

    async def _tell(self):
        # All sensors show their fields soon after the start, and then take one message together.
        await asyncio.sleep_ms(SETTLE_MS)
        self._telling = False
        self._on_change()
