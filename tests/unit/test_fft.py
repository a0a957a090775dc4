# SPDX-License-Identifier: MIT
"""emlearn_fft: the spectrum is right for every length, and nothing else is accepted."""

import gc
import math
from array import array

import emlearn_fft

INTERPRETERS = ("sensord", "stock")

SIZES = (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


def raises(kind, function, *arguments):
    try:
        function(*arguments)
    except kind:
        return True
    raise AssertionError("%r accepted" % (arguments,))


def noise(n, seed=1):
    state, values = seed, array("f", bytes(4 * n))
    for i in range(n):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        values[i] = (state >> 15) / 32768 - 1
    return values


def lines(real, imag, wanted):
    """The definition of the transform, for some lines."""
    n = len(real)
    for k in wanted:
        re = im = 0.0
        for i in range(n):
            angle = -2 * math.pi * (i * k % n) / n
            c, s = math.cos(angle), math.sin(angle)
            re += real[i] * c - imag[i] * s
            im += real[i] * s + imag[i] * c
        yield k, re, im


def some_lines(n):
    return sorted({0, 1 % n, n // 4, n // 2, n - 1, 5 % n, n // 3})


def test_complex_spectrum_is_the_definition():
    for n in SIZES:
        real, imag = noise(n), noise(n, 2)
        expected = list(lines(real, imag, some_lines(n)))
        emlearn_fft.FFT(n).run(real, imag)
        for k, re, im in expected:
            assert abs(real[k] - re) + abs(imag[k] - im) < 1e-4 * n**0.5, (n, k)


def test_real_spectrum_is_the_definition():
    for n in SIZES[1:]:
        values = noise(n)
        real, imag = array("f", bytes(2 * n + 4)), array("f", bytes(2 * n + 4))
        emlearn_fft.RFFT(n).run(values, real, imag)
        assert list(values) == list(noise(n)), "the input changed"
        zeros = array("f", bytes(4 * n))
        for k, re, im in lines(values, zeros, [k for k in some_lines(n) if k <= n // 2]):
            assert abs(real[k] - re) + abs(imag[k] - im) < 1e-4 * n**0.5, (n, k)


def test_the_longest_transform_finds_a_tone():
    n, k = 65536, 12345
    gc.collect()  # the heap must have this much in one piece
    rfft, values = emlearn_fft.RFFT(n), array("f", bytes(4 * n))
    for i in range(n):
        values[i] = math.cos(2 * math.pi * (k * i % n) / n)
    real, imag = array("f", bytes(2 * n + 4)), array("f", bytes(2 * n + 4))
    rfft.run(values, real, imag)
    assert abs(real[k] - n / 2) < 1 and abs(imag[k]) < 1
    assert abs(real[k + 1]) + abs(imag[k + 1]) < 1


def test_code_written_for_upstream_runs():
    n = 16
    fft = emlearn_fft.FFT(n)
    emlearn_fft.fill(fft, n)
    angles = [2 * math.pi * i / n for i in range(n // 2)]
    sines, cosines = (array("f", [f(angle) for angle in angles]) for f in (math.sin, math.cos))
    fft.fill(sines, cosines)
    assert isinstance(fft, emlearn_fft.FFT)
    for wrong in ((cosines, sines), (sines, array("f", [float("nan")] * (n // 2)))):
        raises(ValueError, fft.fill, *wrong)
    raises(ValueError, fft.fill, sines, array("f", bytes(4 * n)))
    raises(ValueError, emlearn_fft.fill, fft, 32)
    raises(TypeError, emlearn_fft.fill, None, n)


def test_slices_are_transformed_where_they_are():
    n = 64
    both = array("f", list(noise(n)) + [9.0] + list(noise(n, 2)))
    real, imag = noise(n), noise(n, 2)
    fft = emlearn_fft.FFT(n)
    fft.run(real, imag)
    fft.run(memoryview(both)[:n], memoryview(both)[n + 1 :])
    assert list(both) == list(real) + [9.0] + list(imag)


def test_other_lengths_and_types_are_refused():
    for n in (-8, 0, 1, 3, 12, 100, 131072, 1 << 40):
        raises((ValueError, OverflowError), emlearn_fft.FFT, n)
        raises((ValueError, OverflowError), emlearn_fft.RFFT, n)
    raises(ValueError, emlearn_fft.RFFT, 2)
    for n in (None, "8", 8.5):
        raises(TypeError, emlearn_fft.FFT, n)
    fft, rfft = emlearn_fft.FFT(8), emlearn_fft.RFFT(8)
    right = array("f", bytes(32))
    for wrong in (array("f", bytes(28)), array("f", bytes(36)), array("h", bytes(32)), None, 1):
        raises((TypeError, ValueError), fft.run, right, wrong)
        raises((TypeError, ValueError), fft.run, wrong, right)
    half = array("f", bytes(20))
    raises(ValueError, rfft.run, right, right, half)
    raises(ValueError, rfft.run, right, half, half)
    raises(ValueError, rfft.run, right, memoryview(right)[:5], half)


def test_nothing_is_allocated_by_run():
    n = 256
    fft, rfft = emlearn_fft.FFT(n), emlearn_fft.RFFT(n)
    real, imag, half = noise(n), noise(n), array("f", bytes(2 * n + 4))
    other = array("f", bytes(2 * n + 4))
    fft.run(real, imag)
    gc.collect()
    before = gc.mem_alloc()
    for _ in range(20):
        fft.run(real, imag)
        rfft.run(real, half, other)
        real[0] = imag[0] = 0.0
    assert gc.mem_alloc() - before < 100, gc.mem_alloc() - before
