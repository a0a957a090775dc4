# SPDX-License-Identifier: MIT
"""Networks give the reference runtime's results, so that a model that was trained, quantised and
evaluated on a workstation decides the same on the board.

The reference is LiteRT (ai-edge-litert) in its usual form, with XNNPACK. int8 results may differ
by one in the last place, floats by 1e-4.
"""

import ctypes
import os
import pathlib
import subprocess

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from networks import Network
from support import MICROPYTHON, STOCK_MICROPYTHON, TOP

PROGRAM = pathlib.Path(__file__).with_name("cnn_program.py")
NETWORKS = TOP / "tests/data/cnn"
INTERPRETERS = {
    "sensord": (MICROPYTHON, ".frozen"),
    "stock": (STOCK_MICROPYTHON, f".frozen:{TOP / 'build/amd64/natmods'}"),
}
TIMEOUT_S = 120
N_INPUTS = 20
FLOAT_TOLERANCE = 1e-4

SAME, VALID = 0, 1
NONE, RELU, RELU_N1_TO_1, RELU6 = range(4)
IN_SCALE, IN_ZERO = 0.02, 3


@pytest.fixture(params=INTERPRETERS)
def run(request, tmp_path):
    """A function that runs a model's bytes on inputs and returns our results, one row each."""
    command, path = INTERPRETERS[request.param]

    def run_network(model, inputs, module=None):
        is_float = inputs.dtype == np.float32
        if module is None:
            module = "emlearn_cnn_fp32" if _computes_in_floats(model) else "emlearn_cnn_int8"
        files = [tmp_path / name for name in ("model", "inputs", "outputs")]
        files[0].write_bytes(model)
        files[1].write_bytes(inputs.tobytes())
        done = subprocess.run(
            [command, PROGRAM, module, files[0], "f" if is_float else "B", *files[1:]],
            env={**os.environ, "MICROPYPATH": path},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return np.fromfile(files[2], np.float32).reshape(len(inputs), -1)

    return run_network


def _computes_in_floats(model):
    """Whether the model computes only in floats."""
    details = Interpreter(model_content=model).get_tensor_details()
    return not any(tensor["dtype"] == np.int8 for tensor in details)


def reference(model, inputs):
    """LiteRT's raw results, one row each, and the scale and zero point of int8."""
    interpreter = Interpreter(model_content=model)
    interpreter.allocate_tensors()
    (source,), (target,) = interpreter.get_input_details(), interpreter.get_output_details()
    rows = []
    for values in inputs:
        interpreter.set_tensor(source["index"], values.reshape(source["shape"]))
        interpreter.invoke()
        rows.append(interpreter.get_tensor(target["index"]).flatten())
    return np.array(rows), target["quantization"]


def check(run, model, inputs):
    """Compares both on `inputs`: floats, or bytes, which are the model's int8 plus 128."""
    given = inputs if inputs.dtype == np.float32 else (inputs ^ 128).view(np.int8)
    expected, (scale, zero) = reference(model, given)
    ours = run(model, inputs)
    assert ours.shape == expected.shape
    assert len(np.unique(expected)) > 1, "the reference gives one value for everything"
    if expected.dtype == np.float32:
        assert np.abs(ours - expected).max() <= FLOAT_TOLERANCE * max(1, np.abs(expected).max())
    else:
        quantised = np.rint(ours / np.float32(scale) + zero).astype(int)
        difference = np.abs(quantised - expected)
        assert difference.max() <= 1, f"{difference.max()}, in {np.mean(difference > 1):.2%}"
    return ours, expected


def images():
    """The ten digits, and noise."""
    digits = [np.fromfile(NETWORKS / f"mnist/mnist_example_{i}.bin", np.uint8) for i in range(10)]
    noise = np.random.default_rng(10).integers(0, 256, (N_INPUTS, 28 * 28), np.uint8)
    return np.concatenate([digits, noise])


@pytest.mark.parametrize("path", sorted(NETWORKS.glob("*.tflite")), ids=lambda path: path.stem)
def test_a_trained_network_decides_as_the_reference_does(path, run):
    model, inputs = path.read_bytes(), images()
    if _computes_in_floats(model):
        ours, expected = check(run, model, (inputs / 255).astype(np.float32))
        # Bytes as inputs of a float network.
        assert np.abs(run(model, inputs) - ours).max() < 1e-6
    else:
        ours, expected = check(run, model, inputs)
    assert (ours.argmax(axis=1) == expected.argmax(axis=1)).all()


def shifted_digits():
    """The ten digits, shifted: a trained network must still recognise them."""
    digits = images()[:10].reshape(10, 28, 28)
    moves = [(y, x) for y in (-2, 0, 2) for x in (-2, 0, 2)]
    return np.concatenate([np.roll(digits, move, (1, 2)) for move in moves]).reshape(-1, 28 * 28)


@pytest.mark.parametrize(
    ("kind", "flags", "tolerance"),
    [
        ("int8", ["-DNUMBER=int8_t", "-DNUMBER_IS_FLOAT=0", "-DSATURATES"], 0),
        ("fp32", ["-DNUMBER=float", "-DNUMBER_IS_FLOAT=1"], 1e-5),
    ],
)
def test_a_tinymaix_network_gives_upstreams_results(kind, flags, tolerance, run, tmp_path):
    """int8 is the same to the last bit, but where upstream's results overflow, ours saturate."""
    library = tmp_path / "loops.so"
    source = TOP / "tests/bench/cnn_loops.c"
    flags = ["-std=c99", "-O1", "-fpic", "-shared", *flags]
    subprocess.run(["gcc", *flags, "-o", library, source, "-lm"], check=True)
    loops = ctypes.CDLL(str(library))
    model = (NETWORKS / f"mnist_cnn_{kind}.tmdl").read_bytes()
    inputs = shifted_digits()
    expected, row = [], (ctypes.c_float * 10)()
    buffer = ctypes.create_string_buffer(1 << 16)
    for image in inputs:
        loops.cnn_loops_run(model, image.tobytes(), buffer, row)
        expected.append(list(row))
    ours = run(model, inputs, f"emlearn_cnn_{kind}")
    assert np.abs(ours - np.float32(expected)).max() <= tolerance


def of_type(kind):
    return np.int8 if kind == "int8" else np.float32


class Layer:
    """One operator under test, with its input; both of the type `kind`."""

    def __init__(self, kind, shape, seed=1):
        self.net, self.kind = Network(), kind
        self.rng = np.random.default_rng(seed)
        self.shape = shape
        self.input = self.tensor(shape, IN_SCALE, IN_ZERO)

    def tensor(self, shape, scale, zero=0):
        if self.kind == "int8":
            return self.net.tensor(shape, np.int8, scale, zero)
        return self.net.tensor(shape, np.float32)

    def constant(self, shape, scale=0.02, zero=-4):
        """Random values like those of activations."""
        if self.kind == "int8":
            return self.net.constant(self.rng.integers(-128, 128, shape, np.int8), scale, zero)
        return self.net.constant(self.rng.normal(size=shape).astype(np.float32))

    def weights(self, shape, channels, axis, per_channel=True):
        """Weights and biases of `channels` outputs, and the scale that their results need."""
        length = np.prod(shape) // channels if axis == 0 else np.prod(shape[:-1])
        if self.kind == "float":
            weights = self.rng.normal(size=shape).astype(np.float32)
            bias = self.rng.normal(size=channels).astype(np.float32)
            return self.net.constant(weights), self.net.constant(bias), None
        scales = self.rng.uniform(0.003, 0.02, channels if per_channel else 1)
        weights = self.rng.integers(-127, 128, shape, np.int8)
        bias = self.rng.integers(-5000, 5000, channels, np.int32)
        scale = 5 / 256 * IN_SCALE * scales.mean() * 74 * 74 * np.sqrt(length)
        return (
            self.net.constant(weights, scales, axis=axis),
            self.net.constant(bias, np.float32(IN_SCALE) * np.float32(scales)),
            scale,
        )

    def check(self, run, output):
        """Completes the network and compares it."""
        size = (N_INPUTS, int(np.prod(self.shape)))
        if self.kind == "int8":
            inputs = self.rng.integers(0, 256, size, np.uint8)
        else:
            inputs = self.rng.normal(size=size).astype(np.float32)
        check(run, self.net.bytes([self.input], [output]), inputs)


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


REFUSED = {
    "TANH": "TANH is not supported",
    "CONV_2D": "CONV_2D is not supported for INT16",
    "ADD": "ADD with this fused activation is not supported",
    "MEAN": "MEAN with weights or sizes that are not constants is not supported",
    "LOGISTIC": "LOGISTIC lacks an input or output",
    "SOFTMAX": "SOFTMAX reads a tensor that nothing wrote before",
    "RELU": "a model with more than one input or output is not supported",
}


@pytest.mark.parametrize("name", REFUSED)
def test_unsupported_operators_are_named(name, run):
    net = Network()
    shape, dtype = (1, 4, 4, 2), np.int16 if name == "CONV_2D" else np.float32
    source, result = net.tensor(shape, dtype), net.tensor(shape, dtype)
    other = net.tensor(shape, dtype)
    inputs, options = [source], []
    if name == "CONV_2D":
        inputs = [source, net.constant(np.ones((2, 1, 1, 2), np.int16))]
        options = ["Conv2DOptions"]
    elif name == "ADD":
        inputs, options = [source, source], ["AddOptions"]
    elif name == "MEAN":
        inputs, options = [source, other], ["ReducerOptions"]
    elif name == "SOFTMAX":
        inputs, options = [other], ["SoftmaxOptions"]
    elif name == "LOGISTIC":
        inputs = []
    values = {"fusedActivationFunction": 4} if name == "ADD" else {}  # TANH
    net.add(name, inputs, [result], *options, **values)
    ends = [source, other] if name == "RELU" else [source]
    with pytest.raises(AssertionError, match=REFUSED[name]):
        run(net.bytes(ends, [result]), np.zeros((1, 32), np.float32), "emlearn_cnn_fp32")


def test_shape_arithmetic_of_converters_is_left_out(run):
    """Keras' Flatten becomes SHAPE, STRIDED_SLICE, PACK and RESHAPE with a batch of any size."""
    layer = Layer("float", (1, 2, 3, 4))
    net = layer.net
    shape, batch = net.tensor((4,), np.int32), net.tensor((), np.int32)
    packed, result = net.tensor((2,), np.int32), net.tensor((1, 24), np.float32)
    net.add("SHAPE", [layer.input], [shape], "ShapeOptions", outType=2)
    ends = [net.constant(np.int32([value])) for value in (0, 1, 1)]
    net.add("STRIDED_SLICE", [shape, *ends], [batch], "StridedSliceOptions", shrinkAxisMask=1)
    size = net.constant(np.array(24, np.int32))
    net.add("PACK", [batch, size], [packed], "PackOptions", valuesCount=2)
    net.add("RESHAPE", [layer.input, packed], [result])
    layer.check(run, result)


def test_memory_is_shared_without_harm(run):
    """Branches with different life spans: a wrong plan overwrites values that are still needed."""
    for kind in ("int8", "float"):
        layer = Layer(kind, (1, 6, 6, 8))
        made = [layer.input]
        for step in range(14):
            result = layer.tensor((1, 6, 6, 8), 0.03 + 0.004 * step, step - 5)
            older = made[layer.rng.integers(0, len(made))]
            layer.net.add("ADD", [made[-1], older], [result], "AddOptions")
            made.append(result)
        layer.check(run, made[-1])
