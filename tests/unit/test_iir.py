# SPDX-License-Identifier: MIT
"""emlearn_iir: any number of sections, pieces of any length, and samples that are not finite."""

import gc
from array import array

import emlearn_iir

INTERPRETERS = ("sensord", "stock")

SECTION = [0.2, 0.3, 0.1, 1.0, -0.5, 0.2]
NAN, INF = float("nan"), float("inf")


def raises(kind, function, *arguments):
    try:
        function(*arguments)
    except kind:
        return True
    raise AssertionError("%r accepted" % (arguments,))


def noise(n):
    state, values = 1, array("f", bytes(4 * n))
    for i in range(n):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        values[i] = (state >> 15) / 32768 - 1
    return values


def cascade(n):
    """n sections, each a little different, each with an effect."""
    return [
        value + 0.01 * i if k < 3 else value for i in range(n) for k, value in enumerate(SECTION)
    ]


def by_the_difference_equation(coefficients, values):
    for at in range(0, len(coefficients), 6):
        b0, b1, b2, _, a1, a2 = coefficients[at : at + 6]
        x1 = x2 = y1 = y2 = 0.0
        out = []
        for x in values:
            y = b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2
            x1, x2, y1, y2 = x, x1, y, y1
            out.append(y)
        values = out
    return values


def test_any_number_of_sections_and_samples():
    for n_sections in (1, 2, 3, 4, 5, 7, 8, 9):
        coefficients = array("f", cascade(n_sections))
        for n in (0, 1, 2, 5, 6, 7, 8, 300):
            values = noise(n)
            expected = by_the_difference_equation(coefficients, values)
            emlearn_iir.new(coefficients).run(values)
            for got, wanted in zip(values, expected):
                assert abs(got - wanted) < 1e-5, (n_sections, n, got, wanted)


def test_pieces_give_the_very_same_as_the_whole():
    for n_sections in (1, 3, 6):
        coefficients = array("f", cascade(n_sections))
        whole, pieces = noise(700), noise(700)
        emlearn_iir.new(coefficients).run(whole)
        running, at, size = emlearn_iir.new(coefficients), 0, 1
        while at < len(pieces):
            running.run(memoryview(pieces)[at : at + size])
            at, size = at + size, size % 23 + 1
        assert list(pieces) == list(whole)


def test_all_64_sections():
    values = array("f", [1.0] * 50)
    emlearn_iir.new(array("f", [1, 0, 0, 1, 0, 0] * 64)).run(values)
    assert list(values) == [1.0] * 50
    raises(ValueError, emlearn_iir.new, array("f", [1, 0, 0, 1, 0, 0] * 65))


def test_samples_that_are_not_finite_do_not_stay():
    """One NaN from a sensor must not silence a monitor for ever."""
    for n_sections in (1, 3, 4):
        running = emlearn_iir.new(array("f", cascade(n_sections)))
        for bad in (NAN, INF, -INF):
            for values in ([0.5, bad, 0.5], [bad], [0.5] * 40 + [bad]):
                raises(ValueError, running.run, array("f", values))
                values = noise(50)
                running.run(values)
                fresh = noise(50)
                emlearn_iir.new(array("f", cascade(n_sections))).run(fresh)
                assert list(values) == list(fresh)
                raises(ValueError, running.run, array("f", [bad]))


def test_an_unstable_filter_says_so():
    running = emlearn_iir.new(array("f", [1, 0, 0, 1, -9, 0]))
    raises(ValueError, running.run, array("f", [1.0] * 100))


def test_coefficients_that_are_not_finite_are_refused():
    for place in range(6):
        for bad in (NAN, INF):
            coefficients = array("f", SECTION)
            coefficients[place] = bad
            raises(ValueError, emlearn_iir.new, coefficients)


def test_silence_ends_in_zeros():
    """Otherwise a quiet night would take ten times the processor time."""
    running = emlearn_iir.new(array("f", cascade(3)))
    running.run(noise(100))
    for _ in range(20):
        values = array("f", bytes(4 * 256))
        running.run(values)
    assert list(values) == [0.0] * 256


def test_nothing_is_allocated_by_run():
    running, values = emlearn_iir.new(array("f", cascade(3))), noise(100)
    running.run(values)
    gc.collect()
    before = gc.mem_alloc()
    for _ in range(50):
        running.run(values)
    assert gc.mem_alloc() - before < 100, gc.mem_alloc() - before
