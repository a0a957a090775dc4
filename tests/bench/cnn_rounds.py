# SPDX-License-Identifier: MIT
"""Runs in sensord's MicroPython: networks on the digits, and the loops that upstream links.

usage: cnn_rounds.py NETWORKS LOOPS_INT8 LOOPS_FP32 RUNS

NETWORKS is the folder with mnist_cnn_*, LOOPS_* the compiled cnn_loops.c. For each input line it
runs a round of RUNS inferences each; prints JSON, the process CPU time of one in ns: for int8
those of the .tmdl, of the .tflite and of the loops on the .tmdl, then the same for fp32.
"""

import gc
import json
import sys
from array import array

import emlearn_cnn_fp32
import emlearn_cnn_int8
import ffi

CLOCK_PROCESS_CPUTIME_ID = 2  # <linux/time.h>

_clock_gettime = ffi.open(None).func("i", "clock_gettime", "iP")
_timespec = array("l", (0, 0))


def cpu_ns():
    """CPU time of this process; time.clock() counts milliseconds."""
    _clock_gettime(CLOCK_PROCESS_CPUTIME_ID, _timespec)
    return _timespec[0] * 1000000000 + _timespec[1]


def read(path):
    with open(path, "rb") as file:
        return file.read()


def timed(images, runs, function, *arguments):
    start = cpu_ns()
    for i in range(runs):
        function(images[i % 10], *arguments)
    return (cpu_ns() - start) / runs


def main(folder, int8_loops, fp32_loops, runs):
    images = [array("B", read("%s/mnist/mnist_example_%d.bin" % (folder, i))) for i in range(10)]
    out, buffer = array("f", bytes(40)), bytearray(1 << 16)
    jobs = []
    for kind, module, library in (
        ("int8", emlearn_cnn_int8, int8_loops),
        ("fp32", emlearn_cnn_fp32, fp32_loops),
    ):
        for form in ("tmdl", "tflite"):
            network = module.new(read("%s/mnist_cnn_%s.%s" % (folder, kind, form)))
            jobs.append((network.run, out))
        loops = ffi.open(library).func("v", "cnn_loops_run", "PPPP")
        model = read("%s/mnist_cnn_%s.tmdl" % (folder, kind))
        jobs.append((lambda image, loops=loops, model=model: loops(model, image, buffer, out),))
    while sys.stdin.readline():
        gc.collect()
        print(json.dumps([timed(images, int(runs), *job) for job in jobs]))


if __name__ == "__main__":
    main(*sys.argv[1:])
