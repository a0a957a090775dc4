# SPDX-License-Identifier: MIT
"""Runs in sensord's MicroPython: emlearn_iir and emlearn's IIR filter in turns.

usage: iir_rounds.py PCM HARNESS ROUNDS SECTIONS...

PCM is int16 speech at 16 kHz, HARNESS the compiled iir_harness.c, SECTIONS scipy's SOS. Prints
JSON: for "ours" and "peer" a list with each round's ns of CPU time a sample in each second, first
of the speech, then of silence. Both filter floats in place. The results must be the same.
"""

import gc
import json
import sys
from array import array

import emlearn_iir
import ffi
from clock import cpu_ns

RATE_HZ = 16000
SPEECH_S = 4
# Longer than the slowest pole of the A weighting needs to reach the denormal numbers.
SILENCE_S = 12
ALIKE = 1e-3  # of full scale


def speech(path):
    with open(path, "rb") as file:
        for _ in range(SPEECH_S):
            second = bytearray(2 * RATE_HZ)
            if file.readinto(second) != len(second):
                raise ValueError("the recording is too short")
            yield array("f", [sample / 32768 for sample in array("h", second)])


def timed(run, values, *arguments):
    start = cpu_ns()
    run(*arguments)
    return (cpu_ns() - start) / len(values)


def main(path, harness, rounds, *sections):
    seconds = list(speech(path)) + [array("f", bytes(4 * RATE_HZ))] * SILENCE_S
    coefficients = array("f", [float(text) for text in sections])
    n_sections = len(coefficients) // 6
    states = array("f", bytes(4 * 4 * n_sections))
    peer = ffi.open(harness).func("v", "iir_harness_run", "PiPPi")
    work, peers_work = array("f", bytes(4 * RATE_HZ)), array("f", bytes(4 * RATE_HZ))
    work_view, peers_view = memoryview(work), memoryview(peers_work)
    ours = emlearn_iir.new(coefficients)
    found = {"ours": [], "peer": [], "speech_s": SPEECH_S}
    gc.collect()
    gc.disable()
    for _ in range(int(rounds)):
        ours_ns, peer_ns = [], []
        for values in seconds:
            work_view[:] = values
            peers_view[:] = values
            ours_ns.append(timed(ours.run, work, work))
            arguments = (coefficients, n_sections, states, peers_work, RATE_HZ)
            peer_ns.append(timed(peer, peers_work, *arguments))
            if max(abs(work[i] - peers_work[i]) for i in range(0, RATE_HZ, 97)) > ALIKE:
                raise ValueError("the filters disagree")
        found["ours"].append(ours_ns)
        found["peer"].append(peer_ns)
        gc.collect()
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
