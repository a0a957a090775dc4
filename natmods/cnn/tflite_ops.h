// SPDX-License-Identifier: MIT
// The operators of TensorFlow Lite models without weights, one function each, and their dispatch.
#ifndef SENSORD_CNN_TFLITE_OPS_H
#define SENSORD_CNN_TFLITE_OPS_H

#include "tflite_layers.h"

// The numbers of the options' fields, from the schema.
enum { CONCATENATION_AXIS, CONCATENATION_ACTIVATION };
enum { BINARY_ACTIVATION = 0 };
enum { SOFTMAX_BETA = 0 };

static inline bool tflite_mean(const tflite_op_t *o) {
    cnn_op_t *op = tflite_new(o, CNN_MEAN);
    const cnn_tensor_t *axes = tflite_constant(o, 1, CNN_INT32);
    if (op == NULL || axes == NULL || !cnn_unary(o->model, op)) {
        return false;
    }
    const cnn_tensor_t *a = &o->model->tensors[op->a];
    for (uint32_t i = 0; i < axes->n; i++) {
        const int32_t axis = cnn_int_at(axes->constant + 4 * i);
        if (axis < -(int32_t)a->rank || axis >= a->rank) {
            return tflite_fail(o, " over an axis that does not exist");
        }
        op->reduced |= 1u << (axis < 0 ? axis + CNN_MAX_RANK : axis + CNN_MAX_RANK - a->rank);
    }
    uint64_t n = 1;
    for (int i = 0; i < CNN_MAX_RANK; i++) {
        n *= op->reduced >> i & 1 ? 1 : a->dims[i];
    }
    return o->model->tensors[op->out].n == n || tflite_fail(o, " with an impossible shape");
}

static inline bool tflite_softmax(const tflite_op_t *o) {
    cnn_op_t *op = tflite_new(o, CNN_SOFTMAX);
    if (op == NULL || !cnn_unary(o->model, op)) {
        return false;
    }
    const uint32_t at = fb_field(o->fb, &o->options, SOFTMAX_BETA, 4);
    op->factor = at == 0 ? 0.0f : cnn_float_at(o->fb->data + at);
    if (!(op->factor >= 0.0f && op->factor < 1e30f)) {
        return tflite_fail(o, " with this beta is not supported");
    }
    return o->model->tensors[op->a].n == o->model->tensors[op->out].n ||
           tflite_fail(o, " with an impossible shape");
}

// An int8 function has 256 values: it becomes a table.
static inline bool tflite_set_sigmoid_table(const tflite_op_t *o, cnn_op_t *op) {
    const cnn_tensor_t *a = &o->model->tensors[op->a], *out = &o->model->tensors[op->out];
    int8_t *table = cnn_allocate(o->model, 256, 1);
    for (int q = -128; table != NULL && q < 128; q++) {
        const float value = cnn_sigmoid((float)(q - a->zero_point) * a->scale) / out->scale;
        const float zero = (float)out->zero_point;
        table[q + 128] =
            (int8_t)(cnn_round(cnn_clamp(value, -128.0f - zero, 127.0f - zero)) + out->zero_point);
    }
    op->weights = table;
    return table != NULL;
}

static inline bool tflite_logistic(const tflite_op_t *o) {
    cnn_op_t *op = tflite_new(o, CNN_LOGISTIC);
    if (op == NULL || !cnn_unary(o->model, op)) {
        return false;
    }
    if (o->model->tensors[op->a].n != o->model->tensors[op->out].n) {
        return tflite_fail(o, " with an impossible shape");
    }
    return o->model->tensors[op->a].type != CNN_INT8 || tflite_set_sigmoid_table(o, op);
}

static inline bool tflite_binary(const tflite_op_t *o, uint8_t kind) {
    cnn_op_t *op = tflite_new(o, kind);
    if (op == NULL) {
        return false;
    }
    op->b = tflite_tensor(o, &o->inputs, 1);
    if (!cnn_take(o->model, op, op->b) || !cnn_unary(o->model, op) ||
        !cnn_has_type(o->model, op, op->b, o->model->tensors[op->a].type)) {
        return false;
    }
    const cnn_tensor_t *a = &o->model->tensors[op->a], *b = &o->model->tensors[op->b];
    const cnn_tensor_t *out = &o->model->tensors[op->out];
    for (int i = 0; i < CNN_MAX_RANK; i++) {
        const uint32_t larger = a->dims[i] > b->dims[i] ? a->dims[i] : b->dims[i];
        if ((a->dims[i] != larger && a->dims[i] != 1) || (b->dims[i] != larger && b->dims[i] != 1) ||
            out->dims[i] != larger) {
            return tflite_fail(o, " of shapes that cannot be broadcast");
        }
    }
    return tflite_set_activation(o, op, fb_byte(o->fb, &o->options, BINARY_ACTIVATION));
}

