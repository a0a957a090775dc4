# SPDX-License-Identifier: MIT
"""Filters over the values of one field: each takes a number and gives one."""

import math


class Median:
    """The median of the last `count` values; of an even number, the mean of the middle two."""

    def __init__(self, count):
        self._count = count
        self._values = []

    def feed(self, value, _passed_ms):
        """The median with `value`; of those there are until there are enough."""
        values = self._values
        if len(values) == self._count:
            values.pop(0)
        values.append(value)
        ordered = sorted(values)
        middle = len(ordered) // 2
        if len(ordered) % 2:
            return ordered[middle]
        return (ordered[middle - 1] + ordered[middle]) / 2


class ExponentialMean:
    """The exponential mean with a time constant: a step in the value is followed to 63 % after
    it, and the time between two values need not be the same each time."""

    def __init__(self, constant_ms):
        self._constant_ms = constant_ms
        self._mean = None
        self._passed_ms = 0  # since the mean

    def feed(self, value, passed_ms):
        """The mean with `value`, `passed_ms` after the sample before, valid or not; None for a
        time that is not known, after which the mean begins anew."""
        if self._mean is None or passed_ms is None:
            self._mean = value
        else:
            passed_ms += self._passed_ms
            self._mean += (value - self._mean) * (1 - math.exp(-passed_ms / self._constant_ms))
        self._passed_ms = 0
        return self._mean

    def skip(self, passed_ms):
        """There was no valid value this time."""
        if passed_ms is None:
            self._mean = None
        else:
            self._passed_ms += passed_ms


def filters(table):
    """The filters of a checked [sensor.NAME.values.FIELD] table, in their order."""
    found = []
    if table["median"] is not None:
        found.append(Median(table["median"]))
    if table["smooth"] is not None:
        found.append(ExponentialMean(table["smooth"]))
    return found
