# SPDX-License-Identifier: MIT
"""The last reading of each sensor, sent again after its entities were announced.

Home Assistant listens to a sensor only once it knows its entities, and readings are not retained:
without this, an entity would have no value until the next reading. The reading has the same id
each time.
"""

import time


class Repeats:
    """Attribute: due, whether some reading is to be sent again."""

    def __init__(self, outbox, publish):
        """`outbox` is the Outbox of the readings; `publish(topic, reading)` sends one that
        reading() got."""
        self._outbox = outbox
        self._publish = publish
        self._last = {}  # by sensor: (ticks, number in the outbox, topic, reading)
        self._wanted = {}  # by sensor: ticks from which on its listener is there

    def reading(self, sensor, number, topic, reading):
        """Notes a reading that was just added to the outbox under a number."""
        self._last[sensor] = (time.ticks_ms(), number, topic, reading)

    def forget(self, sensors):
        """Forgets those that are not among `sensors`."""
        for name in list(self._last):
            if name not in sensors:
                del self._last[name]
                self._wanted.pop(name, None)

    def want(self, sensor, delay_ms):
        """A sensor's entities were announced: its last reading is due after a delay, if there is
        no newer one by then."""
        self._wanted[sensor] = time.ticks_add(time.ticks_ms(), delay_ms)

    @property
    def due(self):
        return bool(self._wanted)

    def send(self):
        """Sends what is due. A reading that has not left yet, or had no answer, stays due: it
        comes after the announcement anyway, or comes again."""
        now = time.ticks_ms()
        for sensor, listens_ms in list(self._wanted.items()):
            if time.ticks_diff(now, listens_ms) < 0:
                continue
            last = self._last.get(sensor)
            if last is not None and time.ticks_diff(last[0], listens_ms) < 0:
                if last[1] >= self._outbox.front:
                    continue
                self._publish(last[2], last[3])
            del self._wanted[sensor]
