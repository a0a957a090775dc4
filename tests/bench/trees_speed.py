# SPDX-License-Identifier: MIT
"""The speed of emlearn_trees: a forest of 10 trees with 100 leaves each, on images of digits.

Evaluation is measured in C, compared to emlearn's own algorithm compiled as emlearn-micropython
ships it; labels and loading in MicroPython, compared to programs without our module.
"""

import ctypes
import json
import statistics
import subprocess
import time

import emlearn
import m2cgen
import numpy as np
from results import result
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from support import MICROPYTHON, TOP

PREDICT_GOAL = 2  # goals are speed ratios
UPSTREAM_LABEL_GOAL = 10
M2CGEN_LABEL_GOAL = 8
LOAD_GOAL = 25
C_ROUNDS = 100
ROUNDS = 20

N_TREES = 10
N_LEAVES = 100
LARGE_NODES = 64000
LOAD_ROUNDS = 5
LOAD_HEAP = "heapsize=8m"
# A forest's accuracy on its training inputs shows that all do the same work. Upstream drops the
# fraction of thresholds, which on these small numbers costs it a tenth.
LEAST_ACCURACY = 0.85

_HARNESS = TOP / "tests/bench/trees_harness.c"
_CFLAGS = ["-std=c99", "-DNDEBUG", "-fpic", "-shared", "-Wl,-Bsymbolic"]
_OURS = ["-O3", "-fno-tree-loop-distribute-patterns", f"-I{TOP}/natmods"]
# The flags with which MicroPython's py/dynruntime.mk compiles upstream's module for x86-64.
_PEERS = ["-Os", "-fno-common", "-fno-stack-protector", "-U_FORTIFY_SOURCE", "-w", "-DPEER"]


def _repeated(csv):
    """emlearn's CSV of the forest, repeated until it has LARGE_NODES nodes or more."""
    lines = csv.split("\r\n")
    nodes = [line for line in lines if line.startswith("n,")]
    roots = [int(line[2:]) for line in lines if line.startswith("r,")]
    times = -(-LARGE_NODES // len(nodes))
    head = [line for line in lines if line[0] not in "nr"]
    all_roots = [f"r,{root + i * len(nodes)}" for i in range(times) for root in roots]
    return "\r\n".join(head + all_roots + nodes * times)


def _write_models(folder):
    """Trains the forest and writes all that trees_rounds.py reads. Returns the inputs."""
    images, labels = load_digits(return_X_y=True)
    images = images.astype(np.int16)
    forest = RandomForestClassifier(N_TREES, max_leaf_nodes=N_LEAVES, random_state=1)
    forest.fit(images, labels)
    converted = emlearn.convert(forest, method="loadable", dtype="int16_t")
    csv = converted.save(format="csv", name="digits")
    (folder / "digits.csv").write_text(csv)
    (folder / "large.csv").write_text(_repeated(csv))
    (folder / "digits.h").write_text(converted.save(format="c", name="digits"))
    (folder / "digits_m2cgen.py").write_text(m2cgen.export_to_python(forest))
    images.tofile(folder / "digits.bin")
    np.savetxt(folder / "digits.txt", labels, fmt="%d")
    return images


def _build(folder):
    (headers,) = emlearn.__path__
    includes = [f"-I{folder}", f"-I{headers}"]
    for name, flags in (("ours.so", _OURS), ("peer.so", _PEERS + includes)):
        command = ["gcc", *_CFLAGS, *flags, "-o", folder / name, _HARNESS, "-lm"]
        subprocess.run(command, check=True)


def _measure_c(folder, images):
    """Medians of a prediction's time in C in ns: ours, the peer's."""
    ours, peer = ctypes.CDLL(folder / "ours.so"), ctypes.CDLL(folder / "peer.so")
    ours.load.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    ours.load.restype = ctypes.c_char_p
    csv = (folder / "digits.csv").read_bytes()
    error = ours.load(csv, len(csv))
    assert error is None, error
    n, n_features = images.shape
    out = np.zeros((n, 10), np.float32)
    rounds = {ours: [], peer: []}
    for _ in range(C_ROUNDS):
        for library, found in rounds.items():
            start = time.process_time_ns()
            library.predict_all(images.ctypes, n_features, n, out.ctypes, 10)
            found.append((time.process_time_ns() - start) / n)
            assert np.allclose(out.sum(axis=1), 1, atol=1e-5)
    return statistics.median(rounds[ours]), statistics.median(rounds[peer])


def _times(name, ours, peers, unit, goal, peer):
    text = f"{peer}: {peers:.4g} {unit}; ours {ours:.3g} {unit}"
    return result(name, peers / ours, "times", goal, text, peers, better="higher")


def _measure_python(folder, what, rounds, *options):
    """Medians of the times of ours and of the peer in MicroPython, in us."""
    command = [
        MICROPYTHON,
        *options,
        TOP / "tests/bench/trees_rounds.py",
        folder,
        str(rounds),
        what,
    ]
    found = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    for way, accuracy in found.get("accuracy", {}).items():
        assert accuracy >= LEAST_ACCURACY, f"{what}: {way}: {accuracy}"
    return statistics.median(found["ours"]), statistics.median(found["peer"])


def _result(name, medians, unit, goal, peer):
    ours, peers = medians
    text = f"{peer}: {peers:.4g} {unit}; ours {ours:.3g} {unit}"
    return result(name, peers / ours, "times", goal, text, peers, better="higher")


def measure(folder):
    images = _write_models(folder)
    _build(folder)
    in_c = _measure_c(folder, images)
    upstream = _measure_python(folder, "upstream", ROUNDS)
    m2c = _measure_python(folder, "m2cgen", ROUNDS)
    load = _measure_python(folder, "load", LOAD_ROUNDS, "-X", LOAD_HEAP)
    load_ms = [us / 1e3 for us in load]
    peer = "emlearn's algorithm at -Os"
    return [
        _result("forest: predict, in C", in_c, "ns", PREDICT_GOAL, peer),
        _result(
            "forest: label, beside upstream",
            upstream,
            "us",
            UPSTREAM_LABEL_GOAL,
            f"{peer}, argmax in Python",
        ),
        _result("forest: label, beside m2cgen", m2c, "us", M2CGEN_LABEL_GOAL, "m2cgen's Python"),
        _result("forest: CSV of 64k nodes", load_ms, "ms", LOAD_GOAL, "a loader in Python"),
    ]
