# SPDX-License-Identifier: MIT
"""Networks in our runtime and in the reference, LiteRT (ai-edge-litert) in its usual form, with
XNNPACK. int8 results may differ by one in the last place, floats by 1e-4.
"""

import os
import pathlib
import subprocess

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from networks import Network
from support import MICROPYTHON, STOCK_MICROPYTHON, TOP

_PROGRAM = pathlib.Path(__file__).with_name("cnn_program.py")
INTERPRETERS = {
    "sensord": (MICROPYTHON, ".frozen"),
    "stock": (STOCK_MICROPYTHON, f".frozen:{TOP / 'build/amd64/natmods'}"),
}
_TIMEOUT_S = 120
N_INPUTS = 20
_FLOAT_TOLERANCE = 1e-4

# The quantisation of a layer's input.
IN_SCALE, IN_ZERO = 0.02, 3


def run_network(interpreter, folder, model, inputs, module=None):
    """Runs a model's bytes on inputs and returns our results, one row each."""
    command, path = INTERPRETERS[interpreter]
    is_float = inputs.dtype == np.float32
    if module is None:
        module = "emlearn_cnn_fp32" if computes_in_floats(model) else "emlearn_cnn_int8"
    files = [folder / name for name in ("model", "inputs", "outputs")]
    files[0].write_bytes(model)
    files[1].write_bytes(inputs.tobytes())
    done = subprocess.run(
        [command, _PROGRAM, module, files[0], "f" if is_float else "B", *files[1:]],
        env={**os.environ, "MICROPYPATH": path},
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return np.fromfile(files[2], np.float32).reshape(len(inputs), -1)


def computes_in_floats(model):
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
        assert np.abs(ours - expected).max() <= _FLOAT_TOLERANCE * max(1, np.abs(expected).max())
    else:
        quantised = np.rint(ours / np.float32(scale) + zero).astype(int)
        difference = np.abs(quantised - expected)
        assert difference.max() <= 1, f"{difference.max()}, in {np.mean(difference > 1):.2%}"
    return ours, expected


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
