# SPDX-License-Identifier: MIT
"""Runs in MicroPython: evaluates a forest on many inputs.

usage: forests.py MODEL N_FEATURES INPUTS OUT

MODEL is emlearn's CSV. INPUTS has int16 features, one input after the other; OUT gets the outputs
of predict() for each, as float32. Prints JSON: the labels from classify(), none for regression,
and whether the model's binary form, written and used in place, gives the same.
"""

import json
import sys
from array import array

import emlearn_trees


def outputs_of(model, inputs):
    outputs = array("f", bytes(4 * model.outputs()))
    for features in inputs:
        model.predict(features, outputs)
        yield bytes(outputs)


def main(model_path, n_features, inputs_path, out_path):
    model = emlearn_trees.new()
    with open(model_path) as file:
        emlearn_trees.load_model(model, file)
    inputs = []
    with open(inputs_path, "rb") as file:
        while data := file.read(2 * n_features):
            inputs.append(array("h", data))
    with open(out_path, "wb") as file:
        for outputs in outputs_of(model, inputs):
            file.write(outputs)
    labels = [model.classify(features) for features in inputs] if model.outputs() > 1 else []

    emlearn_trees.save_model(model, out_path + ".trees")
    with open(out_path + ".trees", "rb") as file:
        image = file.read()
    again = emlearn_trees.new()
    emlearn_trees.load_model(again, image)
    same = all(a == b for a, b in zip(outputs_of(model, inputs), outputs_of(again, inputs)))
    print(json.dumps({"labels": labels, "same": same}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4])
