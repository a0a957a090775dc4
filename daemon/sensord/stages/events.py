# SPDX-License-Identifier: MIT
"""The stage that turns sound into features of its bands, for a model that labels sounds."""

import math
from array import array

from .bands import ThirdOctaves

FRAME_MS = (
    100  # several in a window: a sound is recognised by its change as much as by its spectrum
)
_SCALE = 100  # features are in hundredths of a dB
_PER_BAND = 3
_LOW, _HIGH = -32768, 32767


class BandFeatures:
    """Features of the last window of int16 samples at one rate, int16 each, in 0.01 dB:

    the mean level of all bands; then of each band, the lowest first, its mean level relative to
    that, the standard deviation of its levels, and how far the loudest frame is above its mean.

    Attributes: count; values, an array('h') of that length; full, whether the window is full.
    """

    def __init__(self, rate_hz, window_ms):
        self._bank = ThirdOctaves(rate_hz)
        self._n_bands = len(self._bank.levels)
        self._n_frames = max(1, window_ms // FRAME_MS)
        self._frame_samples = max(1, rate_hz * FRAME_MS // 1000)
        self._left = self._frame_samples
        self._levels = [array("f", bytes(4 * self._n_frames)) for _ in range(self._n_bands)]
        self._frames = 0
        self.count = 1 + _PER_BAND * self._n_bands
        self.values = array("h", bytes(2 * self.count))

    @property
    def full(self):
        return self._frames >= self._n_frames

    def restart(self):
        """Drops the frames before a gap: one window must not span it."""
        self._frames = 0

    def feed(self, samples):
        """Takes a memoryview of int16 samples as bytes."""
        at = 0
        while at < len(samples):
            end = min(len(samples), at + 2 * self._left)
            self._bank.feed(samples[at:end])
            self._left -= (end - at) // 2
            at = end
            if not self._left:
                self._left = self._frame_samples
                self._keep()

    def _keep(self):
        self._bank.read()
        place = self._frames % self._n_frames
        levels = self._bank.levels
        for i in range(self._n_bands):
            self._levels[i][place] = levels[i]
        self._frames += 1
        if self._frames >= 2 * self._n_frames:
            self._frames -= self._n_frames  # an endless count would outgrow a small int

    def compute(self):
        """Fills `values` from the window, which must be full."""
        n, values = self._n_frames, self.values
        means = [sum(levels) / n for levels in self._levels]
        overall = sum(means) / self._n_bands
        values[0] = _cut(overall)
        at = 1
        for mean, levels in zip(means, self._levels):
            squares = sum([(level - mean) ** 2 for level in levels])
            values[at] = _cut(mean - overall)
            values[at + 1] = _cut(math.sqrt(squares / n))
            values[at + 2] = _cut(max(levels) - mean)
            at += _PER_BAND


def _cut(db):
    return max(_LOW, min(_HIGH, round(db * _SCALE)))
