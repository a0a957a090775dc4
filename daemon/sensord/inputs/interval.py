# SPDX-License-Identifier: MIT
"""Measurements at an interval, repeated when one of them fails."""

import asyncio
import time

from ..errors import Fault
from ..values.field import Invalid

# A loose contact or a disturbed bus fails one read of several: a sensor is faulty when it fails
# again and again. A read that takes its time to fail is not repeated for long.
_PAUSES_MS = (20, 100, 300)
_PATIENCE_MS = 2000


class Interval:
    """`await next()` returns at each interval, counted from the start: no drift."""

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


def has_invalid(fields):
    """Whether a value of a reading is Invalid."""
    return any(isinstance(value, Invalid) for _, value in fields)


def first_reason(fields):
    """Why a reading has no value at all: the reason of the first, or None if it has one."""
    reasons = [value.reason for _, value in fields if isinstance(value, Invalid)]
    if reasons and all(value is None or isinstance(value, Invalid) for _, value in fields):
        return reasons[0]
    return None


async def repeated(read, output):
    """What `await read()` gives, tried up to four times while it fails or a value is Invalid."""
    started = time.ticks_ms()
    for pause_ms in _PAUSES_MS:
        try:
            fields = await read()
            if not has_invalid(fields):
                return fields
        except (Fault, OSError):
            if time.ticks_diff(time.ticks_ms(), started) > _PATIENCE_MS:
                raise
        if time.ticks_diff(time.ticks_ms(), started) > _PATIENCE_MS:
            return fields
        output.beat()
        await asyncio.sleep_ms(pause_ms)
    return await read()


async def measure(read, interval_ms, output):
    """Delivers what `await read()` gives at each interval, for ever.

    A reading of which no value is valid is delivered and then raised as a Fault, so that the
    sensor is set up anew.
    """
    interval = Interval(interval_ms)
    while True:
        fields = await repeated(read, output)
        output.reading(fields)
        reason = first_reason(fields)
        if reason is not None:
            raise Fault(reason)
        output.beat()
        await interval.next()
