# SPDX-License-Identifier: MIT
"""Measurements at an interval, repeated when one of them fails."""

import asyncio
import time

from ..errors import Fault
from ..values.field import Invalid

# A loose contact or a disturbed bus fails one read of several: a sensor is faulty when it fails
# again and again. A read that fails slowly is repeated only for a short time.
_PAUSES_MS = (10, 20, 50, 100, 100, 200, 300)
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


def _doubtful(fields, limits):
    """The names of the values that are Invalid, or beyond `limits`."""
    names = set()
    for name, value in fields:
        if isinstance(value, Invalid):
            names.add(name)
        elif name in limits and isinstance(value, (int, float)):
            low, high = limits[name]
            if not low <= value <= high:
                names.add(name)
    return names


def _has_nothing(fields):
    """Whether a reading has no value at all, and an Invalid one."""
    values = [value for _, value in fields if value is not None]
    return bool(values) and all(isinstance(value, Invalid) for value in values)


async def _repeated(read, output, known, limits, patience_ms):
    """The fields that `await read()` gives. Reads again while it fails or a value is doubtful,
    except those in `known`, the names that were doubtful in the last reading already."""
    started = time.ticks_ms()
    fields = None
    for pause_ms in _PAUSES_MS + (None,):
        fault = None
        try:
            fields = await read()
            if _doubtful(fields, limits) <= known:
                return fields
        except (Fault, OSError) as error:
            fault = error
        took_ms = time.ticks_diff(time.ticks_ms(), started)
        # A bus that hangs keeps the whole daemon waiting, not only this sensor.
        longest_ms = _PATIENCE_MS if isinstance(fault, OSError) else patience_ms
        if pause_ms is None or took_ms > longest_ms:
            break
        output.beat()
        await asyncio.sleep_ms(pause_ms)
    if fields is None:
        raise fault
    return fields


async def measure_each(
    sources, interval_ms, output, restart=None, limits=None, patience_ms=_PATIENCE_MS
):
    """Delivers the readings of the functions in the list `sources()` at each interval, for ever:
    each `await read()` gives a list of (name, value), and is repeated alone while it fails.

    `await restart()` sets the sensor up anew; it is called when a reading has no valid value,
    which is then read again before it is delivered. `limits` is {field: (lowest, highest)} of
    what the sensor can measure: a value beyond it is read again, and delivered if it stays.
    """
    interval = Interval(interval_ms)
    limits = limits or {}
    known = set()

    async def all_fields():
        fields = []
        for read in sources():
            fields.extend(await _repeated(read, output, known, limits, patience_ms))
            output.beat()
        return fields

    while True:
        fields = await all_fields()
        if restart is not None and _has_nothing(fields):
            known = _doubtful(fields, limits)
            await restart()
            fields = await all_fields()
        known = _doubtful(fields, limits)
        output.reading(fields)
        output.beat()
        await interval.next()


async def measure(read, interval_ms, output, restart=None, limits=None, patience_ms=_PATIENCE_MS):
    """As measure_each(), of a single function."""
    sources = (read,)
    await measure_each(lambda: sources, interval_ms, output, restart, limits, patience_ms)