// QUANTIZE, DEQUANTIZE, RELU and the like: the same values in another type, scale or range.
static inline bool tflite_convert(const tflite_op_t *o, uint32_t activation) {
    cnn_op_t *op = tflite_new(o, CNN_CONVERT);
    if (op == NULL || !cnn_take(o->model, op, op->a) || !cnn_give(o->model, op, op->out)) {
        return false;
    }
    const uint16_t tensors[2] = { op->a, op->out };
    for (int i = 0; i < 2; i++) {
        const uint8_t type = o->model->tensors[tensors[i]].type;
        if (type != CNN_FP32 && type != CNN_INT8 && type != CNN_UINT8) {
            return cnn_computes(o->model, op, tensors[i]); // sets the error
        }
        if (!cnn_has_type(o->model, op, tensors[i], type)) {
            return false;
        }
    }
    if (o->model->tensors[op->a].n != o->model->tensors[op->out].n) {
        return tflite_fail(o, " with an impossible shape");
    }
    return tflite_set_activation(o, op, activation);
}

// RESHAPE and the like. The new shape is the result's, so an operator that computes it is ignored.
static inline bool tflite_reshape(const tflite_op_t *o) {
    cnn_op_t *op = tflite_new(o, CNN_ALIAS);
    if (op == NULL || !cnn_take(o->model, op, op->a) || !cnn_give(o->model, op, op->out)) {
        return false;
    }
    cnn_tensor_t *a = &o->model->tensors[op->a], *out = &o->model->tensors[op->out];
    if (a->n != out->n || a->type != out->type || a->type == CNN_OTHER_TYPE || a->constant != NULL) {
        return tflite_fail(o, " of a constant, or to another size or type, is not supported");
    }
    out->storage = a->storage;
    return cnn_same_scale(o->model, op);
}

// PAD and PADV2: fills the result and places the input in it.
static inline bool tflite_pad(const tflite_op_t *o) {
    cnn_op_t *op = tflite_new(o, CNN_PLACE);
    const cnn_tensor_t *pads = tflite_constant(o, 1, CNN_INT32);
    if (op == NULL || pads == NULL || !cnn_unary(o->model, op) || !cnn_same_scale(o->model, op)) {
        return false;
    }
    const cnn_tensor_t *a = &o->model->tensors[op->a], *out = &o->model->tensors[op->out];
    bool fits = pads->n == 2u * a->rank && a->rank == out->rank;
    for (uint32_t i = 0; fits && i < a->rank; i++) {
        const uint32_t d = i + CNN_MAX_RANK - a->rank;
        const int64_t before = cnn_int_at(pads->constant + 8 * i);
        const int64_t after = cnn_int_at(pads->constant + 8 * i + 4);
        fits = before >= 0 && after >= 0 && before + a->dims[d] + after == out->dims[d];
        op->start[d] = (uint32_t)before;
    }
    if (!fits) {
        return tflite_fail(o, " with an impossible shape");
    }
    op->fills = true;
    op->fill = (uint8_t)out->zero_point;
    if (o->inputs.n > 2) {
        const cnn_tensor_t *value = tflite_constant(o, 2, a->type);
        if (value == NULL || value->n != 1) {
            return tflite_fail(o, " with more than one value");
        }
        op->fill = value->constant[0];
        op->lowest = a->type == CNN_FP32 ? cnn_float_at(value->constant) : 0.0f;
    }
    return true;
}

