# SPDX-License-Identifier: MIT
"""The sources of accelerations: a chip with a FIFO, or a recording."""

import asyncio
import time
from array import array

import uctypes

from ... import log
from ...errors import Fault
from ...files.npy import NpyError, Reader
from ..i2c import driver
from ..i2c.bus import Bus
from .chip import FOLDER, IIO

AXES = 3
MOST_ROWS = 256  # at a time

_SHORTEST_WAIT_MS = 10
_AGAIN_MS = 2
# Before the next try: at once for samples that are not there yet, later after each failure.
_PAUSES_MS = (_AGAIN_MS, 10, 20, 100, 300)
# Each fetch costs more than the rows that it brings.
_LONGEST_WAIT_MS = 500
# The noise of a live chip changes its last bits; a coarse one lying still may take a while.
_STUCK_MS = 60000
_SILENT_MS = 5000  # without a sample; at most 10 periods longer
# Values that stand still and are less than this show no gravity: zeros, or ones in a chip's bits.
_CONSTANT_ROWS, _GRAVITY_G, _FULL_SCALE = 4, 0.25, 32768


class Recording:
    """A .npy file, int16, N x 3, read at its own speed or as fast as possible."""

    gaps = 0

    def __init__(self, path, rate_hz, real_time):
        """Raises Fault if the file is not such a recording, OSError if it cannot be read."""
        self._path = path
        self._rate_hz = rate_hz
        try:
            self._reader = Reader(path, "<i2", AXES)
        except NpyError as error:
            raise Fault("recording %s %s" % (path, error))
        self._rows = MOST_ROWS
        self._due_ms = None
        if real_time:
            self._rows = max(1, min(MOST_ROWS, rate_hz * _LONGEST_WAIT_MS // 1000))
            self._due_ms = time.ticks_ms()

    async def start(self):
        pass

    async def read(self, samples, wanted):
        """Fills the int16 array with rows of x, y, z; returns how many, 0 at the end.

        At its own speed it returns in time for the `wanted`-th row, as a chip would.
        """
        rows = self._rows if self._due_ms is None else min(self._rows, wanted)
        view = memoryview(samples)[: AXES * rows]
        n = self._reader.readinto(_bytes_of(view))
        if self._reader.truncated:
            log.warning("recording %s is cut short: what is there is used" % self._path)
            self._reader.truncated = False
        if self._due_ms is None:
            await asyncio.sleep_ms(0)
        else:
            self._due_ms = time.ticks_add(self._due_ms, n * 1000 // self._rate_hz)
            await asyncio.sleep_ms(max(0, time.ticks_diff(self._due_ms, time.ticks_ms())))
        return n

    def close(self):
        self._reader.close()


def _bytes_of(view):
    return uctypes.bytearray_at(uctypes.addressof(view), 2 * len(view))


class Accelerometer:
    """Attribute: gaps, how often samples were lost because they were not fetched in time."""

    def __init__(self, settings):
        self._rate_hz = settings["rate"]
        self._little = _FULL_SCALE * _GRAVITY_G / settings["range"]
        self._i2c = None
        arguments = {"range": settings["range"], "rate": self._rate_hz}
        if settings["driver"] == IIO:
            from .iio import IIOAccelerometer

            self._driver = IIOAccelerometer(settings["device"], settings["name"], **arguments)
        else:
            self._i2c = Bus(settings["bus"])
            self._driver = driver.make(
                FOLDER, settings["driver"], self._i2c, settings["address"], arguments, True
            )
        self._wait_ms = 0
        self._last = None
        self._same = 0  # how many rows in a row were the last one
        self._changed_ms = self._came_ms = time.ticks_ms()
        self._is_lost = False  # a gap, and no samples since
        self._is_unsure = False  # a fetch failed, and the FIFO was not emptied since
        self._failures = 0
        self.gaps = 0

    async def start(self):
        await self._driver.start()
        # A third full: the next fetch may be as late again, and once more.
        wait_ms = self._driver.capacity * 1000 // self._rate_hz // 3
        self._wait_ms = min(max(wait_ms, _SHORTEST_WAIT_MS), _LONGEST_WAIT_MS)
        self._changed_ms = self._came_ms = time.ticks_ms()

    async def read(self, samples, wanted):
        """Waits for rows of x, y, z, int16, where 32768 is the range; returns how many.

        It returns in time for the `wanted`-th row, for which the caller waits. Raises Fault if
        none come or a chip that measures cannot give them, OSError after repeated failures.
        """
        # An unknown time has passed since the last row.
        wait_ms = min(self._wait_ms, (wanted - 1) * 1000 // self._rate_hz)
        while True:
            await asyncio.sleep_ms(max(wait_ms, _AGAIN_MS))
            n = self._fetch(samples)
            if n:
                self._require_change(memoryview(samples)[: AXES * n])
                return n
            self._require_samples()
            wait_ms = _PAUSES_MS[self._failures]

    def _fetch(self, samples):
        """How many rows came, 0 for none."""
        try:
            n = None if self._is_unsure else self._driver.read_samples(samples)
            if n is None:
                self._lose()
                self._driver.restart()
                self._is_unsure = False
                return 0
        except OSError:
            # It may have lost any number of samples.
            self._is_unsure = True
            self._failures += 1
            if self._failures == len(_PAUSES_MS):
                raise
            return 0
        self._failures = 0
        if n:
            self._is_lost = False
            self._came_ms = time.ticks_ms()
        return n

    def _lose(self):
        # All until the next row are one gap.
        self.gaps += 0 if self._is_lost else 1
        self._is_lost = True

    def _require_samples(self):
        """Raises Fault when the chip should have given samples long ago."""
        waited_ms = time.ticks_diff(time.ticks_ms(), self._came_ms)
        if waited_ms > _SILENT_MS + 10000 // self._rate_hz:
            raise Fault(
                "the accelerometer has given no samples for %d s: is the bus stuck, or its supply "
                "off?" % (waited_ms // 1000)
            )

    def _require_change(self, rows):
        """Raises Fault when the values cannot be those of a chip that measures."""
        first = rows[:AXES]
        n = len(rows) // AXES
        if rows[AXES:] != rows[:-AXES]:
            self._same = 1
        elif self._last is None or first != self._last:
            self._same = n
        else:
            self._same += n
            if time.ticks_diff(time.ticks_ms(), self._changed_ms) > _STUCK_MS:
                raise Fault(
                    "the accelerometer has given the very same values for %d s: it is stuck"
                    % (_STUCK_MS // 1000)
                )
            self._require_gravity(first)
            return
        self._last = array("h", rows[-AXES:])
        self._changed_ms = time.ticks_ms()
        self._require_gravity(first)

    def _require_gravity(self, row):
        if self._same < _CONSTANT_ROWS or any(abs(axis) > self._little for axis in row):
            return
        what = "zeros"
        if any(row):
            what = "ones" if all(axis == row[0] for axis in row) else "the same values"
        raise Fault("the accelerometer gives only %s, without gravity: is the bus stuck?" % what)

    def close(self):
        if self._i2c is not None:
            self._i2c.deinit()
        else:
            self._driver.close()


def source(settings):
    """The source in a sensor's settings: its recording, or else its accelerometer.

    It has `start()` and `read(samples, wanted)`, both to be awaited, `gaps` and `close()`. Raises
    Fault or OSError if it is not there.
    """
    if settings["replay"]:
        return Recording(settings["replay"], settings["rate"], settings["replay_speed"] == "real")
    return Accelerometer(settings)
