# SPDX-License-Identifier: MIT
"""The filters of third-octave levels, designed for the sample rate at hand.

Source: IEC 61260-1:2014, 5.2 to 5.5 (base ten, mid-band frequencies and edges).
"""

import cmath
import math
from array import array

import thirdoctave

REFERENCE_HZ = 1000.0
_LOWEST_INDEX = -16  # 25 Hz
_HIGHEST_INDEX = 13  # 20 kHz
# A band's upper edge lies below this share of the rate: above it the half-band filter could not
# separate the band from its aliases.
_USABLE = 0.47
_ORDER = 4  # of a band-pass, and the number of its sections; as in natmods/thirdoctave/bank.h
_BANDS = 3  # of an octave, as in natmods/thirdoctave/bank.h
# IEC 61260-1, annex E: nominal frequencies in a decade
_NOMINAL = (100, 125, 160, 200, 250, 315, 400, 500, 630, 800)


def mid_band_hz(index):
    """The exact mid-band frequency of a third-octave; index 0 is 1 kHz."""
    return REFERENCE_HZ * 10 ** (index / 10)


def edges_hz(index):
    """The band-edge frequencies of a third-octave."""
    return mid_band_hz(index - 0.5), mid_band_hz(index + 0.5)


def usable(rate_hz):
    """The indices of the third-octaves that a sample rate allows, from 25 Hz on, as a range."""
    highest = _HIGHEST_INDEX
    while edges_hz(highest)[1] > _USABLE * rate_hz:
        highest -= 1
    return range(_LOWEST_INDEX, highest + 1)


def nominal_hz(index):
    """The nominal frequency of a third-octave, such as 31.5 or 1000, as text."""
    decade, place = divmod(index, 10)
    tenths = _NOMINAL[place] * 10 ** (decade + 2)  # 10 dHz at 1 Hz; exact from 10 Hz on
    return "%d" % (tenths // 10) if tenths % 10 == 0 else "%d.%d" % (tenths // 10, tenths % 10)


def _section(pole, mid_hz, rate_hz):
    """(g, a1, a2) of the digital section with an analogue pole and its conjugate: bilinear, zeros
    at 0 and at half the rate, gain 1 in the middle of the band."""
    z = (1 + pole) / (1 - pole)
    a1, a2 = -2 * z.real, abs(z) ** 2
    w = cmath.exp(-2j * math.pi * mid_hz / rate_hz)
    gain = abs((1 - w * w) / (1 + a1 * w + a2 * w * w))
    return 1 / gain, a1, a2


def _band(index, rate_hz):
    """The four sections of a Butterworth band-pass of the fourth order with the band's edges.

    The third order would do for an analogue filter; near half the rate the bilinear transform
    makes the lower slope less steep.
    """
    low, high = [math.tan(math.pi * hz / rate_hz) for hz in edges_hz(index)]
    sections = []
    for k in range(_ORDER):
        prototype = cmath.exp(1j * math.pi * (2 * k + _ORDER + 1) / (2 * _ORDER))
        half = prototype * (high - low) / 2
        root = cmath.sqrt(half * half - low * high)
        # Each prototype pole gives two poles, and its conjugate gives their conjugates. Of each
        # pair take the pole in the upper half plane.
        for pole in (half + root, half - root):
            if pole.imag > 0:
                sections.append(_section(pole, mid_band_hz(index), rate_hz))
    return sections


def half_band(count, transition):
    """The coefficients of `count` all-passes whose sum is a half-band low-pass: it passes up to
    0.25 - `transition` / 2 of the rate and stops from 0.25 + `transition` / 2 on.

    Elliptic; by the series of R. A. Valenzuela and A. G. Constantinides, Digital signal
    processing schemes for efficient interpolation and decimation, IEE Proc. 130 G, 1983.
    """
    k = math.tan((1 - 2 * transition) * math.pi / 4) ** 2
    kk = math.sqrt(math.sqrt(1 - k * k))
    e = 0.5 * (1 - kk) / (1 + kk)
    q = e + 2 * e**5 + 15 * e**9 + 150 * e**13
    order = 2 * count + 1
    coefficients = []
    for c in range(1, count + 1):
        numerator = sum(
            [
                (-1) ** i * q ** (i * (i + 1)) * math.sin((2 * i + 1) * c * math.pi / order)
                for i in range(8)
            ]
        )
        denominator = 0.5 + sum(
            [(-1) ** i * q ** (i * i) * math.cos(2 * i * c * math.pi / order) for i in range(1, 8)]
        )
        w = numerator * q**0.25 / denominator
        square = w * w
        x = math.sqrt((1 - square * k) * (1 - square / k)) / (1 + square)
        coefficients.append((1 - x) / (1 + x))
    return coefficients


_HALF_BAND = (8, 0.03)  # more than 80 dB, from 0.265 of the rate on


class ThirdOctaves:
    """Levels of third-octave bands of int16 samples at one rate, in dBFS (relative to a
    full-scale sine's RMS).

    Attributes: indices, those of the bands, the lowest first; levels, an array('f') of as many.
    """

    def __init__(self, rate_hz):
        self.indices = usable(rate_hz)
        highest = self.indices[-1]
        octaves = -(-len(self.indices) // _BANDS)
        coefficients = []
        for octave in range(octaves):
            for band in range(_BANDS):
                index = highest - octave * _BANDS - band
                for section in _band(index, rate_hz / 2**octave):
                    coefficients.extend(section)
        self._bank = thirdoctave.new(array("f", coefficients), array("f", half_band(*_HALF_BAND)))
        self._all = array("f", bytes(4 * _BANDS * octaves))
        self.levels = array("f", bytes(4 * len(self.indices)))
        self.feed = self._bank.process

    def read(self):
        """Ends the interval and fills `levels`. Returns the number of samples in the interval."""
        n = self._bank.read(self._all)
        for i in range(len(self.levels)):
            self.levels[i] = self._all[len(self.levels) - 1 - i]
        return n


def field(index):
    """The name of a band's level in a reading, such as l1000hz_db or l31_5hz_db."""
    return "l%shz_db" % nominal_hz(index).replace(".", "_")
