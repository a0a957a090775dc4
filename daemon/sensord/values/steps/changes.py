# SPDX-License-Identifier: MIT
"""publish = "changes": whether a reading tells something new."""

import time

from .statistics import is_number

# Differences of numbers such as 20.3 - 20.1 are short of what they read by the last bits.
_TOLERANCE = 1 + 1e-9


def _differs(before, value, step):
    if is_number(before) and is_number(value) and step:
        return abs(value - before) * _TOLERANCE >= step
    return before != value or isinstance(before, bool) != isinstance(value, bool)


class Changes:
    """The values that were told last, to compare the next ones with."""

    def __init__(self, steps, repeat_ms):
        """`steps` is {name on the wire: what counts as a change}, other fields are told at any;
        `repeat_ms` how often all is told the same, or None."""
        self._steps = steps
        self._repeat_ms = repeat_ms
        self._told = None
        self._told_ms = 0

    def has(self, fields):
        """Whether a reading is to be told."""
        if self._told is None or len(fields) != len(self._told) or self._is_due():
            return True
        for name, value in fields:
            if name not in self._told or _differs(self._told[name], value, self._steps.get(name)):
                return True
        return False

    def _is_due(self):
        if self._repeat_ms is None:
            return False
        passed_ms = time.ticks_diff(time.ticks_ms(), self._told_ms)
        # Below 0: the counter has wrapped around since.
        return passed_ms < 0 or passed_ms >= self._repeat_ms

    def told(self, fields):
        """A reading was told."""
        self._told = dict(fields)
        self._told_ms = time.ticks_ms()
