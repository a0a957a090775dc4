# SPDX-License-Identifier: MIT
"""The sources of accelerations: a chip whose FIFO keeps them until they are fetched, or a
recording."""

import asyncio
import time
from array import array

import uctypes

from machine import I2C

from ... import log
from ...errors import Fault
from ...files.npy import NpyError, Reader
from ..i2c import driver
from .chip import FOLDER, IIO

AXES = 3
MOST_ROWS = 256  # at a time

_SHORTEST_WAIT_MS = 10
_AGAIN_MS = 2
# Each fetch costs more than the rows that it brings.
_LONGEST_WAIT_MS = 500
# The noise of a live chip changes its last bits; a coarse one lying still may take a while.
_STUCK_MS = 60000
_CONSTANT_ROWS = 4  # of zeros or ones, which no chip gives while there is gravity


class Recording:
    """A .npy file, int16, N x 3, read at its own pace or as fast as it goes."""

    gaps = 0

    def __init__(self, path, rate_hz, real_time):
        """Raises Fault if the file is no such recording, OSError if it cannot be read."""
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

        At its own pace it comes back in time for the `wanted`-th row, as a chip would.
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
        self._i2c = None
        arguments = {"range": settings["range"], "rate": self._rate_hz}
        if settings["driver"] == IIO:
            from .iio import IIOAccelerometer

            self._driver = IIOAccelerometer(settings["device"], **arguments)
        else:
            self._i2c = I2C(settings["bus"])
            self._driver = driver.make(
                FOLDER, settings["driver"], self._i2c, settings["address"], arguments, True
            )
        self._wait_ms = 0
        self._last = None
        self._changed_ms = time.ticks_ms()
        self.gaps = 0

    async def start(self):
        await self._driver.start()
        # A third full: the next fetch may be as late again, and once more.
        wait_ms = self._driver.capacity * 1000 // self._rate_hz // 3
        self._wait_ms = min(max(wait_ms, _SHORTEST_WAIT_MS), _LONGEST_WAIT_MS)
        self._changed_ms = time.ticks_ms()

    async def read(self, samples, wanted):
        """Waits for rows of x, y, z, int16, where 32768 is the range; returns how many.

        It comes back in time for the `wanted`-th row, on which somebody waits.
        """
        # Since the last row came some time has passed, nobody knows how much.
        wait_ms = min(self._wait_ms, (wanted - 1) * 1000 // self._rate_hz)
        while True:
            await asyncio.sleep_ms(max(wait_ms, _AGAIN_MS))
            n = self._driver.read_samples(samples)
            if n is None:
                self.gaps += 1
                self._driver.restart()
            elif n:
                self._require_change(memoryview(samples)[: AXES * n])
                return n
            wait_ms = _AGAIN_MS

    def _require_change(self, rows):
        """Raises Fault when the values cannot be those of a chip that measures."""
        first = rows[:AXES]
        if len(rows) >= AXES * _CONSTANT_ROWS and rows[AXES:] == rows[:-AXES]:
            for value in (0, -1):
                if all(axis == value for axis in first):
                    raise Fault(
                        "the accelerometer gives only %s, without gravity: is the bus stuck?"
                        % ("ones" if value else "zeros")
                    )
        if rows[AXES:] != rows[:-AXES] or self._last is None or first != self._last:
            self._last = array("h", rows[-AXES:])
            self._changed_ms = time.ticks_ms()
        elif time.ticks_diff(time.ticks_ms(), self._changed_ms) > _STUCK_MS:
            raise Fault(
                "the accelerometer has given the very same values for %d s: it is stuck"
                % (_STUCK_MS // 1000)
            )

    def close(self):
        if self._i2c is not None:
            self._i2c.deinit()
        else:
            self._driver.close()


def source(settings):
    """What a sensor's settings name: its recording, or else its accelerometer.

    It has `start()` and `read(samples, wanted)`, both to be awaited, `gaps` and `close()`. Raises
    Fault or OSError if it is not there.
    """
    if settings["replay"]:
        return Recording(settings["replay"], settings["rate"], settings["replay_speed"] == "real")
    return Accelerometer(settings)
