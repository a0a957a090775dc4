# SPDX-License-Identifier: MIT
"""emlearn_iir_q15: integer filters round, saturate and keep their state."""

import gc
from array import array

import emlearn_iir
import emlearn_iir_q15

INTERPRETERS = ("sensord", "stock")

# A low pass and a DC blocker, in scipy's order.
SECTIONS = array(
    "f",
    [0.20641042, 0.41282084, 0.20641042, 1.0, -0.3700791, 0.19608814]
    + [1.0, -2.0, 1.0, 1.0, -1.9, 0.905],
)
PASS = array("h", [8192, 0, 0, 0, 0, 0])


def raises(kind, function, *arguments):
    try:
        function(*arguments)
    except kind:
        return True
    raise AssertionError("%r accepted" % (arguments,))


def noise(n, amplitude):
    state, values = 1, array("h", bytes(2 * n))
    for i in range(n):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        values[i] = (state >> 15) % (2 * amplitude) - amplitude
    return values


def test_coefficients_are_rounded_and_in_the_order_of_the_filter():
    got = emlearn_iir_q15.convert_coefficients(SECTIONS)
    assert list(got) == [1691, 0, 3382, 1691, 3032, -1606, 8192, 0, -16384, 8192, 15565, -7414]
    doubled = array("f", [2 * value for value in SECTIONS])
    assert list(emlearn_iir_q15.convert_coefficients(doubled)) == list(got)  # a0 is 2
    assert list(emlearn_iir_q15.convert_coefficients(SECTIONS, 4096))[:4] == [845, 0, 1691, 845]


def test_a_filter_follows_the_float_filter():
    values = noise(2000, 6000)
    floats = array("f", list(values))
    emlearn_iir.new(SECTIONS).run(floats)
    emlearn_iir_q15.new(emlearn_iir_q15.convert_coefficients(SECTIONS)).run(values)
    errors = [abs(a - b) for a, b in zip(values, floats)]
    assert sum(errors) / len(errors) < 10 and max(errors) < 40, max(errors)


def test_every_sample_is_the_rounded_and_saturated_sum():
    coefficients = array("h", [32767, 0, -32768, 32767, 12000, -7000])
    values = noise(500, 32768)
    expected, x1, x2, y1, y2 = [], 0, 0, 0, 0
    for x in values:
        total = 32767 * x - 32768 * x1 + 32767 * x2 + 12000 * y1 - 7000 * y2
        y = max(-32768, min(32767, (total + 4096) >> 13))
        x1, x2, y1, y2 = x, x1, y, y1
        expected.append(y)
    running = emlearn_iir_q15.new(coefficients)
    running.run(memoryview(values)[:123])
    running.run(memoryview(values)[123:])
    assert list(values) == expected
    assert 32767 in expected and -32768 in expected


def test_wrong_coefficients_and_samples_are_refused():
    for wrong in (None, 1, "text", array("h", [1] * 6), array("d", [1.0] * 6)):
        raises((TypeError, ValueError), emlearn_iir_q15.convert_coefficients, wrong)
    for n in (0, 5, 7, 6 * 65):
        raises(ValueError, emlearn_iir_q15.convert_coefficients, array("f", [1.0] * n))
        raises(ValueError, emlearn_iir_q15.new, array("h", [0] * n))
    nan, inf = float("nan"), float("inf")
    for bad in (4.0, -4.1, nan, inf):
        raises(ValueError, emlearn_iir_q15.convert_coefficients, array("f", [bad, 0, 0, 1, 0, 0]))
    raises(ValueError, emlearn_iir_q15.convert_coefficients, array("f", [1, 0, 0, 0, 0, 0]))
    raises(ValueError, emlearn_iir_q15.new, array("h", [1, 1, 0, 0, 0, 0]))
    raises((TypeError, ValueError), emlearn_iir_q15.new, SECTIONS)
    running = emlearn_iir_q15.new(PASS)
    for wrong in (None, 1, "text", bytearray(4), array("f", [1.0])):
        raises((TypeError, ValueError), running.run, wrong)


def test_nothing_is_allocated_by_run():
    running, values = emlearn_iir_q15.new(PASS), noise(100, 100)
    running.run(values)
    gc.collect()
    before = gc.mem_alloc()
    for _ in range(50):
        running.run(values)
    assert gc.mem_alloc() - before < 100, gc.mem_alloc() - before
