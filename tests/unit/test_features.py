# SPDX-License-Identifier: MIT
"""timebased and vibration: a model's features are those of its window, and of no other."""

import gc
import math
from array import array

import timebased
import vibration

INTERPRETERS = ("sensord", "stock")

NAN, INF = float("nan"), float("inf")
N_BANDS = 3
EDGES = array("f", [10, 100, 200, 500])
# Where the features of each signal begin: x, y, z, L1 norm, squared L2 norm; then their jerks.
STARTS = (0, 10, 20, 30, 38, 46, 56, 66, 76, 84)
AXIS = ("mean", "max", "min", "median", "q25", "q75", "iqr", "energy", "std", "entropy")
NORM = ("mean", "min", "max", "median", "iqr", "energy", "std", "entropy")


def raises(kind, function, *arguments):
    try:
        function(*arguments)
    except kind:
        return True
    raise AssertionError("%r accepted" % (arguments,))


def noise(n, amplitude, seed=1):
    state, values = seed, array("h", bytes(2 * n))
    for i in range(n):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        values[i] = (state >> 15) % (2 * amplitude) - amplitude
    return values


def window(n=128, amplitude=4000):
    return tuple(noise(n, amplitude, seed) for seed in (1, 22, 333))


def named(features):
    """Features by signal and name."""
    return [
        dict(zip(AXIS if start % 46 < 30 else NORM, features[start : start + 10]))
        for start in STARTS
    ]


def smoothed(values):
    """The median filter of three samples."""
    inner = [sorted(values[i - 1 : i + 2])[1] for i in range(1, len(values) - 1)]
    return [values[0]] + inner + [values[-1]]


def int16(value):
    return (value + 32768) % 65536 - 32768


def signals(axes):
    x, y, z = (smoothed(list(axis)) for axis in axes)
    l1 = [abs(a) + abs(b) + abs(c) for a, b, c in zip(x, y, z)]
    l2 = [a * a + b * b + c * c for a, b, c in zip(x, y, z)]
    plain = [x, y, z, l1, l2]
    return plain + [[0] + [b - a for a, b in zip(s, s[1:])] for s in plain]


def upstream_signals(axes):
    """The values of upstream's int16 arrays, including its last jerks."""
    plain = [[int16(value) for value in signal] for signal in signals(axes)[:5]]
    lasts = [axis[-1] for axis in axes] + [len(axes[0]) - 1] * 2
    jerks = [
        [int16(b - a) for a, b in zip(signal, signal[1:])] + [last]
        for signal, last in zip(plain, lasts)
    ]
    return plain + jerks


