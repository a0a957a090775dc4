# SPDX-License-Identifier: MIT
"""Runs in Debian's micropython: a sound level computed as in emlearn-micropython's example.

usage: level_assisted.py PCM HARNESS ROUNDS SECTIONS...

PCM, HARNESS and SECTIONS are those of meter_rounds.py. The steps are the example's: blocks of 125
ms, a check of their type, int16 to floats and back by linear_map, the filter in C, the time
weighting and the decibels in Python, compiled to native code. Prints each round's ns of CPU time a
sample.
"""

import json
import math
import sys
from array import array

import emlearn_arrayutils
import ffi
import micropython
from clock import cpu_ns

RATE_HZ = 16000
BLOCK = RATE_HZ // 8
BLOCKS = 8
FAST_S = 0.125


@micropython.native
def fast(samples, power):
    share = 1 / (1 + FAST_S * RATE_HZ)
    for i in range(len(samples)):
        value = samples[i]
        power = power + share * (value * value - power)
    return power


def main(path, harness, rounds, *sections):
    coefficients = array("f", [float(text) for text in sections])
    states = array("f", bytes(4 * 4 * (len(coefficients) // 6)))
    run = ffi.open(harness).func("v", "iir_harness_run", "PiPPi")
    work = array("f", bytes(4 * BLOCK))
    found = []
    for _ in range(int(rounds)):
        with open(path, "rb") as file:
            blocks = [array("h", file.read(2 * BLOCK)) for _ in range(BLOCKS)]
        power = 1.0
        start = cpu_ns()
        for block in blocks:
            if str(block)[7:8] != "h":
                raise TypeError
            emlearn_arrayutils.linear_map(block, work, -32768, 32768, -1.0, 1.0)
            run(coefficients, len(coefficients) // 6, states, work, BLOCK)
            emlearn_arrayutils.linear_map(work, block, -1.0, 1.0, -32768, 32768)
            power = fast(block, power)
            20 * math.log10(math.sqrt(power) / 32768)
        found.append((cpu_ns() - start) / (BLOCKS * BLOCK))
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
