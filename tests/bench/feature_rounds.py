# SPDX-License-Identifier: MIT
"""Runs in sensord's MicroPython: emlearn_fft and emlearn's FFT in turns, and the cost of features.

usage: feature_rounds.py HARNESS ROUNDS

HARNESS is the compiled fft_harness.c. Prints JSON: for each name a list with each round's us of
CPU time a call: "real" and "complex" transforms of 1024, "peer" the same by emlearn, "timebased"
the 92 features of a window of 128, "vibration" the statistics of one of 1024 with 8 bands.
"""

import gc
import json
import sys
from array import array

import emlearn_fft
import ffi
import timebased
import vibration
from clock import cpu_ns

N = 1024
CALLS = 4  # transforms in place, of their own results, which must not overflow
WINDOW = 128
WINDOWS = 100
EDGES = [0, 10, 50, 100, 150, 200, 300, 400, 500]


def samples(n, amplitude):
    state = 1
    for _ in range(n):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        yield (state >> 15) % (2 * amplitude) - amplitude


def features_of(windows):
    """A function that computes the features of the next window."""
    at = 0

    def run(out):
        nonlocal at
        x, y, z = windows[at]
        at = (at + 1) % len(windows)
        timebased.calculate_features(x, y, z, out)

    return run


def jobs(harness):
    """For each name a function and its arguments."""
    library = ffi.open(harness)
    fill = library.func("v", "fft_harness_fill", "PPi")
    peer = library.func("v", "fft_harness_run", "PPPPi")
    values = array("f", [v / 1000 for v in samples(N, 1000)])
    sine, cosine = array("f", bytes(2 * N)), array("f", bytes(2 * N))
    fill(sine, cosine, N)
    real, imag = array("f", bytes(2 * N + 4)), array("f", bytes(2 * N + 4))
    # Each call takes another window: with a single one, branch prediction would learn its order.
    axes = [array("h", list(samples(WINDOW * WINDOWS, size))) for size in (500, 900, 1400)]
    windows = [
        tuple(memoryview(axis)[i * WINDOW : (i + 1) * WINDOW] for axis in axes)
        for i in range(WINDOWS)
    ]
    statistics = vibration.new(N, 1000, array("f", EDGES))
    out = array("f", bytes(4 * (6 + len(EDGES) - 1)))
    return {
        "peer": (peer, (sine, cosine, array("f", values), array("f", bytes(4 * N)), N)),
        "complex": (emlearn_fft.FFT(N).run, (array("f", values), array("f", bytes(4 * N)))),
        "real": (emlearn_fft.RFFT(N).run, (values, real, imag)),
        "timebased": (features_of(windows), (array("h", bytes(2 * 92)),)),
        "vibration": (statistics.run, (values, out)),
    }


def check(work):
    """Checks that the three transforms give the same result."""
    for run, arguments in work.values():
        run(*arguments)
    peers, ours, real = work["peer"][1], work["complex"][1], work["real"][1]
    for k in range(N // 2 + 1):
        for part in (0, 1):
            expected = peers[2 + part][k]
            if not abs(ours[part][k] - expected) + abs(real[1 + part][k] - expected) < 1e-2:
                raise ValueError("the transforms disagree in line %d" % k)


def main(harness, rounds):
    work = jobs(harness)
    check(work)
    values = work["real"][1][0]
    in_place = [memoryview(part) for part in work["peer"][1][2:4] + work["complex"][1]]
    found = {name: [] for name in work}
    gc.collect()
    gc.disable()
    for _ in range(int(rounds)):
        for name, (run, arguments) in work.items():
            for target in in_place:
                target[:] = values
            start = cpu_ns()
            for _ in range(CALLS):
                run(*arguments)
            found[name].append((cpu_ns() - start) / CALLS / 1000)
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
