# SPDX-License-Identifier: MIT
"""type = "gpio": edges of a pin counted, as of rain gauges, energy meters and reed contacts."""

import asyncio

from machine import Pin

from ...errors import Fault
from ..interval import Interval
from .total import KeptTotal

_GRACE_MS = 30000
_BATCH = 64  # edges in a row
_REST_MS = 20
_PULLS = {"up": Pin.PULL_UP, "down": Pin.PULL_DOWN, "none": None}
_EDGES = {
    "rising": Pin.IRQ_RISING,
    "falling": Pin.IRQ_FALLING,
    "both": Pin.IRQ_RISING | Pin.IRQ_FALLING,
}


class Sensor:
    def __init__(self, settings):
        self._settings = settings
        self.first_ms = settings["interval"]
        self.deadline_ms = self.first_ms + _GRACE_MS
        self._lost = 0
        self._kept = None

    def _pin(self):
        settings = self._settings
        try:
            return Pin(settings["pin"], Pin.IN, _PULLS[settings["pull"]])
        except ValueError as error:
            # No such line: only the chip knows how many it has and what they are called.
            raise Fault(str(error))

    async def run(self, output):
        # Counts belong to the sensor's name and not to this object: they outlive a fault, and a
        # reload with other settings.
        counts = output.carry
        counts.setdefault("count", 0)
        if self._settings["keep"]:
            self._kept = KeptTotal(self._settings)
            counts["total"] = self._kept.start(counts.get("total"))
        counts.setdefault("total", 0)
        pin = self._pin()
        telling = None
        try:
            self._lost = pin.lost_edges
            output.beat()
            telling = asyncio.create_task(self._tell(pin, counts, output))
            await self._watch(pin, counts)
        finally:
            if telling is not None:
                telling.cancel()
            state = await self._take_rest(pin, counts)
            # At a stop, the edges since the last interval.
            if counts["count"] and output.is_stopping:
                output.reading(self._fields(counts, state))
            if self._kept is not None and output.is_stopping:
                self._kept.save(counts["total"])
            pin.deinit()

    async def _watch(self, pin, counts):
        """Counts edges; raises OSError when the chip is gone."""
        trigger, debounce = _EDGES[self._settings["edge"]], self._settings["debounce"]
        while True:
            for _ in range(_BATCH):
                await pin.edge(trigger, debounce)
                counts["count"] += 1
            # A pin that never rests leaves the other sensors their turn.
            await asyncio.sleep_ms(0)

    async def _tell(self, pin, counts, output):
        """Makes a reading at each interval."""
        interval = Interval(self._settings["interval"])
        try:
            while True:
                await interval.next()
                # The last edges of the interval are in the kernel; they are this interval's.
                await asyncio.sleep_ms(0)
                output.beat()
                state = pin()
                self._take_lost(pin, counts)
                output.reading(self._fields(counts, state))
                if self._kept is not None:
                    self._kept.keep(counts["total"])
        except OSError:
            # The chip is gone: that ends _watch() as well, which says so.
            return

    async def _take_rest(self, pin, counts):
        """Takes the edges that the kernel still has; returns the pin's state, None without it."""
        try:
            await asyncio.wait_for_ms(self._watch(pin, counts), _REST_MS)
        except asyncio.TimeoutError:
            # There are no more.
            self._take_lost(pin, counts)
        except OSError:
            return None
        return pin()

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
