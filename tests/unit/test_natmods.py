# SPDX-License-Identifier: MIT
"""The native modules' own API: linked into our interpreter, and loaded as .mpy by Debian's."""

import gc
from array import array

import emlearn_arrayutils
import emlearn_iir
import soundlevel

from sensord.stages import weighting

INTERPRETERS = ("sensord", "stock")

RATE = 16000
NEITHER = (None, 1, "text", b"", [1.0], array("d", [1.0] * 6))


def raises(kind, function, *arguments):
    try:
        function(*arguments)
    except kind:
        return True
    raise AssertionError("%r accepted" % (arguments,))


def noise(n, amplitude=20000):
    state, values = 1, array("h", bytes(2 * n))
    for i in range(n):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        values[i] = (state >> 15) % (2 * amplitude) - amplitude
    return values


def meter(kind="A"):
    sections = weighting.sections(RATE)
    smoothing = weighting.smoothing(RATE, "fast")
    return soundlevel.new(sections, kind, smoothing, weighting.steps_per_level(RATE))


def levels_of(measuring):
    levels = array("f", bytes(32))
    measuring.read(levels)
    return list(levels)


def test_iir_equals_the_difference_equation():
    coefficients = array("f", [0.2, 0.3, 0.1, 1.0, -0.5, 0.2, 2.0, -1.0, 0.5, 2.0, 0.4, -0.1])
    signal = [float(v % 17 - 8) for v in range(200)]
    expected = signal
    for s in (coefficients[:6], coefficients[6:]):
        x1 = x2 = y1 = y2 = 0.0
        out = []
        for x in expected:
            y = (s[0] * x + s[1] * x1 + s[2] * x2 - s[4] * y1 - s[5] * y2) / s[3]
            x1, x2, y1, y2 = x, x1, y, y1
            out.append(y)
        expected = out
    filtered = array("f", signal)
    running = emlearn_iir.new(coefficients)
    # In two pieces: the state carries over.
    running.run(memoryview(filtered)[:77])
    running.run(memoryview(filtered)[77:])
    assert max(abs(a - b) for a, b in zip(filtered, expected)) < 1e-4


def test_iir_refuses_wrong_arguments():
    for coefficients in NEITHER:
        raises((TypeError, ValueError), emlearn_iir.new, coefficients)
    for n in (0, 5, 7):
        raises(ValueError, emlearn_iir.new, array("f", [1.0] * n))
    raises(ValueError, emlearn_iir.new, array("f", [1, 0, 0, 0, 0, 0]))
    running = emlearn_iir.new(array("f", [1, 0, 0, 1, 0, 0]))
    for values in NEITHER:
        raises((TypeError, ValueError), running.run, values)


def test_linear_map_between_all_types():
    for source, target, expected in (
        (array("h", [-32768, 0, 32767]), array("f", [9.0] * 3), [-1.0, 0.0, 1.0]),
        (array("f", [-1.0, 0.0, 0.5]), array("h", [9] * 3), [-32768, 0, 16384]),
        (array("b", [-128, 0, 64]), array("h", [9] * 3), [-32768, 0, 16384]),
        (array("f", [-1.0, 0.25, 1.0]), array("b", [9] * 3), [-128, 32, 127]),
    ):
        ranges = {"h": (-32768, 32768), "b": (-128, 128), "f": (-1.0, 1.0)}
        kinds = [repr(a)[7] for a in (source, target)]
        (in_min, in_max), (out_min, out_max) = (ranges[kind] for kind in kinds)
        emlearn_arrayutils.linear_map(source, target, in_min, in_max, out_min, out_max)
        for got, wanted in zip(target, expected):
            assert abs(got - wanted) < 1e-4, (source, target)


def test_linear_map_clamps_and_reverses():
    out = array("f", [0.0] * 3)
    emlearn_arrayutils.linear_map(array("f", [-9.0, 0.5, 9.0]), out, 0.0, 1.0, 0.0, 10.0)
    assert list(out) == [0.0, 5.0, 10.0]
    emlearn_arrayutils.linear_map(array("f", [-9.0, 0.25, 9.0]), out, 0.0, 1.0, 10.0, 0.0)
    assert list(out) == [10.0, 7.5, 0.0]
    small = array("b", [0])
    emlearn_arrayutils.linear_map(array("f", [1.0]), small, 0.0, 1.0, 0.0, 1e9)
    assert small[0] == 127


def test_linear_map_refuses_wrong_arguments():
    f = array("f", [1.0])
    raises(ValueError, emlearn_arrayutils.linear_map, f, array("f", [1, 2]), 0, 1, 0, 1)
    raises(ValueError, emlearn_arrayutils.linear_map, f, array("d", [1]), 0, 1, 0, 1)
    raises(ValueError, emlearn_arrayutils.linear_map, f, f, 1, 1, 0, 1)
    raises(TypeError, emlearn_arrayutils.linear_map, f, b"1234", 0, 1, 0, 1)


def test_meter_refuses_wrong_arguments():
    sections, levels = weighting.sections(RATE), array("f", bytes(32))
    for wrong in NEITHER:
        raises((TypeError, ValueError), soundlevel.new, wrong, "A", 0.01, 20)
        raises((TypeError, ValueError), meter().read, wrong)
    for kind in ("B", "a", "", "AC", 1, None):
        raises((TypeError, ValueError), soundlevel.new, sections, kind, 0.01, 20)
    for smoothing in (0.0, 1.0, -1.0, float("nan")):
        raises(ValueError, soundlevel.new, sections, "A", smoothing, 20)
    for steps in (0, -1, 1000001):
        raises(ValueError, soundlevel.new, sections, "A", 0.01, steps)
    running = meter()
    for pcm in (array("f", [1.0]), b"123", None, 1):
        raises((TypeError, ValueError), running.process, pcm)
    levels[0] = 123.0
    assert running.read(levels) == 0 and levels[0] == 123.0


def test_meter_counts_and_starts_each_interval_anew():
    running, levels = meter(), array("f", bytes(32))
    running.process(noise(1000))
    running.process(noise(600))
    assert running.read(levels) == 1600
    loud = list(levels)
    running.process(array("h", bytes(2 * RATE)))
    running.process(array("h", bytes(2 * RATE)))
    running.read(levels)
    running.process(array("h", bytes(2 * RATE)))
    assert running.read(levels) == RATE
    assert loud[0] > -20 and levels[0] < -100 and levels[3] < -100 and levels[7] == 0


def test_meter_takes_bytes_and_odd_slices_like_arrays():
    samples = noise(4000)
    expected = meter()
    expected.process(samples)
    as_bytes = meter()
    data = b"x" + bytes(samples)
    as_bytes.process(memoryview(data)[1:])
    assert levels_of(as_bytes) == levels_of(expected)


def test_digital_silence_is_finite():
    running = meter()
    running.process(array("h", bytes(2 * RATE)))
    levels = levels_of(running)
    assert all(-140.01 <= level <= 0 for level in levels), levels


def test_meter_allocates_nothing_per_block():
    running, block, levels = meter(), noise(1600), array("f", bytes(32))
    running.process(block)
    gc.collect()
    before = gc.mem_alloc()
    for _ in range(100):
        running.process(block)
        running.read(levels)
    assert gc.mem_alloc() - before < 100, gc.mem_alloc() - before


def test_settle_starts_from_the_mean():
    running = meter()
    running.process(noise(1600))
    running.settle()
    running.process(noise(1600))
    leq, _, least = levels_of(running)[:3]
    assert abs(leq - least) < 1, (leq, least)
