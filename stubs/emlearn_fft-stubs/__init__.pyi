# SPDX-License-Identifier: MIT
"""The Fourier transform, not scaled."""

from array import array

class FFT:
    def __init__(self, n: int, /) -> None:
        """For n complex values, a power of two from 2 to 65536."""
    def fill(self, sin: array[float], cos: array[float], /) -> None:
        """For code written for upstream: ValueError if these are not the tables it has."""
    def run(self, real: array[float], imag: array[float], /) -> None:
        """Transforms two array('f') of n in place."""

class RFFT:
    def __init__(self, n: int, /) -> None:
        """For n real values, a power of two from 4 to 65536."""
    def run(self, values: array[float], real: array[float], imag: array[float], /) -> None:
        """Of n values the lines 0 to n / 2, as numpy.fft.rfft, into array('f') of n / 2 + 1."""

def fill(fft: FFT, n: int, /) -> None:
    """For code written for upstream, where it makes the tables."""
