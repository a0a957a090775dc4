# SPDX-License-Identifier: MIT
"""The networks' speed compared to upstream's loops and to LiteRT, on the MNIST example.

Ours is measured as programs use it: a call of run() with bytes in and floats out. LiteRT too: set
the input, run, fetch the output. It uses any instructions of the processor, such as AVX-512, ours
only SSE2: it is shown for comparison and is no goal. The programs run in turns and count their
process's CPU time.
"""

import json
import statistics
import subprocess
import time

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from results import result
from support import MICROPYTHON, TOP

RUNS = 300  # in a round
ROUNDS = 25
LOOPS_GOAL = 1 / 4  # of the time of the loops

_HERE = TOP / "tests/bench"
_NETWORKS = TOP / "tests/data/cnn"
_KINDS = {"int8": ("int8_t", 0), "fp32": ("float", 1)}
# The flags with which MicroPython's py/dynruntime.mk compiles upstream's module for x86-64.
_CFLAGS = ["-std=c99", "-Os", "-DNDEBUG", "-fpic", "-fno-common", "-fno-stack-protector"]
_CFLAGS += ["-U_FORTIFY_SOURCE", "-shared", "-Wl,-Bsymbolic"]


def _build_loops(folder):
    libraries = []
    for kind, (number, is_float) in _KINDS.items():
        library = folder / f"loops_{kind}.so"
        flags = [*_CFLAGS, f"-DNUMBER={number}", f"-DNUMBER_IS_FLOAT={is_float}"]
        command = ["gcc", *flags, "-o", library, _HERE / "cnn_loops.c", "-lm"]
        subprocess.run(command, check=True)
        libraries.append(library)
    return libraries


class _LiteRT:
    """The reference runtime on one network, with one thread. `median_us` of its rounds."""

    def __init__(self, kind):
        path = _NETWORKS / f"mnist_cnn_{kind}.tflite"
        self._interpreter = Interpreter(str(path), num_threads=1)
        self._interpreter.allocate_tensors()
        source = self._interpreter.get_input_details()[0]
        self._in = source["index"]
        self._out = self._interpreter.get_output_details()[0]["index"]
        images = [np.fromfile(_NETWORKS / f"mnist/mnist_example_{i}.bin", "u1") for i in range(10)]
        # Prepared in advance, because that is numpy's time, not LiteRT's.
        if kind == "int8":
            images = [(image ^ 128).view("i1") for image in images]
        else:
            images = [(image / 255).astype("f4") for image in images]
        self._images = [image.reshape(source["shape"]) for image in images]
        self._rounds = []

    def round(self):
        start = time.process_time_ns()
        for i in range(RUNS):
            self._interpreter.set_tensor(self._in, self._images[i % 10])
            self._interpreter.invoke()
            self._interpreter.get_tensor(self._out)
        self._rounds.append((time.process_time_ns() - start) / RUNS)

    @property
    def median_us(self):
        return statistics.median(self._rounds) / 1000


def _run_rounds(command, peers):
    """Medians in us of cnn_rounds.py's measurements, a list. Peers run between its rounds."""
    rounds = []
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        for _ in range(ROUNDS):
            program.stdin.write("\n")
            program.stdin.flush()
            rounds.append(json.loads(program.stdout.readline()))
            for peer in peers:
                peer.round()
        program.stdin.close()
    return [statistics.median(values) / 1000 for values in zip(*rounds)]


def measure(folder):
    peers = [_LiteRT(kind) for kind in _KINDS]
    command = [MICROPYTHON, _HERE / "cnn_rounds.py", _NETWORKS, *_build_loops(folder), str(RUNS)]
    medians = _run_rounds(command, peers)
    found = []
    for i, (kind, peer) in enumerate(zip(_KINDS, peers)):
        tmdl, tflite, loops = medians[3 * i : 3 * i + 3]
        litert = f"LiteRT with its input and output {peer.median_us:.1f} us"
        found += [
            result(
                f"MNIST network, {kind}: time, .{form}",
                ours / loops,
                "ratio",
                LOOPS_GOAL,
                f"upstream's loops: {loops:.1f} us an image; ours {ours:.1f} us; {litert}",
                loops,
            )
            for form, ours in (("tmdl", tmdl), ("tflite", tflite))
        ]
    return found
