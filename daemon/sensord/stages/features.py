# SPDX-License-Identifier: MIT
"""The stage that turns a window of accelerations into the features of a model, int16 each."""

from array import array

import timebased

_ENTROPY = 1000  # nats in a thousandth
_LOW, _HIGH = -32768, 32767

# Factors that bring the largest value of int16 samples into int16, by kind of signal, in the order
# of timebased: three axes of ten features, L1 norm and squared L2 norm of eight.
_AXIS = [1.0] * 9 + [_ENTROPY]
_L1 = [1 / 4] * 7 + [_ENTROPY]
_L2_SQUARED = [1 / 131072] * 7 + [_ENTROPY]
_JERK = [1 / 2] * 9 + [_ENTROPY]
_SCALES = 3 * _AXIS + _L1 + _L2_SQUARED + 3 * _JERK + _L1 + _L2_SQUARED


class TimeBased:
    """The 92 features of natmods/README.md, scaled so that none leaves int16."""

    NAME = "timebased"
    count = timebased.N_FEATURES

    def __init__(self):
        self._floats = array("f", bytes(4 * self.count))
        self._scales = array("f", _SCALES)
        self.values = array("h", bytes(2 * self.count))

    def compute(self, windows):
        """Fills `values` from a full window."""
        floats, scales, values = self._floats, self._scales, self.values
        timebased.calculate_features(windows.x, windows.y, windows.z, floats)
        for i in range(self.count):
            value = int(floats[i] * scales[i])
            values[i] = _LOW if value < _LOW else _HIGH if value > _HIGH else value


class Compatible:
    """The same features in emlearn-micropython's arithmetic, for forests trained with that."""

    NAME = "timebased-compat"
    count = timebased.N_FEATURES

    def __init__(self):
        self.values = array("h", bytes(2 * self.count))

    def compute(self, windows):
        timebased.calculate_features(windows.x, windows.y, windows.z, self.values, True)


KINDS = {kind.NAME: kind for kind in (TimeBased, Compatible)}
