# SPDX-License-Identifier: MIT
"""What an output is to do, from its condition and from commands. Knows no hardware and no clock:
times are ticks in milliseconds that the caller gives."""

import time


class Decision:
    """Attributes: state, what the output is to have: True, False, a number from a command, or
    None, its safe value; due, when step() is to be called, None if nothing is due.

    A condition counts once it has held for `debounce_ms`. Then the output is on until `hold_ms`
    after its end; or, with `pulse_ms`, for so long from its beginning; or, with `toggle`, it is
    switched over by each beginning. A condition that is not known means the safe value, at once.
    A command holds until the condition next begins, ends or becomes unknown.
    """

    def __init__(self, debounce_ms=0, hold_ms=0, pulse_ms=0, toggle=False):
        self._debounce_ms, self._hold_ms, self._pulse_ms = debounce_ms, hold_ms, pulse_ms
        self._toggle = toggle
        self._seen = self._counts = None  # the condition: as it is, and as it counts
        self._since = 0
        self._off_at = None
        self.state = None
        self.due = None

    def condition(self, value, now):
        """The condition has this value now: True, False or None."""
        if value != self._seen:
            self._seen, self._since = value, now
        self.step(now)

    def command(self, value, now):
        """Sets the state; with None the condition has its say again."""
        self._off_at = None
        if value is None:
            self._automatic(now)
        else:
            self.state = value
            if value and self._pulse_ms:
                self._off_at = time.ticks_add(now, self._pulse_ms)
        self.step(now)

    def _automatic(self, now):
        if self._counts is None:
            self.state = None
        elif self._pulse_ms or self._toggle:
            self.state = False
        else:
            self.state = self._counts

    def step(self, now):
        """Brings `state` and `due` up to date."""
        self.due = None
        if self._seen != self._counts:
            ready = time.ticks_add(self._since, self._debounce_ms)
            settled = self._seen is None or (self._counts is None and not self._seen)
            if settled or _reached(ready, now):
                self._change(now)
            else:
                self.due = ready
        if self._off_at is not None:
            if _reached(self._off_at, now):
                self._off_at = None
                self.state = False
            elif self.due is None or time.ticks_diff(self._off_at, self.due) < 0:
                self.due = self._off_at

    def _change(self, now):
        before, self._counts = self._counts, self._seen
        if self._counts is None:
            self.state, self._off_at = None, None
        elif self._counts:
            self._begin(before, now)
        elif before is None:
            self.state, self._off_at = False, None
        elif not self._pulse_ms and not self._toggle:
            self._off_at = time.ticks_add(now, self._hold_ms)

    def _begin(self, before, now):
        self._off_at = None
        if self._toggle:
            # After a start or a fault nothing has begun that was seen to begin.
            self.state = not self.state if before is False else False
            return
        self.state = True
        if self._pulse_ms:
            self._off_at = time.ticks_add(now, self._pulse_ms)


def _reached(due, now):
    return time.ticks_diff(now, due) >= 0
