# SPDX-License-Identifier: MIT
"""The filter design: stable at every rate it accepts, and a clear error at any other."""

import math

from sensord.stages import weighting

RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000, 192000)


def response(section, hz, rate):
    w = 2 * math.pi * hz / rate
    z1, z2 = complex(math.cos(w), -math.sin(w)), complex(math.cos(2 * w), -math.sin(2 * w))
    b0, b1, b2, a0, a1, a2 = section
    return abs((b0 + b1 * z1 + b2 * z2) / (a0 + a1 * z1 + a2 * z2))


def curves_db(rate, hz):
    """(A, C, Z) of the designed sections."""
    c1, c2, a, z = (weighting.sections(rate)[i : i + 6] for i in range(0, 24, 6))
    c_gain = response(c1, hz, rate) * response(c2, hz, rate)
    gains = (c_gain * response(a, hz, rate), c_gain, response(z, hz, rate))
    return [20 * math.log10(gain) for gain in gains]


def test_a_and_c_are_0_db_at_1_khz_at_every_rate():
    for rate in RATES:
        for level in curves_db(rate, 1000):
            assert abs(level) < 0.01, (rate, level)


def test_poles_and_zeros_are_inside_the_unit_circle():
    for rate in RATES:
        sections = weighting.sections(rate)
        for i in range(0, 24, 6):
            b0, b1, b2, a0, a1, a2 = sections[i : i + 6]
            assert a0 == 1.0 and abs(a2) < 1 and abs(a1) < 1 + a2, (rate, i)
            assert abs(b2) <= abs(b0) and abs(b1) <= abs(b0 + b2) * 1.000001, (rate, i)


def test_the_time_weighting_is_the_standards():
    # After one time constant a step has reached 1 - 1/e.
    for rate in (8000, 16000, 48000):
        for name, tau in (("fast", 0.125), ("slow", 1.0)):
            steps = tau * rate / weighting.SAMPLES_PER_STEP
            left = (1 - weighting.smoothing(rate, name)) ** steps
            assert abs(left - math.exp(-1)) < 1e-9, (rate, name, left)


def test_a_rate_it_cannot_do_is_an_error_that_names_it():
    for rate in (0, 7999, 192001):
        try:
            weighting.sections(rate)
            raise AssertionError("%d accepted" % rate)
        except ValueError as error:
            assert "%d Hz" % rate in str(error)
