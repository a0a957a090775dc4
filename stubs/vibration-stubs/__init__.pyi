# SPDX-License-Identifier: MIT
"""Statistics of windows of vibration."""

from array import array

class _Vibration:
    def run(self, samples: array[float] | array[int], out: array[float], /) -> None:
        """Mean, RMS, peak, crest factor, kurtosis, RMS of the velocity, and RMS of each band."""

def new(length: int, rate: float, edges: array[float], /) -> _Vibration:
    """For windows of `length` samples, a power of two from 16 to 65536, at `rate` Hz."""
