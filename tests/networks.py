# SPDX-License-Identifier: MIT
"""Builds small TensorFlow Lite models, operator by operator, with the runtime's own schema."""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

_TYPES = {
    np.dtype(np.float32): schema.TensorType.FLOAT32,
    np.dtype(np.int8): schema.TensorType.INT8,
    np.dtype(np.uint8): schema.TensorType.UINT8,
    np.dtype(np.int16): schema.TensorType.INT16,
    np.dtype(np.int32): schema.TensorType.INT32,
}


class Network:
    """A model under construction. Tensors are numbers, as in operators."""

    def __init__(self):
        self._model = schema.ModelT()
        self._model.version = 3
        self._model.operatorCodes = []
        self._model.buffers = [schema.BufferT()]
        self._graph = schema.SubGraphT()
        self._graph.tensors = []
        self._graph.operators = []

    def tensor(self, shape, dtype, scale=None, zero=0, axis=0):
        """A computed tensor. `scale` is a number, or one for each channel of dimension `axis`."""
        tensor = schema.TensorT()
        tensor.shape = list(shape)
        tensor.type = _TYPES[np.dtype(dtype)]
        tensor.name = f"t{len(self._graph.tensors)}"
        if scale is not None:
            scales = np.atleast_1d(np.float32(scale))
            quantization = schema.QuantizationParametersT()
            quantization.scale = [float(value) for value in scales]
            quantization.zeroPoint = [zero] * len(scales)
            quantization.quantizedDimension = axis
            tensor.quantization = quantization
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1

    def constant(self, values, scale=None, zero=0, axis=0):
        index = self.tensor(values.shape, values.dtype, scale, zero, axis)
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8)
        self._model.buffers.append(buffer)
        self._graph.tensors[index].buffer = len(self._model.buffers) - 1
        return index

    def add(self, name, inputs, outputs, kind=None, **options):
        """An operator, such as "CONV_2D", with the options of the schema's table `kind`."""
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, name)
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)
        code.version = _VERSIONS.get(name, 1)
        self._model.operatorCodes.append(code)
        operator = schema.OperatorT()
        operator.opcodeIndex = len(self._model.operatorCodes) - 1
        operator.inputs, operator.outputs = list(inputs), list(outputs)
        if kind:
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, kind)
            operator.builtinOptions = getattr(schema, kind + "T")()
            for option, value in options.items():
                assert hasattr(operator.builtinOptions, option), option
                setattr(operator.builtinOptions, option, value)
        self._graph.operators.append(operator)

    def bytes(self, inputs, outputs):
        self._graph.inputs, self._graph.outputs = list(inputs), list(outputs)
        self._model.subgraphs = [self._graph]
        builder = flatbuffers.Builder(1024)
        builder.Finish(self._model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


# The versions in which operators got int8.
_VERSIONS = {
    "CONV_2D": 3, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 4, "AVERAGE_POOL_2D": 2,
    "MAX_POOL_2D": 2, "MEAN": 2, "SOFTMAX": 2, "LOGISTIC": 2, "ADD": 2, "MUL": 2, "PAD": 2,
    "PADV2": 2, "CONCATENATION": 2, "DEQUANTIZE": 2, "RELU": 2, "RELU6": 2,
}  # fmt: skip
