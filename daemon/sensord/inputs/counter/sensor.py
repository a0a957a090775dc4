# SPDX-License-Identifier: MIT
"""type = "gpio": edges of a pin counted, as of rain gauges, energy meters and reed contacts."""

import asyncio

from machine import Pin

from ...errors import Fault
from ..interval import Interval

_GRACE_MS = 30000
_PULLS = {"up": Pin.PULL_UP, "down": Pin.PULL_DOWN, "none": None}
_EDGES = {
    "rising": Pin.IRQ_RISING,
    "falling": Pin.IRQ_FALLING,
    "both": Pin.IRQ_RISING | Pin.IRQ_FALLING,
}


class Sensor:
    def __init__(self, settings):
        self._settings = settings
        self.deadline_ms = settings["interval"] + _GRACE_MS
        self._lost = 0

    def _pin(self):
        settings = self._settings
        try:
            return Pin(settings["pin"], Pin.IN, _PULLS[settings["pull"]])
        except ValueError as error:
            # No such line: only the chip knows how many it has and what they are called.
            raise Fault(str(error))

    async def run(self, output):
        settings = self._settings
        # Counts belong to the sensor's name and not to this object: they outlive a fault, and a
        # reload with other settings.
        counts = output.carry
        counts.setdefault("count", 0)
        counts.setdefault("total", 0)
        pin = self._pin()

        def edge(_pin):
            counts["count"] += 1

        try:
            self._lost = pin.lost_edges
            pin.irq(edge, _EDGES[settings["edge"]], debounce=settings["debounce"])
            output.beat()
            await self._count(pin, counts, output)
        finally:
            # At a stop, the edges since the last interval.
            self._take_lost(pin, counts)
            if counts["count"] and output.is_stopping:
                output.reading(self._fields(counts, None))
            pin.deinit()

    async def _count(self, pin, counts, output):
        interval = Interval(self._settings["interval"])
        while True:
            await interval.next()
            # The last edges of the interval are in the kernel; they are this interval's.
            await asyncio.sleep_ms(0)
            output.beat()
            self._take_lost(pin, counts)
            output.reading(self._fields(counts, pin()))

    def _take_lost(self, pin, counts):
        # The kernel counted the edges that it could not keep.
        counts["count"] += pin.lost_edges - self._lost
        self._lost = pin.lost_edges

    def _fields(self, counts, state):
        settings = self._settings
        name = settings["field"]
        count, counts["count"] = counts["count"], 0
        counts["total"] += count
        fields = [("count", count), ("total", counts["total"]), ("state", state)]
        if name is not None:
            fields.append((name, count * settings["scale"]))
            fields.append((name + "_total", counts["total"] * settings["scale"]))
        return fields
