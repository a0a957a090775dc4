# SPDX-License-Identifier: MIT
"""Each operator of a network gives the reference runtime's results, in int8 and in floats."""

import functools

import numpy as np
import pytest
from natmods.cnn_reference import (
    IN_SCALE,
    IN_ZERO,
    INTERPRETERS,
    N_INPUTS,
    Layer,
    of_type,
    reference,
    run_network,
)
from networks import Network

SAME, VALID = 0, 1
NONE, RELU, RELU_N1_TO_1, RELU6 = range(4)


@pytest.fixture(params=INTERPRETERS)
def run(request, tmp_path):
    """A function that runs a model's bytes on inputs and returns our results, one row each."""
    return functools.partial(run_network, request.param, tmp_path)


def window(size, kernel, stride, dilation, padding):
    """The size of a sliding window's result."""
    span = (kernel - 1) * dilation + 1
    return -(-size // stride) if padding == SAME else (size - span) // stride + 1


both = pytest.mark.parametrize("kind", ("int8", "float"))

# height, width, channels in and out, kernel, stride, dilation, padding, activation
CONVOLUTIONS = [
    ((5, 5), 1, 1, (1, 1), (1, 1), (1, 1), VALID, NONE),
    ((7, 9), 3, 5, (3, 3), (1, 1), (1, 1), SAME, RELU),
    ((8, 6), 2, 4, (3, 2), (2, 2), (1, 1), SAME, RELU6),
    ((11, 5), 8, 17, (5, 3), (2, 1), (1, 1), VALID, NONE),
    ((9, 9), 16, 3, (1, 1), (2, 2), (1, 1), SAME, RELU_N1_TO_1),
    ((13, 12), 4, 6, (3, 3), (1, 1), (2, 3), SAME, NONE),
    ((13, 12), 5, 2, (3, 3), (1, 1), (2, 2), VALID, RELU),
    ((4, 4), 7, 9, (4, 4), (3, 3), (1, 1), VALID, NONE),
    ((2, 3), 33, 8, (5, 5), (1, 1), (1, 1), SAME, NONE),
    ((1, 30), 6, 12, (1, 7), (1, 2), (1, 1), SAME, RELU),
]


@both
@pytest.mark.parametrize("case", range(len(CONVOLUTIONS)))
def test_conv_2d(kind, case, run):
    (height, width), inputs, outputs, kernel, stride, dilation, padding, act = CONVOLUTIONS[case]
    layer = Layer(kind, (1, height, width, inputs), case)
    weights, bias, scale = layer.weights((outputs, *kernel, inputs), outputs, 0, case % 3 != 1)
    rows = window(height, kernel[0], stride[0], dilation[0], padding)
    columns = window(width, kernel[1], stride[1], dilation[1], padding)
    result = layer.tensor((1, rows, columns, outputs), scale, -7 + 20 * (case % 3))
    layer.net.add(
        "CONV_2D", [layer.input, weights, bias], [result], "Conv2DOptions",
        padding=padding, strideH=stride[0], strideW=stride[1], dilationHFactor=dilation[0],
        dilationWFactor=dilation[1], fusedActivationFunction=act,
    )  # fmt: skip
    layer.check(run, result)


# height, width, channels, multiplier, kernel, stride, dilation, padding, activation
DEPTHWISE = [
    ((5, 5), 1, 1, (3, 3), (1, 1), (1, 1), VALID, NONE),
    ((7, 9), 3, 1, (3, 3), (1, 1), (1, 1), SAME, RELU),
    ((8, 6), 8, 1, (3, 2), (2, 2), (1, 1), SAME, RELU6),
    ((9, 7), 17, 1, (5, 4), (1, 1), (1, 1), VALID, NONE),
    ((6, 6), 4, 2, (3, 3), (2, 2), (1, 1), SAME, NONE),
    ((6, 7), 5, 3, (2, 2), (1, 1), (1, 1), VALID, RELU),
    ((9, 9), 1, 8, (3, 3), (1, 1), (1, 1), SAME, RELU6),
    ((11, 11), 6, 1, (3, 3), (1, 1), (2, 2), SAME, NONE),
    ((4, 4), 32, 1, (1, 1), (1, 1), (1, 1), VALID, NONE),
]


@both
@pytest.mark.parametrize("case", range(len(DEPTHWISE)))
def test_depthwise_conv_2d(kind, case, run):
    (height, width), inputs, multiplier, kernel, stride, dilation, padding, act = DEPTHWISE[case]
    layer = Layer(kind, (1, height, width, inputs), case)
    outputs = inputs * multiplier
    weights, bias, scale = layer.weights((1, *kernel, outputs), outputs, 3)
    rows = window(height, kernel[0], stride[0], dilation[0], padding)
    columns = window(width, kernel[1], stride[1], dilation[1], padding)
    result = layer.tensor((1, rows, columns, outputs), scale, 5 - 30 * (case % 3))
    layer.net.add(
        "DEPTHWISE_CONV_2D", [layer.input, weights, bias], [result], "DepthwiseConv2DOptions",
        padding=padding, strideH=stride[0], strideW=stride[1], dilationHFactor=dilation[0],
        dilationWFactor=dilation[1], fusedActivationFunction=act, depthMultiplier=multiplier,
    )  # fmt: skip
    layer.check(run, result)


@both
@pytest.mark.parametrize(
    ("shape", "outputs", "act", "has_bias", "per_channel"),
    [
        ((1, 1), 3, NONE, True, False),
        ((1, 18), 10, NONE, True, True),
        ((1, 100), 7, RELU, True, False),
        ((3, 5), 4, NONE, True, False),
        ((1, 2, 3, 4), 6, RELU6, True, False),
        ((1, 64), 33, NONE, False, False),
    ],
)
def test_fully_connected(kind, shape, outputs, act, has_bias, per_channel, run):
    layer = Layer(kind, shape, outputs)
    inputs = shape[-1] if len(shape) == 2 else int(np.prod(shape))
    rows = int(np.prod(shape)) // inputs
    weights, bias, scale = layer.weights((outputs, inputs), outputs, 0, per_channel)
    result = layer.tensor((rows, outputs), scale, 9)
    layer.net.add(
        "FULLY_CONNECTED", [layer.input, weights, bias if has_bias else -1], [result],
        "FullyConnectedOptions", fusedActivationFunction=act,
    )  # fmt: skip
    layer.check(run, result)


@both
@pytest.mark.parametrize("name", ("AVERAGE_POOL_2D", "MAX_POOL_2D"))
@pytest.mark.parametrize(
    ("size", "channels", "kernel", "stride", "padding", "act"),
    [
        ((6, 6), 4, (2, 2), (2, 2), VALID, NONE),
        ((7, 5), 3, (3, 3), (2, 2), SAME, NONE),
        ((5, 9), 9, (5, 2), (1, 3), VALID, RELU),
        ((4, 4), 17, (4, 4), (4, 4), VALID, RELU6),
        ((5, 5), 2, (3, 3), (1, 1), SAME, RELU6),
    ],
)
def test_pooling(kind, name, size, channels, kernel, stride, padding, act, run):
    layer = Layer(kind, (1, *size, channels))
    sides = [window(size[i], kernel[i], stride[i], 1, padding) for i in range(2)]
    result = layer.tensor((1, *sides, channels), IN_SCALE, IN_ZERO)
    layer.net.add(
        name, [layer.input], [result], "Pool2DOptions", padding=padding, strideH=stride[0],
        strideW=stride[1], filterHeight=kernel[0], filterWidth=kernel[1],
        fusedActivationFunction=act,
    )  # fmt: skip
    layer.check(run, result)


@both
@pytest.mark.parametrize(
    ("shape", "axes", "keep"),
    [
        ((1, 5, 7, 6), (1, 2), False),
        ((1, 5, 7, 6), (1, 2), True),
        ((1, 3, 4, 9), (3,), False),
        ((1, 3, 4, 9), (-3,), True),
        ((1, 3, 4, 2), (1, 2, 3), True),
        ((1, 6, 5), (1,), False),
    ],
)
def test_mean(kind, shape, axes, keep, run):
    layer = Layer(kind, shape)
    at = {axis % len(shape) for axis in axes}
    kept = [1 if i in at else n for i, n in enumerate(shape) if keep or i not in at]
    result = layer.tensor(kept, IN_SCALE / 3, -20)
    axes = layer.net.constant(np.int32(axes))
    layer.net.add("MEAN", [layer.input, axes], [result], "ReducerOptions", keepDims=keep)
    layer.check(run, result)


@both
@pytest.mark.parametrize(
    ("shape", "beta"), [((1, 10), 1.0), ((1, 3), 0.5), ((1, 4, 3, 17), 1.0), ((5, 2), 2.0)]
)
def test_softmax(kind, shape, beta, run):
    layer = Layer(kind, shape)
    result = layer.tensor(shape, 1 / 256, -128)
    layer.net.add("SOFTMAX", [layer.input], [result], "SoftmaxOptions", beta=beta)
    layer.check(run, result)


@both
def test_logistic(kind, run):
    layer = Layer(kind, (1, 5, 6, 7))
    result = layer.tensor((1, 5, 6, 7), 1 / 256, -128)
    layer.net.add("LOGISTIC", [layer.input], [result])
    layer.check(run, result)


@both
@pytest.mark.parametrize("name", ("ADD", "MUL"))
@pytest.mark.parametrize(
    ("shape", "other", "act"),
    [
        ((1, 4, 5, 6), None, NONE),  # with itself
        ((1, 4, 5, 6), (1, 4, 5, 6), RELU),
        ((1, 4, 5, 6), (6,), RELU6),
        ((1, 4, 5, 6), (1, 1, 1, 1), NONE),
        ((1, 4, 5, 6), (1, 1, 5, 1), NONE),
        ((1, 1, 5, 1), (1, 4, 5, 6), RELU),
        ((1, 7), (1, 7), NONE),
    ],
)
def test_add_and_mul(kind, name, shape, other, act, run):
    layer = Layer(kind, shape)
    second = layer.input if other is None else layer.constant(other)
    result = layer.tensor(np.broadcast_shapes(shape, other or shape), 0.045, -11)
    options = {"fusedActivationFunction": act}
    kind_of_options = "AddOptions" if name == "ADD" else "MulOptions"
    layer.net.add(name, [layer.input, second], [result], kind_of_options, **options)
    layer.check(run, result)


@both
@pytest.mark.parametrize(
    ("shape", "pads", "value"),
    [
        ((1, 4, 5, 3), ((0, 0), (1, 2), (3, 0), (0, 0)), None),
        ((1, 4, 5, 3), ((0, 0), (0, 1), (1, 0), (2, 1)), 7),
        ((1, 6), ((0, 0), (2, 3)), None),
    ],
)
def test_pad(kind, shape, pads, value, run):
    layer = Layer(kind, shape)
    padded = [n + sum(pad) for n, pad in zip(shape, pads)]
    result = layer.tensor(padded, IN_SCALE, IN_ZERO)
    inputs = [layer.input, layer.net.constant(np.int32(pads))]
    if value is not None:
        values = np.array([value], of_type(kind))
        quantised = (IN_SCALE, IN_ZERO) if kind == "int8" else ()
        inputs.append(layer.net.constant(values, *quantised))
    layer.net.add("PAD" if value is None else "PADV2", inputs, [result])
    layer.check(run, result)


@both
@pytest.mark.parametrize(("axis", "sizes"), [(3, (2, 5)), (-1, (4,)), (1, (3, 1, 2)), (2, (7,))])
def test_concatenation(kind, axis, sizes, run):
    shape = [1, 4, 3, 5]
    layer = Layer(kind, shape)
    inputs, total = [layer.input], shape[axis]
    for size in sizes:
        part = list(shape)
        part[axis] = size
        total += size
        inputs.insert(0, layer.constant(part, IN_SCALE, IN_ZERO))
    joined = list(shape)
    joined[axis] = total
    result = layer.tensor(joined, IN_SCALE, IN_ZERO)
    layer.net.add("CONCATENATION", inputs, [result], "ConcatenationOptions", axis=axis)
    layer.check(run, result)


@both
@pytest.mark.parametrize("name", ("RELU", "RELU6", "RELU_N1_TO_1"))
def test_relu(kind, name, run):
    if kind == "int8" and name == "RELU_N1_TO_1":
        kind = "float"  # the reference supports it for floats only
    layer = Layer(kind, (1, 4, 5, 6))
    result = layer.tensor((1, 4, 5, 6), IN_SCALE, IN_ZERO)
    layer.net.add(name, [layer.input], [result])
    layer.check(run, result)


@both
@pytest.mark.parametrize("name", ("RESHAPE", "SQUEEZE", "EXPAND_DIMS"))
def test_shapes(kind, name, run):
    """Between two layers that compute, so that memory is shared while it is in use."""
    layer = Layer(kind, (1, 1, 12))
    before = layer.tensor((1, 1, 12), 0.03, 1)
    shape = {"RESHAPE": (2, 6), "SQUEEZE": (1, 12), "EXPAND_DIMS": (1, 1, 1, 12)}[name]
    middle = layer.tensor(shape, 0.03, 1)
    result = layer.tensor(shape, 0.06, 1)
    layer.net.add("ADD", [layer.input, layer.constant((1, 1, 12))], [before], "AddOptions")
    if name == "RESHAPE":
        layer.net.add(name, [before, layer.net.constant(np.int32(shape))], [middle])
    elif name == "SQUEEZE":
        layer.net.add(name, [before], [middle], "SqueezeOptions", squeezeDims=[1])
    else:
        layer.net.add(name, [before, layer.net.constant(np.int32([1]))], [middle])
    layer.net.add("ADD", [middle, layer.constant(shape)], [result], "AddOptions")
    layer.check(run, result)


def test_quantize_and_dequantize(run):
    """A network with floats outside and int8 inside, as converters make by default."""
    net, rng = Network(), np.random.default_rng(3)
    source = net.tensor((1, 6, 7, 3), np.float32)
    quantised = net.tensor((1, 6, 7, 3), np.int8, 0.03, -5)
    coarser = net.tensor((1, 6, 7, 3), np.int8, 0.045, 20)
    result = net.tensor((1, 6, 7, 3), np.float32)
    net.add("QUANTIZE", [source], [quantised])
    net.add("QUANTIZE", [quantised], [coarser])
    net.add("DEQUANTIZE", [coarser], [result])
    model = net.bytes([source], [result])
    inputs = rng.normal(size=(N_INPUTS, 126)).astype(np.float32)
    expected, _ = reference(model, inputs)
    # One step of the coarser scale: values are rounded twice.
    assert np.abs(run(model, inputs) - expected).max() <= 0.045 * 1.001


def test_bytes_in_and_out_as_uint8(run):
    """Networks converted with uint8 inputs and outputs: a byte is a byte."""
    net = Network()
    source = net.tensor((1, 40), np.uint8, 0.02, 131)
    inside = net.tensor((1, 40), np.int8, 0.02, 3)
    squashed = net.tensor((1, 40), np.int8, 1 / 256, -128)
    result = net.tensor((1, 40), np.uint8, 1 / 256, 0)
    net.add("QUANTIZE", [source], [inside])
    net.add("LOGISTIC", [inside], [squashed])
    net.add("QUANTIZE", [squashed], [result])
    model = net.bytes([source], [result])
    inputs = np.random.default_rng(4).integers(0, 256, (N_INPUTS, 40), np.uint8)
    expected, (scale, zero) = reference(model, inputs)
    assert np.abs(np.rint(run(model, inputs) / scale + zero) - expected).max() <= 1
