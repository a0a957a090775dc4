# SPDX-License-Identifier: MIT
"""machine.Timer: timed callbacks from the asyncio loop.

| MicroPython | on Linux |
|---|---|
| Timer(id, …)   | any id: every Timer is a timerfd of its own |
| mode           | ONE_SHOT, PERIODIC |
| freq, period   | Hz; ms, to the microsecond. The period does not drift |
| callback       | called with the Timer, by a task of the asyncio loop: never between two statements of other code, nor while that blocks or no loop runs |
| hard           | False |
| deinit()       | stops it, also from its callback |

Expirations while the loop is busy become one call; `expired` counts them all. An exception in a
callback ends its Timer and goes to the loop's exception handler.
"""  # noqa: E501

import asyncio

from linux import events
from linux.files import readable

_NS_PER_MS = 1000000
_NS_PER_S = 1000000000


class Timer:
    ONE_SHOT = 0
    PERIODIC = 1

    def __init__(self, id=-1, **settings):
        """Makes the timer and, if settings are given, starts it as init() does."""
        self.id = id
        self.expired = 0
        self._file = None
        self._task = None
        self._text = "Timer(%r)" % (id,)
        if settings:
            self.init(**settings)

    def init(self, *, mode=PERIODIC, freq=-1, period=-1, callback=None, hard=False):
        """Starts anew: `callback(timer)` once or each period. ValueError for bad settings."""
        if mode not in (Timer.ONE_SHOT, Timer.PERIODIC):
            raise ValueError("Timer: mode must be ONE_SHOT or PERIODIC")
        if hard:
            raise ValueError("Timer: hard must be False, Linux interrupts no program")
        if callback is not None and not callable(callback):
            raise ValueError("Timer: callback must be a function")
        if freq > 0:
            interval_ns = round(_NS_PER_S / freq)
        elif period > 0:
            interval_ns = round(period * _NS_PER_MS)
        else:
            raise ValueError("Timer: freq or period must be positive")
        self.deinit()
        self._callback = callback
        self._text = "Timer(%r, mode=%d, period=%s ms)" % (
            self.id, mode, interval_ns / _NS_PER_MS,
        )  # fmt: skip
        periodic = mode == Timer.PERIODIC
        fd = events.timerfd(interval_ns, interval_ns if periodic else 0)
        self._file = open(fd, "rb")
        self._task = asyncio.create_task(self._run(self._file, periodic))

    def __repr__(self):
        return self._text

    async def _run(self, file, periodic):
        count = bytearray(8)
        try:
            # A new init() opens another file, which ends this task.
            while file is self._file:
                await readable(file)
                if not file.readinto(count):
                    continue
                self.expired += int.from_bytes(count, "little")
                if self._callback:
                    self._callback(self)
                if not periodic:
                    break
        finally:
            file.close()
            if file is self._file:
                self._file = self._task = None

    def deinit(self):
        """Stops the timer. Idempotent."""
        task, file = self._task, self._file
        self._task = self._file = None
        if task is not None and task is not asyncio.core.cur_task:
            task.cancel()
        if file is not None:
            file.close()