// One of the inputs of a concatenation, at `start` along dimension `d`.
static inline bool tflite_part(const tflite_op_t *o, uint32_t i, uint32_t d, uint32_t start) {
    cnn_op_t *op = tflite_new(o, CNN_PLACE);
    if (op == NULL) {
        return false;
    }
    op->a = tflite_tensor(o, &o->inputs, i);
    if (!cnn_take(o->model, op, op->a) || !cnn_computes(o->model, op, op->a) ||
        (i == 0 ? !cnn_give(o->model, op, op->out) : !cnn_take(o->model, op, op->out)) ||
        !cnn_has_type(o->model, op, op->out, o->model->tensors[op->a].type)) {
        return false;
    }
    const cnn_tensor_t *a = &o->model->tensors[op->a], *out = &o->model->tensors[op->out];
    op->start[d] = start;
    for (uint32_t k = 0; k < CNN_MAX_RANK; k++) {
        if (k == d ? a->dims[k] > out->dims[k] - start : a->dims[k] != out->dims[k]) {
            return tflite_fail(o, " with an impossible shape");
        }
    }
    return op->a != op->out ? cnn_same_scale(o->model, op) : tflite_fail(o, " of its own result");
}

static inline bool tflite_concatenation(const tflite_op_t *o) {
    const uint16_t out = tflite_tensor(o, &o->outputs, 0);
    if (out == CNN_NONE || fb_byte(o->fb, &o->options, CONCATENATION_ACTIVATION) != 0) {
        return tflite_fail(o, " with a fused activation is not supported");
    }
    const int32_t rank = o->model->tensors[out].rank;
    const int32_t axis = (int32_t)fb_int(o->fb, &o->options, CONCATENATION_AXIS, 0);
    if (axis < -rank || axis >= rank) {
        return tflite_fail(o, " along an axis that does not exist");
    }
    const uint32_t d = (uint32_t)(axis < 0 ? axis + CNN_MAX_RANK : axis + CNN_MAX_RANK - rank);
    uint32_t start = 0;
    for (uint32_t i = 0; i < o->inputs.n; i++) {
        if (!tflite_part(o, i, d, start)) {
            return false;
        }
        start += o->model->tensors[tflite_tensor(o, &o->inputs, i)].dims[d];
    }
    return start == o->model->tensors[out].dims[d] || tflite_fail(o, " with an impossible shape");
}

// Converters compute the shape of a RESHAPE from the batch size, which is known: skip these.
static inline bool tflite_shape_arithmetic(const tflite_op_t *o) {
    const uint16_t out = tflite_tensor(o, &o->outputs, 0);
    return (out != CNN_NONE && o->model->tensors[out].type == CNN_INT32) ||
           tflite_fail(o, " is not supported");
}

static inline bool tflite_add_operator(const tflite_op_t *o) {
    switch (o->code) {
        case TFLITE_CONV_2D:
            return tflite_conv(o, false);
        case TFLITE_DEPTHWISE_CONV_2D:
            return tflite_conv(o, true);
        case TFLITE_FULLY_CONNECTED:
            return tflite_fully_connected(o);
        case TFLITE_AVERAGE_POOL_2D:
            return tflite_pool(o, CNN_AVERAGE_POOL);
        case TFLITE_MAX_POOL_2D:
            return tflite_pool(o, CNN_MAX_POOL);
        case TFLITE_MEAN:
            return tflite_mean(o);
        case TFLITE_SOFTMAX:
            return tflite_softmax(o);
        case TFLITE_LOGISTIC:
            return tflite_logistic(o);
        case TFLITE_ADD:
            return tflite_binary(o, CNN_ADD);
        case TFLITE_MUL:
            return tflite_binary(o, CNN_MUL);
        case TFLITE_QUANTIZE:
        case TFLITE_DEQUANTIZE:
            return tflite_convert(o, 0);
        case TFLITE_RELU:
            return tflite_convert(o, 1);
        case TFLITE_RELU_N1_TO_1:
            return tflite_convert(o, 2);
        case TFLITE_RELU6:
            return tflite_convert(o, 3);
        case TFLITE_RESHAPE:
        case TFLITE_SQUEEZE:
        case TFLITE_EXPAND_DIMS:
            return tflite_reshape(o);
        case TFLITE_PAD:
        case TFLITE_PADV2:
            return tflite_pad(o);
        case TFLITE_CONCATENATION:
            return tflite_concatenation(o);
        case TFLITE_SHAPE:
        case TFLITE_STRIDED_SLICE:
        case TFLITE_PACK:
            return tflite_shape_arithmetic(o);
        default:
            return tflite_fail(o, " is not supported");
    }
}

#endif
