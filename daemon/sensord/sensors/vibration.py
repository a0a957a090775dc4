# SPDX-License-Identifier: MIT
"""type = "vibration": the condition of a machine, from an accelerometer or a recording."""

import math
from array import array

import vibration

from .. import log
from ..stages.baseline import Baseline, path
from ..stages.window import Windows
from .acceleration import AXES, MOST_ROWS, source

_G_M_S2 = 9.80665
_FULL_SCALE = 32768
_LATE_MS = 10000
_FIRST_EDGE_HZ = 10  # where ISO 20816-1 begins to judge
# The order of vibration.run()
_RMS, _PEAK, _CREST, _KURTOSIS, _VELOCITY, _BANDS = 1, 2, 3, 4, 5, 6
IDLE = "idle"


def length(window_ms, rate_hz):
    """How many samples a window has: a power of two that lasts at least `window_ms`."""
    wanted = window_ms * rate_hz / 1000
    samples = 64
    while samples < wanted:
        samples *= 2
    return samples


def octaves(rate_hz):
    """The edges in Hz of bands that double from 10 Hz to half the rate."""
    edges = []
    edge = _FIRST_EDGE_HZ
    while edge < 0.4 * rate_hz:
        edges.append(edge)
        edge *= 2
    return edges + [rate_hz / 2]


class Statistics:
    """What is told of the windows of one reading.

    Acceleration and bands are the length of the vector of all axes, as a machine knows nothing of
    how its sensor was glued on; the velocity is that of the worst direction, as ISO 20816-1 has
    it; so are peak, crest factor and kurtosis. RMS values are averaged as energies over the
    windows, of the others the largest is kept: a knock must not vanish in an average.
    """

    def __init__(self, samples, rate_hz, edges_hz, range_g):
        self._window = vibration.new(samples, rate_hz, array("f", edges_hz))
        self._out = array("f", bytes(4 * (_BANDS + len(edges_hz) - 1)))
        self._unit = range_g * _G_M_S2 / _FULL_SCALE
        self._squares = array("f", bytes(4 * len(self._out)))
        self._names = [
            "band_%g_%g_hz_m_s2" % (edges_hz[i], edges_hz[i + 1]) for i in range(len(edges_hz) - 1)
        ]
        self._clear()

    def _clear(self):
        for i in range(len(self._squares)):
            self._squares[i] = 0.0
        self._peak = self._crest = self._kurtosis = 0.0
        self.windows = 0

    def add(self, windows):
        """Takes in a full window."""
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


class VibrationSensor:
    def __init__(self, settings):
        self._settings = settings
        self.deadline_ms = settings["interval"] + _LATE_MS

    def _baseline(self, edges, samples):
        settings = self._settings
        if not settings["learn"]:
            return None
        quantities = "bands of %s Hz, %d samples at %d Hz" % (
            ", ".join(["%g" % edge for edge in edges]),
            samples,
            settings["rate"],
        )
        return Baseline(
            path(settings["name"]),
            quantities,
            settings["learn"] / 1000,
            settings["yellow"],
            settings["red"],
            settings["confirm"],
        )

    async def run(self, output):
        settings = self._settings
        rate = settings["rate"]
        samples = length(settings["window"], rate)
        edges = settings["bands"] or octaves(rate)
        windows = Windows(samples, samples)
        statistics = Statistics(samples, rate, edges, settings["range"])
        baseline = self._baseline(edges, samples)
        accelerations = source(settings)
        try:
            await accelerations.start()
            await self._watch(accelerations, windows, statistics, baseline, output)
        finally:
            accelerations.close()
            if baseline is not None:
                baseline.close()

    async def _watch(self, accelerations, windows, statistics, baseline, output):
        # Windows follow one another; a reading has those that lasted its interval.
        settings = self._settings
        window_s = windows.length / settings["rate"]
        per_reading = max(1, round(settings["interval"] / 1000 / window_s))
        seconds = per_reading * window_s
        rows = array("h", bytes(2 * AXES * MOST_ROWS))
        gaps = told = 0
        while True:
            n = await accelerations.read(rows, windows.missing)
            if not n:
                return
            output.beat()
            if accelerations.gaps != gaps:
                gaps = accelerations.gaps
                windows.restart()
                log.warning("samples were lost: the window begins again")
            at = 0
            while at < n:
                at = windows.take(rows, at, n)
                if not windows.full:
                    break
                statistics.add(windows)
                windows.slide()
                if statistics.windows == per_reading:
                    fields = statistics.read()
                    fields += self._judged(baseline, fields, seconds)
                    fields.append(("gaps", gaps - told))
                    told = gaps
                    output.reading(fields)

    def _judged(self, baseline, fields, seconds):
        if baseline is None:
            return []
        if fields[0][1] < self._settings["running_above"]:
            status, distance = IDLE, None
        else:
            status, distance = baseline.update([value for _, value in fields], seconds)
        if distance is not None:
            distance = round(distance, 2)
        return [("distance", distance), ("status", status)]
