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
    A command holds until the condition next begins, ends or becomes unknown, at most for
    `command_ms` (0: no such limit).

    Between two switches lie at least `rest_ms`, and `spacing_ms` after a command; then the state
    becomes what is wanted by then. Two switches do not wait: that to the safe value, and the end
    of a pulse, which keeps its length. `safe` is the safe value: from None to the same is no
    switch.
    """

    def __init__(
        self,
        debounce_ms=0,
        hold_ms=0,
        pulse_ms=0,
        toggle=False,
        rest_ms=0,
        command_ms=0,
        spacing_ms=0,
        safe=False,
    ):
        self._debounce_ms, self._hold_ms, self._pulse_ms = debounce_ms, hold_ms, pulse_ms
        self._toggle, self._safe = toggle, safe
        self._rest_ms, self._command_ms, self._spacing_ms = rest_ms, command_ms, spacing_ms
        self._seen = self._counts = None  # the condition: as it is, and as it counts
        self._since = 0
        self._wanted = None  # the state, were there no rest and no loss
        self._begins = False  # whether a pulse is wanted that has not begun
        self._by_command = False
        self._is_lost = False
        self._off_at = self._command_until = self._rest_until = None
        self.state = None
        self.due = None

    def condition(self, value, now):
        """The condition has this value now: True, False or None."""
        if value != self._seen:
            self._seen, self._since = value, now
        self.step(now)

    def command(self, value, now):
        """Sets the state; with None the condition has its say again."""
        # A command comes from a broker, whatever was known of it.
        self._is_lost = False
        if value is None:
            self._automatic()
        else:
            self._want(value, True)
            if self._command_ms:
                self._command_until = time.ticks_add(now, self._command_ms)
        self._by_command = True
        self.step(now)

    def lost(self, is_lost, now):
        """Whether the broker is lost: then the state is the safe value, and the command of before
        counts no more."""
        if is_lost != self._is_lost:
            self._is_lost = is_lost
            self._automatic()
        self.step(now)

    def _want(self, value, begins=False):
        self._wanted = value
        self._begins = begins and bool(value) and self._pulse_ms > 0
        self._by_command = False
        self._off_at = self._command_until = None

    def _automatic(self):
        if self._counts is None:
            self._want(None)
        else:
            self._want(False if self._pulse_ms or self._toggle else self._counts)

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
        if self._off_at is not None and _reached(self._off_at, now):
            self._want(False)
        if self._command_until is not None and _reached(self._command_until, now):
            self._automatic()
        if self._rest_until is not None and _reached(self._rest_until, now):
            self._rest_until = None
        self._switch(now)
        # Without a loop over a tuple: this runs with each reading.
        self._is_due(self._off_at)
        self._is_due(self._command_until)
        self._is_due(self._rest_until)

    def _is_due(self, at):
        if at is not None and (self.due is None or time.ticks_diff(at, self.due) < 0):
            self.due = at

    def _switch(self, now):
        """Makes the state what is wanted, if it may change now."""
        wanted = None if self._is_lost else self._wanted
        if not same(self._level(wanted), self._level(self.state)):
            waits = wanted is not None and not (self._pulse_ms and not wanted)
            if waits and self._rest_until is not None:
                return
            rest_ms = self._rest_ms
            if self._by_command:
                rest_ms = max(rest_ms, self._spacing_ms)
            if rest_ms:
                self._rest_until = time.ticks_add(now, rest_ms)
        self.state = wanted
        if self._begins:
            self._begins = False
            self._off_at = time.ticks_add(now, self._pulse_ms)

    def _level(self, state):
        return self._safe if state is None else state

    def _change(self, now):
        before, self._counts = self._counts, self._seen
        if self._counts is None:
            self._want(None)
        elif self._counts:
            self._begin(before)
        elif before is None:
            self._want(False)
        elif not self._pulse_ms and not self._toggle:
            self._command_until = None
            self._off_at = time.ticks_add(now, self._hold_ms)

    def _begin(self, before):
        if self._toggle:
            # After a start or a fault nothing has begun that was seen to begin.
            self._want(not self._wanted if before is False else False)
        else:
            self._want(True, True)


def same(a, b):
    """Whether two states are one. For Python 1.0, a percent, is the same as True."""
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def _reached(due, now):
    return time.ticks_diff(now, due) >= 0
