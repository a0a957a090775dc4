# SPDX-License-Identifier: MIT
"""Runs in sensord's MicroPython: the sound level meter and emlearn's IIR filter in turns.

usage: meter_rounds.py PCM HARNESS ROUNDS SECTIONS...

PCM is int16 speech at 16 kHz, HARNESS the compiled iir_harness.c, SECTIONS its coefficients.
Prints JSON: for "meter" and "filter" a list with each round's ns of process CPU time a sample in
each second, first of the speech, then of silence. The meter starts from int16 and ends with the
levels; the filter gets floats, and filters them in place.
"""

import gc
import json
import sys
from array import array

import ffi
import soundlevel
from clock import cpu_ns

from sensord.stages import weighting

RATE_HZ = 16000
SPEECH_S = 8
# Longer than the slowest pole (1 Hz) needs to reach the denormal numbers.
SILENCE_S = 22


def speech(path):
    """Seconds of sound: a list of bytearrays of int16, and the same as arrays of floats."""
    pcm, floats = [], []
    with open(path, "rb") as file:
        for _ in range(SPEECH_S):
            second = bytearray(2 * RATE_HZ)
            if file.readinto(second) != len(second):
                raise ValueError("the recording is too short")
            pcm.append(second)
            floats.append(array("f", [sample / 32768 for sample in array("h", second)]))
    return pcm, floats


def main(path, harness, rounds, *sections):
    pcm, floats = speech(path)
    pcm += [bytearray(2 * RATE_HZ)] * SILENCE_S
    floats += [array("f", bytes(4 * RATE_HZ))] * SILENCE_S

    meter = soundlevel.new(
        weighting.sections(RATE_HZ),
        "A",
        weighting.smoothing(RATE_HZ, "fast"),
        weighting.steps_per_level(RATE_HZ),
    )
    levels = array("f", bytes(4 * 8))

    coefficients = array("f", [float(text) for text in sections])
    n_sections = len(coefficients) // 6
    states = array("f", bytes(4 * 4 * n_sections))
    run = ffi.open(harness).func("v", "iir_harness_run", "PiPPi")
    work = array("f", bytes(4 * RATE_HZ))
    work_view = memoryview(work)

    found = {"meter": [], "filter": []}
    gc.collect()
    gc.disable()
    for _ in range(int(rounds)):
        meter_ns, filter_ns = [], []
        for second, values in zip(pcm, floats):
            start = cpu_ns()
            meter.process(second)
            meter.read(levels)
            meter_ns.append((cpu_ns() - start) / RATE_HZ)
            work_view[:] = values
            start = cpu_ns()
            run(coefficients, n_sections, states, work, RATE_HZ)
            filter_ns.append((cpu_ns() - start) / RATE_HZ)
        found["meter"].append(meter_ns)
        found["filter"].append(filter_ns)
        gc.collect()
    found["speech_s"] = SPEECH_S
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
