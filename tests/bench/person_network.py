# SPDX-License-Identifier: MIT
"""A network of the usual size for person detection: MobileNet v1, width 0.25, 96 x 96 grey, int8,
two classes; 7 million multiply-adds. Its weights are random: only its cost counts."""

import numpy as np
from networks import Network

SIZE = 96
# (outputs, stride) of the depthwise and pointwise pairs after the first convolution of 8
_PAIRS = (
    [(16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2)] + 5 * [(128, 1)] + [(256, 2), (256, 1)]
)
_SCALE = 0.05


def write(path):
    """Writes it as .tflite to `path` and returns that."""
    net, rng = Network(), np.random.default_rng(1)

    def tensor(shape):
        return net.tensor(shape, np.int8, scale=_SCALE, zero=-128)

    def weights(shape, outputs):
        values = rng.integers(-40, 41, shape).astype(np.int8)
        bias = rng.integers(-200, 200, outputs, np.int32)
        return [
            net.constant(values, scale=0.01, zero=0),
            net.constant(bias, scale=_SCALE * 0.01),
        ]

    side, channels = SIZE // 2, 8
    first = tensor((1, SIZE, SIZE, 1))
    last = tensor((1, side, side, channels))
    relu = {"fusedActivationFunction": 1}
    net.add("CONV_2D", [first, *weights((8, 3, 3, 1), 8)], [last], "Conv2DOptions",
            strideH=2, strideW=2, **relu)  # fmt: skip
    for outputs, stride in _PAIRS:
        side = -(-side // stride)
        middle = tensor((1, side, side, channels))
        net.add("DEPTHWISE_CONV_2D", [last, *weights((1, 3, 3, channels), channels)], [middle],
                "DepthwiseConv2DOptions", strideH=stride, strideW=stride, depthMultiplier=1,
                **relu)  # fmt: skip
        last = tensor((1, side, side, outputs))
        net.add("CONV_2D", [middle, *weights((outputs, 1, 1, channels), outputs)], [last],
                "Conv2DOptions", strideH=1, strideW=1, **relu)  # fmt: skip
        channels = outputs
    pooled = tensor((1, 1, 1, channels))
    net.add("AVERAGE_POOL_2D", [last], [pooled], "Pool2DOptions", filterHeight=side,
            filterWidth=side, strideH=1, strideW=1, padding=1)  # fmt: skip
    flat = tensor((1, channels))
    net.add("RESHAPE", [pooled, net.constant(np.int32([1, channels]))], [flat])
    logits = tensor((1, 2))
    net.add("FULLY_CONNECTED", [flat, *weights((2, channels), 2)], [logits],
            "FullyConnectedOptions")  # fmt: skip
    result = net.tensor((1, 2), np.int8, scale=1 / 256, zero=-128)
    net.add("SOFTMAX", [logits], [result], "SoftmaxOptions", beta=1.0)
    path.write_bytes(net.bytes([first], [result]))
    return path
