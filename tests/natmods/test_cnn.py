# SPDX-License-Identifier: MIT
"""Networks give the reference runtime's results, so that a model that was trained, quantised and
evaluated on a workstation decides the same on the board.
"""

import ctypes
import functools
import subprocess

import numpy as np
import pytest
from natmods.cnn_reference import (
    INTERPRETERS,
    N_INPUTS,
    Layer,
    check,
    computes_in_floats,
    run_network,
)
from networks import Network
from support import TOP

NETWORKS = TOP / "tests/data/cnn"


@pytest.fixture(params=INTERPRETERS)
def run(request, tmp_path):
    """A function that runs a model's bytes on inputs and returns our results, one row each."""
    return functools.partial(run_network, request.param, tmp_path)


def images():
    """The ten digits, and noise."""
    digits = [np.fromfile(NETWORKS / f"mnist/mnist_example_{i}.bin", np.uint8) for i in range(10)]
    noise = np.random.default_rng(10).integers(0, 256, (N_INPUTS, 28 * 28), np.uint8)
    return np.concatenate([digits, noise])


@pytest.mark.parametrize("path", sorted(NETWORKS.glob("*.tflite")), ids=lambda path: path.stem)
def test_a_trained_network_decides_as_the_reference_does(path, run):
    model, inputs = path.read_bytes(), images()
    if computes_in_floats(model):
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
