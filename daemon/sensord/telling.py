# SPDX-License-Identifier: MIT
"""Tells the states of a sensor, in the journal and on its topic, and not too often."""

import asyncio
import time

from . import log

_MOST_LINES = 10  # of one sensor in the journal, in a row; then one in each of these
_LINE_MS = 60000
_STATE_MS = 1000


class Telling:
    """The states of one sensor.

    A sensor whose state changes with each reading must not fill the journal: after ten changes in
    a row there is a line a minute, which counts the ones before it. The topic gets at most one
    state a second, and the last one always.
    """

    def __init__(self, name, set_status):
        self._name = name
        self._set_status = set_status
        self._lines = _MOST_LINES
        self._lines_ms = self._set_ms = None
        self._untold = 0
        self._latest = None  # the state that waits for the topic

    def change(self, status):
        """Takes another state than the one before."""
        now_ms = time.ticks_ms()
        self._log(status, now_ms)
        if self._latest is not None:
            self._latest = status
            return
        passed_ms = _STATE_MS if self._set_ms is None else time.ticks_diff(now_ms, self._set_ms)
        if 0 <= passed_ms < _STATE_MS:
            self._latest = status
            asyncio.create_task(self._set_later(_STATE_MS - passed_ms))
            return
        self._set_ms = now_ms
        self._set_status(self._name, status)

    def end(self):
        """Tells the last state now, if it waits."""
        status, self._latest = self._latest, None
        if status is not None:
            self._set_status(self._name, status)

    async def _set_later(self, wait_ms):
        await asyncio.sleep_ms(wait_ms)
        self._set_ms = time.ticks_ms()
        self.end()

    def _log(self, status, now_ms):
        if self._lines < _MOST_LINES:
            passed_ms = time.ticks_diff(now_ms, self._lines_ms)
            # Below 0: the counter has wrapped around since.
            more = _MOST_LINES if passed_ms < 0 else passed_ms // _LINE_MS
            if more:
                self._lines = min(_MOST_LINES, self._lines + more)
                self._lines_ms = now_ms
        else:
            self._lines_ms = now_ms
        if not self._lines:
            self._untold += 1
            return
        self._lines -= 1
        if self._untold:
            log.warning("%s: its state changed %d times more" % (self._name, self._untold))
            self._untold = 0
        (log.info if status == "ok" else log.error)("%s: %s" % (self._name, status))
