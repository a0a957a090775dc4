# SPDX-License-Identifier: MIT
"""Frequency and time weighting of a sound level meter, designed for the sample rate at hand.

Source: IEC 61672-1:2013, 5.5 and annex E (pole frequencies), 5.8 (time constants).
"""

import math
from array import array

# Annex E.3: C has two poles at F1 and two at F4, A has one more at F2 and one at F3.
F1 = 20.598997
F2 = 107.65265
F3 = 737.86223
F4 = 12194.217
REFERENCE_HZ = 1000.0

DC_CORNER_HZ = 1.0  # Z passes everything but the converter's offset: -0.04 dB at 10 Hz
TIME_CONSTANT_S = {"fast": 0.125, "slow": 1.0}
SAMPLES_PER_STEP = 8  # METER_STEP in natmods/soundlevel/meter.h
LEVELS_PER_SECOND = 100  # in the distribution for L10, L50 and L90

MIN_RATE_HZ = 8000
MAX_RATE_HZ = 192000


def _high_pass(pole_a_hz, pole_b_hz, rate_hz):
    """Two zeros at DC and two real poles, by the matched z-transform."""
    a = math.exp(-2 * math.pi * pole_a_hz / rate_hz)
    b = math.exp(-2 * math.pi * pole_b_hz / rate_hz)
    return [1.0, -2.0, 1.0, 1.0, -(a + b), a * b]


def _power(section, hz, rate_hz):
    """The section's power gain at a frequency, from its polynomials' autocorrelations."""
    c = 2 * math.cos(2 * math.pi * hz / rate_hz)

    def polynomial(x0, x1, x2):
        return x0 * x0 + x1 * x1 + x2 * x2 - 2 * x0 * x2 + c * (x1 * (x0 + x2) + c * x0 * x2)

    b0, b1, b2, a0, a1, a2 = section
    return polynomial(b0, b1, b2) / polynomial(a0, a1, a2)


def _c_power(hz):
    return (F4**2 * hz**2 / ((hz**2 + F1**2) * (hz**2 + F4**2))) ** 2


def _solve3(rows):
    """Solves three linear equations, given as [x, y, z, right side], by elimination."""
    for i in range(3):
        pivot = max(range(i, 3), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [v / rows[i][i] for v in rows[i]]
        for r in range(3):
            if r != i:
                rows[r] = [v - rows[r][i] * p for v, p in zip(rows[r], rows[i])]
    return rows[0][3], rows[1][3], rows[2][3]


def _low_pass(high_pass, rate_hz):
    """The two poles at F4, with zeros that fit C to its curve at three frequencies.

    F4 lies at or beyond half the rate, where every plain transform bends the curve by dB. The
    numerator's power spectrum r0 + 2 r1 cos w + 2 r2 cos 2w is therefore solved so that the
    cascade equals the analogue C at 1 kHz, 0.3 and 0.45 of the rate, and factorised: at most
    0.3 dB from the standard's curve below 0.45 of the rate. (The idea of matching magnitudes:
    M. Vicanek, Matched Second Order Digital Filters, 2016.)
    """
    pole = math.exp(-2 * math.pi * F4 / rate_hz)
    low_pass = [1.0, 0.0, 0.0, 1.0, -2 * pole, pole * pole]
    rows = []
    for hz in (REFERENCE_HZ, 0.3 * rate_hz, 0.45 * rate_hz):
        w = 2 * math.pi * hz / rate_hz
        gain = _c_power(hz) / _c_power(REFERENCE_HZ)
        gain /= _power(high_pass, hz, rate_hz) * _power(low_pass, hz, rate_hz)
        rows.append([1.0, 2 * math.cos(w), 2 * math.cos(2 * w), gain])
    r0, r1, r2 = _solve3(rows)
    # With u = z + 1/z the spectrum is r2 u^2 + r1 u + r0 - 2 r2; each root u gives two z:
    # take the one inside the unit circle.
    root = math.sqrt(r1 * r1 - 4 * r2 * (r0 - 2 * r2))
    zeros = []
    for u in ((-r1 + root) / (2 * r2), (-r1 - root) / (2 * r2)):
        zeros.append((u - math.copysign(math.sqrt(u * u - 4), u)) / 2)
    b1, b2 = -(zeros[0] + zeros[1]), zeros[0] * zeros[1]
    b0 = math.sqrt(r0 / (1 + b1 * b1 + b2 * b2))
    return [b0, b0 * b1, b0 * b2] + low_pass[3:]


def sections(rate_hz):
    """The four sections of `soundlevel.new` for a sample rate.

    Returns an array('f') of 4 x 6 (b0 b1 b2 a0 a1 a2): C's two halves, A beyond C, Z. A and C
    are 0 dB at 1 kHz. Raises ValueError for a rate outside 8 to 192 kHz.
    """
    if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
        raise ValueError(
            "sample rate %d Hz is outside %d to %d Hz" % (rate_hz, MIN_RATE_HZ, MAX_RATE_HZ)
        )
    c_high_pass = _high_pass(F1, F1, rate_hz)
    c_low_pass = _low_pass(c_high_pass, rate_hz)
    a_high_pass = _high_pass(F2, F3, rate_hz)
    gain = 1 / math.sqrt(_power(a_high_pass, REFERENCE_HZ, rate_hz))
    a_high_pass[:3] = [gain * b for b in a_high_pass[:3]]
    pole = math.exp(-2 * math.pi * DC_CORNER_HZ / rate_hz)
    z = [(1 + pole) / 2, -(1 + pole) / 2, 0.0, 1.0, -pole, 0.0]
    return array("f", c_high_pass + c_low_pass + a_high_pass + z)


def smoothing(rate_hz, time_weighting):
    """The share of each step of 8 samples in the exponential average, for "fast" or "slow"."""
    return -math.expm1(-SAMPLES_PER_STEP / (rate_hz * TIME_CONSTANT_S[time_weighting]))


def steps_per_level(rate_hz):
    """The number of steps between two levels of the distribution, about 10 ms."""
    return max(1, round(rate_hz / (SAMPLES_PER_STEP * LEVELS_PER_SECOND)))


def level_names(frequency_weighting, time_weighting):
    """The fields of the levels, in the order of soundlevel's.

    IEC 61672-1, 3: LAeq, LAFmax, LCSmin: weighting, then time weighting.
    """
    letter = frequency_weighting.lower()
    both = letter + time_weighting[0]
    return (
        "l%seq_db" % letter,
        "l%smax_db" % both,
        "l%smin_db" % both,
        "lcpeak_db",
        "l10_db",
        "l50_db",
        "l90_db",
    )
