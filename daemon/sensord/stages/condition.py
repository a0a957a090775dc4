# SPDX-License-Identifier: MIT
"""The stage that judges the condition of a machine by its vibration, window by window."""

import math
from array import array

import vibration

_G_M_S2 = 9.80665
_FULL_SCALE = 32768
# The order of vibration.run()
_RMS, _PEAK, _CREST, _KURTOSIS, _VELOCITY, _BANDS = 1, 2, 3, 4, 5, 6
IDLE = "idle"


class Statistics:
    """The statistics of the windows of one reading.

    Acceleration and bands are the length of the vector of all axes, so that it does not matter how
    the sensor is mounted; velocity, peak, crest factor and kurtosis are those of the worst axis,
    as in ISO 20816-1. RMS values are averaged as energies over the windows; of the others the
    largest counts, since an average would hide a knock.
    """

    def __init__(self, samples, rate_hz, edges_hz, range_g, names):
        """`names` are the fields of the bands between `edges_hz`."""
        self._window = vibration.new(samples, rate_hz, array("f", edges_hz))
        self._out = array("f", bytes(4 * (_BANDS + len(edges_hz) - 1)))
        self._unit = range_g * _G_M_S2 / _FULL_SCALE
        self._squares = array("f", bytes(4 * len(self._out)))
        self._names = names
        self._clear()

    def _clear(self):
        for i in range(len(self._squares)):
            self._squares[i] = 0.0
        self._peak = self._crest = self._kurtosis = 0.0
        self.windows = 0

    def add(self, windows):
        """Takes a full window."""
        out, squares = self._out, self._squares
        worst = 0.0
        for axis in (windows.x, windows.y, windows.z):
            self._window.run(axis, out)
            squares[_RMS] += out[_RMS] * out[_RMS]
            for i in range(_BANDS, len(out)):
                squares[i] += out[i] * out[i]
            worst = max(worst, out[_VELOCITY])
            self._peak = max(self._peak, out[_PEAK])
            self._crest = max(self._crest, out[_CREST])
            self._kurtosis = max(self._kurtosis, out[_KURTOSIS])
        squares[_VELOCITY] += worst * worst
        self.windows += 1

    def read(self):
        """The fields of the windows since the last call, (name, value)."""
        unit, n = self._unit, self.windows

        def mean(i):
            return math.sqrt(self._squares[i] / n)

        fields = [
            ("acceleration_rms_m_s2", unit * mean(_RMS)),
            ("acceleration_peak_m_s2", unit * self._peak),
            ("velocity_rms_mm_s", 1000 * unit * mean(_VELOCITY)),
            ("crest_factor", self._crest),
            ("kurtosis", self._kurtosis),
        ]
        for i, name in enumerate(self._names):
            fields.append((name, unit * mean(_BANDS + i)))
        self._clear()
        return [(name, float("%.5g" % value)) for name, value in fields]


class Condition:
    """Statistics of the windows of an interval, and their distance from the baseline."""

    def __init__(self, statistics, per_reading, window_s, baseline, running_above_m_s2):
        """`per_reading` windows of `window_s` each make a reading; `baseline` as in baseline.py,
        or None; below `running_above_m_s2` (RMS) the machine stands still."""
        self._statistics = statistics
        self._per_reading = per_reading
        self._seconds = per_reading * window_s
        self._baseline = baseline
        self._running_above = running_above_m_s2

    def feed(self, windows):
        self._statistics.add(windows)

    def fields(self):
        if self._statistics.windows < self._per_reading:
            return None
        fields = self._statistics.read()
        if self._baseline is not None:
            fields += self._judge(fields)
        return fields

    def _judge(self, fields):
        if fields[0][1] < self._running_above:
            status, distance = IDLE, None
        else:
            status, distance = self._baseline.update([value for _, value in fields], self._seconds)
        return [("distance", None if distance is None else round(distance, 2)), ("status", status)]

    def gap(self):
        """No effect: only complete windows arrive here."""

    def close(self):
        if self._baseline is not None:
            self._baseline.close()
