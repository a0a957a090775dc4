# SPDX-License-Identifier: MIT
"""Statistics of the samples of one interval."""

import math

LAST, MEAN, MIN, MAX = "last", "mean", "min", "max"
ALL = (LAST, MEAN, MIN, MAX)


def is_number(value):
    """Whether there are statistics of a value."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def suffixes(wanted):
    """[(statistic, what its field's name has behind NAME)] of those that are wanted. The mean is
    NAME itself, or else the last sample."""
    plain = MEAN if MEAN in wanted else LAST
    return [(one, "" if one == plain else "_" + one) for one in ALL if one in wanted]


class _Mean:
    """The arithmetic mean."""

    def __init__(self):
        self._sum = 0.0
        self._count = 0

    def add(self, value):
        self._sum += value
        self._count += 1

    def value(self):
        return self._sum / self._count


class _LevelMean(_Mean):
    """The mean of levels in dB: that of their energies, as IEC 61672-1 has it for Leq."""

    def add(self, value):
        _Mean.add(self, 10 ** (value / 10))

    def value(self):
        return 10 * math.log10(_Mean.value(self))


class _DirectionMean:
    """The mean of directions in degrees, from 0 to below 360: that of unit vectors."""

    def __init__(self):
        self._east = self._north = 0.0

    def add(self, value):
        angle = math.radians(value)
        self._east += math.sin(angle)
        self._north += math.cos(angle)

    def value(self):
        return math.degrees(math.atan2(self._east, self._north)) % 360


_MEANS = {"sound_level": _LevelMean, "direction": _DirectionMean}


class _Samples:
    """Those of one field. Attribute: count, how many of them were numbers."""

    def __init__(self, mean, is_sum):
        self.count = 0
        self._mean = mean
        self._is_sum = is_sum
        self._sum = 0
        self._last = self._low = self._high = None

    def add(self, value):
        if not is_number(value):
            # A null is no sample, and a text has no statistics: the last one counts.
            if not self.count:
                self._last = value
            return
        if not self.count:
            self._low = self._high = value
        self.count += 1
        self._last = value
        self._sum += value
        self._low = min(self._low, value)
        self._high = max(self._high, value)
        if self._mean is not None:
            self._mean.add(value)

    def value(self, statistic, is_plain):
        """One of the statistics; `is_plain`: of the field that is called NAME."""
        if statistic == LAST and not self._is_sum or not self.count:
            return self._last
        if is_plain and self._is_sum:
            return self._sum
        if statistic == MEAN:
            return self._mean.value()
        return {LAST: self._last, MIN: self._low, MAX: self._high}[statistic]


class Statistics:
    """The samples since the last reading.

    Attribute: count, how many there are.
    """

    def __init__(self, wanted, quantity_of, numeric=(), sums=()):
        """`wanted` are the statistics that the configuration names; `quantity_of(name)` gives the
        name of a field's quantity, or None; `numeric` are the names of the fields that are known
        to be numbers, `sums` of those that count since the sample before: of these NAME is the
        sum, which must not be lost."""
        self._quantity_of = quantity_of
        self._wanted = wanted
        self._suffixes = suffixes(wanted)
        self._has_plain = "" in [suffix for _, suffix in self._suffixes]
        self._numeric = set(numeric)
        self._sums = sums
        self._fields = {}
        self._names = []  # in the order of the first sample
        self.count = 0

    def add(self, fields):
        """Takes a sample, a sequence of (name, value)."""
        self.count += 1
        for name, value in fields:
            if name not in self._fields:
                self._names.append(name)
                self._fields[name] = _Samples(self._mean_of(name), name in self._sums)
            self._fields[name].add(value)

    def _mean_of(self, name):
        if MEAN not in self._wanted:
            return None
        return _MEANS.get(self._quantity_of(name), _Mean)()

    def take(self):
        """Yields (name, suffix, value) of each statistic, and begins anew."""
        fields, self._fields = self._fields, {}
        names, self._names = self._names, []
        self.count = 0
        for name in names:
            samples = fields[name]
            if samples.count:
                self._numeric.add(name)
            if name not in self._numeric:
                yield name, "", samples.value(LAST, True)
                continue
            if name in self._sums and not self._has_plain:
                yield name, "", samples.value(LAST, True)
            for statistic, suffix in self._suffixes:
                yield name, suffix, samples.value(statistic, not suffix)
