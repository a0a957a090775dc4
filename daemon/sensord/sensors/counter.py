# SPDX-License-Identifier: MIT
"""type = "gpio": edges of a pin counted, as of rain gauges, energy meters and reed contacts."""

import asyncio

from machine import Pin

from .pace import Pace

_GRACE_MS = 30000
_PULLS = {"up": Pin.PULL_UP, "down": Pin.PULL_DOWN, "none": None}
_EDGES = {
    "rising": Pin.IRQ_RISING,
    "falling": Pin.IRQ_FALLING,
    "both": Pin.IRQ_RISING | Pin.IRQ_FALLING,
}


class CounterSensor:
    def __init__(self, settings):
        self._settings = settings
        self.deadline_ms = settings["interval"] + _GRACE_MS
        self._total = 0
        self._count = 0

    def _edge(self, _pin):
        self._count += 1

    async def run(self, output):
        settings = self._settings
        pin = Pin(settings["pin"], Pin.IN, _PULLS[settings["pull"]])
        try:
            pin.irq(self._edge, _EDGES[settings["edge"]], debounce=settings["debounce"])
            pace = Pace(settings["interval"])
            lost = 0
            output.beat()
            while True:
                await pace.next()
                # The last edges of the interval are in the kernel; they are this interval's.
                await asyncio.sleep_ms(0)
                output.beat()
                count, self._count = self._count, 0
                # What the kernel could not keep was counted by it.
                count += pin.lost_edges - lost
                lost = pin.lost_edges
                self._total += count
                output.reading(self._fields(count, pin()))
        finally:
            pin.deinit()

    def _fields(self, count, state):
        settings = self._settings
        name = settings["field"]
        fields = [("count", count), ("total", self._total), ("state", state)]
        if name is not None:
            fields.append((name, count * settings["scale"]))
            fields.append((name + "_total", self._total * settings["scale"]))
        return fields