def entropy(ordered):
    """In nats, of a histogram of ten bins, in whole numbers."""
    least, span = ordered[0], ordered[-1] - ordered[0]
    if span == 0:
        return 0.0
    bins = [min((value - least) * 10 // span, 9) for value in ordered]
    shares = [bins.count(i) / len(bins) for i in range(10)]
    return -sum(share * math.log(share) for share in shares if share)


def expected_stats(signal, compat):
    v, n = sorted(signal), len(signal)
    mean, squares = sum(v) / n, sum(value * value for value in v)
    variance = sum((value - mean) ** 2 for value in v) / n
    return {
        "mean": mean,
        "max": v[-1],
        "min": v[0],
        "median": v[n // 2],
        "q25": v[n // 4],
        "q75": v[3 * n // 4],
        "iqr": v[3 * n // 4] - v[n // 4],
        "energy": math.sqrt(squares / n),
        "std": math.sqrt(squares - mean * mean if compat else variance),
        "entropy": 0.0 if compat else entropy(v),
    }


def check(axes, compat):
    out = array("f", bytes(4 * 92))
    timebased.calculate_features(*axes, out, compat)
    made = upstream_signals(axes) if compat else signals(axes)
    for which, (got, signal) in enumerate(zip(named(out), made)):
        wanted = expected_stats(signal, compat)
        for name, value in got.items():
            allowed = 1e-6 * abs(wanted[name]) + 1e-6
            assert abs(value - wanted[name]) <= allowed, (which, name, value, wanted[name])


def test_features_are_those_of_the_window():
    for n, amplitude in ((128, 4000), (4, 9), (5, 30000), (100, 1), (700, 32768)):
        check(window(n, amplitude), compat=False)


def test_compat_gives_upstreams_numbers():
    """Forests that were trained on upstream's features keep working."""
    for n, amplitude in ((128, 4000), (4, 9), (5, 30000), (100, 1), (700, 32768)):
        check(window(n, amplitude), compat=True)


def test_the_loudest_window_does_not_overflow():
    lowest = array("h", [-32768] * 128)
    axes = (lowest, lowest, lowest)
    got = named(timebased.calculate_features_xyz(axes))
    assert got[3]["mean"] == 3 * 32768 and got[4]["max"] == 3 * 32768**2
    assert got[4]["std"] == 0 and got[4]["entropy"] == 0


def test_upstreams_call_leaves_the_window_as_it_is():
    axes = window()
    before = [list(axis) for axis in axes]
    out = array("f", bytes(4 * 92))
    for compat in (False, True):
        timebased.calculate_features(*axes, out, compat)
        assert list(out) == timebased.calculate_features_xyz(axes, compat)
    assert [list(axis) for axis in axes] == before
    assert timebased.N_FEATURES == 92 and timebased.DATA_TYPECODE == "h"


def test_features_for_a_forest_are_cut_to_int16():
    axes = window()
    for compat in (False, True):
        floats, out = timebased.calculate_features_xyz(axes, compat), array("h", bytes(2 * 92))
        timebased.calculate_features(*axes, out, compat)
        for value, got in zip(floats, out):
            wanted = int16(int(value)) if compat else max(-32768, min(32767, int(value)))
            assert got == wanted, (value, got)
    assert max(floats) > 40000


def test_invalid_windows_are_refused():
    out, x = array("f", bytes(4 * 92)), array("h", bytes(256))
    for wrong in (None, 1, bytes(256), array("f", bytes(512)), array("h", bytes(254))):
        for axes in ((wrong, x, x), (x, wrong, x), (x, x, wrong)):
            raises((TypeError, ValueError), timebased.calculate_features, *axes, out)
            raises((TypeError, ValueError), timebased.calculate_features_xyz, axes)
    for n in (0, 3, 2049):
        short = array("h", bytes(2 * n))
        raises(ValueError, timebased.calculate_features, short, short, short, out)
    for wrong in (None, bytearray(4 * 92), array("f", bytes(4 * 91)), array("d", bytes(8 * 92))):
        raises((TypeError, ValueError), timebased.calculate_features, x, x, x, wrong)
    for wrong in ((x, x), (x, x, x, x), x, None):
        raises((TypeError, ValueError), timebased.calculate_features_xyz, wrong)


def vibration_of(samples, n=1024, rate=1000, edges=EDGES):
    out = array("f", bytes(4 * (6 + len(edges) - 1)))
    vibration.new(n, rate, edges).run(samples, out)
    return list(out)


def tone(amplitude, hz, n=1024, rate=1000, offset=0.0):
    step = 2 * math.pi * hz / rate
    return array("f", [offset + amplitude * math.sin(step * i + 0.3) for i in range(n)])


def near(got, wanted, tolerance=1e-3):
    assert abs(got - wanted) <= tolerance, (got, wanted)


def test_a_tone_has_its_rms_in_its_band():
    for hz, band in ((50, 0), (150.3, 1), (300, 2)):
        mean, rms, peak, crest, kurtosis, _, *bands = vibration_of(tone(2, hz, offset=9.81))
        near(mean, 9.81, 0.01)
        near(rms, math.sqrt(2), 0.01)
        near(peak, 2, 0.02)
        near(crest, math.sqrt(2), 0.02)
        near(kurtosis, 1.5, 0.02)
        for i in range(N_BANDS):
            near(bands[i], math.sqrt(2) if i == band else 0, 0.02)


def test_the_velocity_is_the_integral_from_10_hz_to_1_khz():
    """A machine's limits are in mm/s: 1 g of 100 Hz (9.81 m/s2 peak) is 15.6 mm/s peak."""
    for hz, expected in ((100, 9.81 / (2 * math.pi * 100)), (20, 9.81 / (2 * math.pi * 20))):
        velocity = vibration_of(tone(9.81, hz, 4096, 4000), 4096, 4000)[5]
        near(velocity / (expected / math.sqrt(2)), 1, 0.01)
    for hz in (5, 1100):
        assert vibration_of(tone(9.81, hz, 4096, 4000), 4096, 4000)[5] < 1e-4
    # At a rate of 1 kHz the band ends at 500 Hz; at 15 Hz it is empty.
    assert vibration_of(tone(1, 300), 1024, 1000)[5] > 1e-4
    assert vibration_of(tone(1, 4, 1024, 15), 1024, 15, array("f", [0, 7]))[5] == 0.0


def test_a_knock_has_a_high_crest_factor_and_kurtosis():
    """These are the first sign of a damaged bearing."""
    samples = tone(1, 50)
    for i in range(0, 1024, 128):
        samples[i] += 20
    _, rms, peak, crest, kurtosis, *_ = vibration_of(samples)
    assert crest > 8 and kurtosis > 40 and abs(crest - peak / rms) < 1e-4


def test_bands_add_up_to_the_whole():
    samples = array("f", list(noise(1024, 1000)))
    edges = array("f", [0, 3, 77, 200, 333.3, 500])
    _, rms, _, _, _, _, *bands = vibration_of(samples, edges=edges)
    (whole,) = vibration_of(samples, edges=array("f", [0, 500]))[6:]
    near(math.sqrt(sum(band * band for band in bands)), whole, 1e-2)
    near(whole / rms, 1, 0.05)


def test_integers_and_floats_give_the_same():
    samples = noise(64, 3000)
    got = vibration_of(samples, 64)
    assert got == vibration_of(array("f", list(samples)), 64)
    assert vibration_of(array("h", [7] * 64), 64) == [7.0, 0, 0, 0, 0, 0, 0, 0, 0]


def test_vibration_refuses_wrong_arguments():
    for n in (0, 8, 100, 131072, -64):
        raises(ValueError, vibration.new, n, 1000, EDGES)
    for rate in (0, -1, NAN, INF):
        raises(ValueError, vibration.new, 64, rate, EDGES)
    for edges in ([], [1], [1, 1], [2, 1], [-1, 5], [0, 501], [0, NAN], [NAN, 1], [0, INF]):
        raises(ValueError, vibration.new, 64, 1000, array("f", edges))
    raises(ValueError, vibration.new, 64, 1000, array("f", range(67)))
    for edges in (None, 5, [0.0, 1.0], array("h", [0, 1])):
        raises((TypeError, ValueError), vibration.new, 64, 1000, edges)
    running, samples, out = vibration.new(64, 1000, EDGES), tone(1, 50, 64), array("f", bytes(36))
    for wrong in (None, 1, bytes(256), array("f", bytes(252)), array("d", bytes(512))):
        raises((TypeError, ValueError), running.run, wrong, out)
        raises((TypeError, ValueError), running.run, samples, wrong)
    for bad in (NAN, INF, -INF):
        spoilt = array("f", list(samples))
        spoilt[5] = bad
        raises(ValueError, running.run, spoilt, out)
    running.run(samples, out)
    assert list(out) == vibration_of(samples, 64)


def test_nothing_is_allocated_by_a_window():
    axes, features, out = window(), array("h", bytes(2 * 92)), array("f", bytes(36))
    running, samples = vibration.new(64, 1000, EDGES), noise(64, 3000)
    timebased.calculate_features(*axes, features)
    x, y, z = axes
    gc.collect()
    before = gc.mem_alloc()
    for _ in range(20):
        timebased.calculate_features(x, y, z, features)
        running.run(samples, out)
    assert gc.mem_alloc() - before < 100, gc.mem_alloc() - before
