# SPDX-License-Identifier: MIT
"""Runs a network on many inputs: cnn_program.py MODULE MODEL TYPECODE INPUTS OUTPUTS

INPUTS are elements of that typecode ("B" or "f"), input after input; OUTPUTS become floats.
Each input is run once more in parts of different sizes, which must give the same bits.
"""

import sys
from array import array

module, model, typecode, inputs, outputs = sys.argv[1:]
with open(model, "rb") as file:
    network = __import__(module).new(file.read())


def elements(dimensions):
    n = 1
    for dimension in dimensions:
        n *= dimension
    return n


size = elements(network.input_dimensions()) * (4 if typecode == "f" else 1)
values = array(typecode, bytes(size))
result = array("f", bytes(4 * elements(network.output_dimensions())))
in_parts = array("f", bytes(4 * elements(network.output_dimensions())))
work = 1
with open(inputs, "rb") as source, open(outputs, "wb") as target:
    while source.readinto(values):
        network.run(values, result)
        network.start(values)
        while network.step(in_parts, work):
            work = work * 7 % 100003 + 1
        if bytes(in_parts) != bytes(result):
            raise ValueError("in parts %s, at once %s" % (in_parts, result))
        target.write(result)
