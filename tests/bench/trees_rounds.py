# SPDX-License-Identifier: MIT
"""Runs in sensord's MicroPython: labels by emlearn_trees and its peers, and loading, in turns.

usage: trees_rounds.py FOLDER ROUNDS upstream|m2cgen|load

FOLDER has digits.bin (int16 inputs), digits.csv (the forest), large.csv (64,000 nodes),
digits_m2cgen.py (the forest as Python code) and peer.so (emlearn's own algorithm). Prints JSON
with a list for "ours" and one for "peer", each round's us of process CPU time: for a label, or for
loading large.csv. With labels also "accuracy", the share of each one's labels that match
digits.txt.
"""

import gc
import json
import sys
from array import array

import emlearn_trees
import ffi

N_FEATURES = 64
N_CLASSES = 10
N_INPUTS = 200
PASSES = 25  # over the inputs in a round
LIMITS = (1000, 70000, 1000)

CLOCK_PROCESS_CPUTIME_ID = 2  # <linux/time.h>

_clock_gettime = ffi.open(None).func("i", "clock_gettime", "iP")
_timespec = array("l", (0, 0))


def cpu_us():
    _clock_gettime(CLOCK_PROCESS_CPUTIME_ID, _timespec)
    return _timespec[0] * 1e6 + _timespec[1] / 1e3


def argmax(values):
    """Computed as in emlearn-micropython's benchmark of digits."""
    best, largest = 0, values[0]
    for i, value in enumerate(values):
        if value > largest:
            best, largest = i, value
    return best


def load_in_python(model, file):
    """Line by line, as in emlearn-micropython's own loader."""
    n_features = n_classes = None
    leaf_bits = 0
    for line in file:
        fields = line.rstrip("\r\n").split(",")
        kind = fields[0]
        if kind == "n":
            threshold = int(float(fields[2]))
            model.addnode(int(fields[3]), int(fields[4]), int(fields[1]), threshold)
        elif kind == "r":
            model.addroot(int(fields[1]))
        elif kind == "l":
            model.addleaf(int(fields[1]))
        elif kind == "f":
            n_features = int(fields[1])
        elif kind == "c":
            n_classes = int(fields[1])
        if kind in ("f", "c") and n_classes is not None:
            model.setdata(n_features, n_classes, leaf_bits)


def loading(load, path):
    gc.collect()
    model = emlearn_trees.new(*LIMITS)
    start = cpu_us()
    with open(path) as file:
        load(model, file)
    return cpu_us() - start


def peer_of(name, folder):
    """The function that labels an input, and the function that makes its input of an array."""
    if name == "m2cgen":
        sys.path.insert(0, folder)
        from digits_m2cgen import score

        return (lambda features: argmax(score(features))), list
    out = array("f", bytes(4 * N_CLASSES))
    predict = ffi.open(folder + "/peer.so").func("v", "predict_all", "Piipi")

    def label(features):
        predict(features, N_FEATURES, 1, out, N_CLASSES)
        return argmax(out)

    return label, lambda features: features


def measure_labels(name, folder, rounds):
    with open(folder + "/digits.bin", "rb") as file:
        inputs = [array("h", file.read(2 * N_FEATURES)) for _ in range(N_INPUTS)]
    with open(folder + "/digits.txt") as file:
        digits = [int(file.readline()) for _ in range(N_INPUTS)]
    model = emlearn_trees.new()
    emlearn_trees.load_model(model, folder + "/digits.csv")
    peer, prepare = peer_of(name, folder)
    ways = {"ours": (model.classify, inputs), "peer": (peer, [prepare(each) for each in inputs])}
    found = {"ours": [], "peer": [], "accuracy": {}}
    for way, (label, values) in ways.items():
        right = sum(label(value) == digit for value, digit in zip(values, digits))
        found["accuracy"][way] = right / N_INPUTS
    # With the collector running, because allocations are part of the cost.
    for _ in range(rounds):
        for way, (label, values) in ways.items():
            start = cpu_us()
            for _ in range(PASSES):
                for value in values:
                    label(value)
            found[way].append((cpu_us() - start) / N_INPUTS / PASSES)
    return found


def measure_loading(folder, rounds):
    found = {"ours": [], "peer": []}
    for _ in range(rounds):
        found["ours"].append(loading(emlearn_trees.load_model, folder + "/large.csv"))
        found["peer"].append(loading(load_in_python, folder + "/large.csv"))
    return found


def main(folder, rounds, what):
    if what == "load":
        print(json.dumps(measure_loading(folder, int(rounds))))
    else:
        print(json.dumps(measure_labels(what, folder, int(rounds))))


if __name__ == "__main__":
    main(*sys.argv[1:])
