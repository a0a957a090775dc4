# SPDX-License-Identifier: MIT
"""A tone is in its band and in no other: the filters meet the limits of IEC 61260-1."""

import math
from array import array

import thirdoctave

from sensord.stages.bands import ThirdOctaves, edges_hz, field, half_band, mid_band_hz, nominal_hz

INTERPRETERS = ("sensord", "stock")


def raises(kind, function, *arguments):
    try:
        function(*arguments)
    except kind:
        return
    raise AssertionError(function, arguments)


def tone(hz, rate_hz, seconds, amplitude=16000):
    step = 2 * math.pi * hz / rate_hz
    n = int(rate_hz * seconds)
    return array("h", [round(amplitude * math.sin(step * i)) for i in range(n)])


def test_frequencies_and_names():
    assert abs(mid_band_hz(-16) - 25.119) < 1e-3 and mid_band_hz(0) == 1000
    low, high = edges_hz(0)
    assert abs(low - 891.251) < 1e-3 and abs(high - 1122.018) < 1e-3
    for index, nominal in ((-16, "25"), (-15, "31.5"), (-1, "800"), (0, "1000"), (13, "20000")):
        assert nominal_hz(index) == nominal
    assert field(-15) == "l31_5hz_db" and field(8) == "l6300hz_db"


def test_the_bands_that_a_rate_allows():
    for rate_hz, highest in ((8000, 5), (16000, 8), (44100, 12), (48000, 13), (192000, 13)):
        bank = ThirdOctaves(rate_hz)
        assert bank.indices[0] == -16 and bank.indices[-1] == highest, (rate_hz, bank.indices)


def test_a_tone_has_its_level_in_its_band():
    for rate_hz, index in ((16000, 0), (16000, 8), (8000, -6), (48000, 13)):
        bank = ThirdOctaves(rate_hz)
        samples = tone(mid_band_hz(index), rate_hz, 1.0)
        bank.feed(samples[: rate_hz // 2])
        bank.read()
        bank.feed(samples[rate_hz // 2 :])
        assert bank.read() == rate_hz - rate_hz // 2
        at = list(bank.indices).index(index)
        expected = 20 * math.log10(16000 / 32768)
        assert abs(bank.levels[at] - expected) < 0.05, (rate_hz, index, bank.levels[at])
        for i, level in enumerate(bank.levels):
            if abs(i - at) >= 3:
                assert level < expected - 40, (rate_hz, index, i, level)


def test_how_the_samples_are_cut_does_not_matter():
    samples = tone(777, 16000, 0.5)
    whole, cut = ThirdOctaves(16000), ThirdOctaves(16000)
    whole.feed(samples)
    at, n = 0, 1
    while at < len(samples):
        cut.feed(samples[at : at + n])
        at, n = at + n, n % 613 + 7
    assert whole.read() == cut.read() == 8000
    for a, b in zip(whole.levels, cut.levels):
        assert abs(a - b) < 1e-3, (a, b)


def test_silence_is_silent_and_costs_no_level():
    bank = ThirdOctaves(16000)
    bank.feed(bytes(32000))
    assert bank.read() == 16000 and max(bank.levels) == -140.0
    assert bank.read() == 0 and max(bank.levels) == -140.0


def test_wrong_coefficients_and_buffers_are_refused():
    section, allpass = array("f", [0.1] * 36), array("f", [0.1, 0.5])
    thirdoctave.new(section, allpass)
    for wrong in (array("f", [0.1] * 35), array("f"), array("f", [0.1] * 36 * 15), None):
        raises((TypeError, ValueError), thirdoctave.new, wrong, allpass)
    for wrong in (array("f", [0.1]), array("f", [0.1] * 17), array("f", [float("nan"), 0.1]), 5):
        raises((TypeError, ValueError), thirdoctave.new, section, wrong)
    raises(ValueError, thirdoctave.new, array("f", [float("inf")] * 36), allpass)
    bank = thirdoctave.new(section, allpass)
    for wrong in (None, bytes(3), array("f", [1.0])):
        raises((TypeError, ValueError), bank.process, wrong)
    for wrong in (None, array("f", [0.0] * 2), bytearray(12), array("h", [0] * 3)):
        raises((TypeError, ValueError), bank.read, wrong)


def test_the_half_band_filter_is_one():
    coefficients = half_band(8, 0.03)
    assert len(coefficients) == 8 and all(0 < c < 1 for c in coefficients)
    assert coefficients == sorted(coefficients)
