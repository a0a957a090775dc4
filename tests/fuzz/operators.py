# SPDX-License-Identifier: MIT
"""Writes two networks, of int8 and of floats, with every supported operator: operators.py FOLDER

The fuzzers start from them, because the trained networks have few operators. They are small and so
fast.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import numpy as np
from networks import Network

SCALE = 0.05


class Chain:
    """Operators in a row, each reading the result of the one before."""

    def __init__(self, is_int8, shape):
        self.net, self.rng = Network(), np.random.default_rng(1)
        self._dtype = np.int8 if is_int8 else np.float32
        self._quantised = {"scale": SCALE, "zero": -3} if is_int8 else {}
        self.shape = shape
        self.last = self.tensor(shape)

    def tensor(self, shape):
        return self.net.tensor(shape, self._dtype, **self._quantised)

    def constant(self, shape):
        return self.net.constant(self._values(shape), **self._quantised)

    def _values(self, shape):
        return self.rng.integers(-50, 50, shape).astype(self._dtype)

    def weights(self, shape, outputs):
        if self._dtype == np.float32:
            return [self.constant(shape), self.constant((outputs,))]
        scale = {"scale": 0.01, "zero": 0}
        bias = self.rng.integers(-50, 50, outputs, np.int32)
        return [
            self.net.constant(self._values(shape), **scale),
            self.net.constant(bias, scale=SCALE * 0.01),
        ]

    def then(self, name, shape, others=(), kind=None, before=False, **options):
        result = self.tensor(shape)
        inputs = [*others, self.last] if before else [self.last, *others]
        self.net.add(name, inputs, [result], kind, **options)
        self.last, self.shape = result, shape


def network(is_int8):
    chain = Chain(is_int8, (1, 5, 5, 3))
    first = chain.last
    if is_int8:
        first = chain.net.tensor(chain.shape, np.float32)
        chain.net.add("QUANTIZE", [first], [chain.last])
    pads = chain.net.constant(np.int32([[0, 0], [1, 0], [0, 1], [0, 0]]))
    chain.then("PAD", (1, 6, 6, 3), [pads])
    step = {"strideH": 1, "strideW": 1}
    weights = chain.weights((4, 3, 3, 3), 4)
    chain.then("CONV_2D", (1, 6, 6, 4), weights, "Conv2DOptions", **step)
    weights = chain.weights((1, 2, 2, 8), 8)
    step["padding"] = 1
    options = {"depthMultiplier": 2, "fusedActivationFunction": 3, **step}
    chain.then("DEPTHWISE_CONV_2D", (1, 5, 5, 8), weights, "DepthwiseConv2DOptions", **options)
    size = {"filterHeight": 2, "filterWidth": 2, **step}
    chain.then("AVERAGE_POOL_2D", (1, 4, 4, 8), (), "Pool2DOptions", **size)
    chain.then("MAX_POOL_2D", (1, 3, 3, 8), (), "Pool2DOptions", **size)
    chain.then("ADD", (1, 3, 3, 8), [chain.constant((8,))], "AddOptions")
    chain.then("MUL", (1, 3, 3, 8), [chain.constant((1, 3, 3, 1))], "MulOptions")
    chain.then("RELU6", (1, 3, 3, 8))
    part = chain.constant((1, 3, 1, 8))
    chain.then("CONCATENATION", (1, 3, 4, 8), [part], "ConcatenationOptions", True, axis=2)
    chain.then("MEAN", (1, 1, 4, 8), [chain.net.constant(np.int32([1]))], "ReducerOptions")
    chain.then("RESHAPE", (1, 32), [chain.net.constant(np.int32([1, 32]))])
    weights = chain.weights((6, 32), 6)
    chain.then("FULLY_CONNECTED", (1, 6), weights, "FullyConnectedOptions")
    chain.then("LOGISTIC", (1, 6))
    chain.then("SOFTMAX", (1, 6), (), "SoftmaxOptions", beta=1.0)
    last = chain.last
    if is_int8:
        last = chain.net.tensor(chain.shape, np.float32)
        chain.net.add("DEQUANTIZE", [chain.last], [last])
    return chain.net.bytes([first], [last])


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    for name, is_int8 in (("operators_int8", True), ("operators_fp32", False)):
        (folder / f"{name}.tflite").write_bytes(network(is_int8))
