# SPDX-License-Identifier: MIT
"""The pace of a sensor that measures at intervals."""

import asyncio
import time


class Pace:
    """`await pace.next()` returns at each interval, counted from the start: no drift."""

    def __init__(self, interval_ms):
        self._interval_ms = interval_ms
        self._due = time.ticks_ms()

    async def next(self):
        self._due = time.ticks_add(self._due, self._interval_ms)
        late_ms = time.ticks_diff(time.ticks_ms(), self._due)
        if late_ms > 0:
            # After a suspend: one reading now, not one for every interval that passed.
            self._due = time.ticks_ms()
        await asyncio.sleep_ms(max(0, -late_ms))
