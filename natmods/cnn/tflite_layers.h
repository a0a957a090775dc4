// SPDX-License-Identifier: MIT
// The operators of TensorFlow Lite models with a sliding window or weights, and helpers for all
// operators. One function each: it reads an operator's options from the file, checks shapes and types,
// and adds the engine's operator. The semantics are those of the schema and of
// https://ai.google.dev/edge/litert/conversion/tensorflow/quantization/quantization_spec.
#ifndef SENSORD_CNN_TFLITE_LAYERS_H
#define SENSORD_CNN_TFLITE_LAYERS_H

#include "flatbuffer.h"
#include "ops.h"

// The numbers of the options' fields, from the schema.
enum { CONV_PADDING, CONV_STRIDE_W, CONV_STRIDE_H, CONV_ACTIVATION, CONV_DILATION_W, CONV_DILATION_H };
enum { DEPTHWISE_MULTIPLIER = 3, DEPTHWISE_ACTIVATION, DEPTHWISE_DILATION_W, DEPTHWISE_DILATION_H };
enum { POOL_FILTER_W = 3, POOL_FILTER_H, POOL_ACTIVATION };
enum { FULLY_CONNECTED_ACTIVATION, FULLY_CONNECTED_FORMAT };
enum { PADDING_SAME = 0 };

typedef struct {
    cnn_model_t *model;
    fb_t *fb;
    uint32_t code;
    fb_vector_t inputs, outputs;
    fb_table_t options;
} tflite_op_t;

static inline bool tflite_fail(const tflite_op_t *o, const char *text) {
    return cnn_fail(o->model, tflite_operator_name(o->code), text);
}

// The tensor at element `i` of a vector; CNN_NONE if it is absent or there is no such tensor.
static inline uint16_t tflite_tensor(const tflite_op_t *o, const fb_vector_t *v, uint32_t i) {
    const uint32_t index = i < v->n ? fb_u32(o->fb, v->at + 4 * i) : CNN_NONE;
    return index < o->model->n_tensors ? (uint16_t)index : CNN_NONE;
}

// A new operator with the first input and the first output.
static inline cnn_op_t *tflite_new(const tflite_op_t *o, uint8_t kind) {
    cnn_op_t *op = cnn_next_op(o->model, kind, (uint8_t)o->code);
    if (op != NULL) {
        op->a = tflite_tensor(o, &o->inputs, 0);
        op->out = tflite_tensor(o, &o->outputs, 0);
    }
    return op;
}

// Input `i`, which must be a constant of this type.
static inline const cnn_tensor_t *tflite_constant(const tflite_op_t *o, uint32_t i, uint8_t type) {
    const uint16_t index = tflite_tensor(o, &o->inputs, i);
    if (index == CNN_NONE || o->model->tensors[index].constant == NULL) {
        tflite_fail(o, " with weights or sizes that are not constants is not supported");
        return NULL;
    }
    const cnn_tensor_t *t = &o->model->tensors[index];
    if (t->type != type) {
        cnn_fail_about(o->model, tflite_operator_name(o->code), " is not supported with constants of type ",
                       tflite_type_name(t->file_type));
        return NULL;
    }
    return t;
}

static inline bool tflite_set_activation(const tflite_op_t *o, cnn_op_t *op, uint32_t activation) {
    const float inf = CNN_INFINITY;
    switch (activation) {
        case 0:
            cnn_set_range(o->model, op, -inf, inf);
            return true;
        case 1: // RELU
            cnn_set_range(o->model, op, 0.0f, inf);
            return true;
        case 2: // RELU_N1_TO_1
            cnn_set_range(o->model, op, -1.0f, 1.0f);
            return true;
        case 3: // RELU6
            cnn_set_range(o->model, op, 0.0f, 6.0f);
            return true;
        default:
            return tflite_fail(o, " with this fused activation is not supported");
    }
}

static inline bool tflite_set_shapes(const tflite_op_t *o, cnn_op_t *op) {
    const cnn_tensor_t *a = &o->model->tensors[op->a], *out = &o->model->tensors[op->out];
    if (a->rank != 4 || out->rank != 4 || a->dims[0] != 1 || out->dims[0] != 1) {
        return tflite_fail(o, " needs 4 dimensions, the first of which is 1");
    }
    op->in = (cnn_shape_t){ a->dims[1], a->dims[2], a->dims[3] };
    op->result = (cnn_shape_t){ out->dims[1], out->dims[2], out->dims[3] };
    return true;
}

// One direction of a sliding window: checks the size of the result and sets the padding before it.
static inline bool tflite_window(const tflite_op_t *o, uint32_t in, uint32_t out, uint32_t kernel,
                                 uint32_t stride, uint32_t dilation, int32_t *pad) {
    const uint64_t span = (uint64_t)(kernel - 1) * dilation + 1;
    if (kernel == 0 || stride == 0 || dilation == 0 || stride > CNN_MAX_ELEMENTS || span > CNN_MAX_ELEMENTS) {
        return tflite_fail(o, " with an impossible kernel, stride or dilation");
    }
    const bool same = fb_byte(o->fb, &o->options, CONV_PADDING) == PADDING_SAME;
    *pad = 0;
    if (same) {
        const int64_t needed = (int64_t)(out - 1) * stride + (int64_t)span - in;
        *pad = needed > 0 ? (int32_t)(needed / 2) : 0;
    }
    const uint32_t covered = same ? in : in + 1 - (uint32_t)span;
    if ((!same && in < span) || out != (covered - 1) / stride + 1) {
        return tflite_fail(o, " with an impossible shape");
    }
    return true;
}

static inline bool tflite_windows(const tflite_op_t *o, cnn_op_t *op) {
    return tflite_window(o, op->in.height, op->result.height, op->kernel_h, op->stride_h, op->dilation_h,
                         &op->pad_top) &&
           tflite_window(o, op->in.width, op->result.width, op->kernel_w, op->stride_w, op->dilation_w,
                         &op->pad_left);
}

// Weights (input 1) and biases (input 2, may be absent) of an operator whose shapes are set.
static inline bool tflite_set_constants(const tflite_op_t *o, cnn_op_t *op, const cnn_tensor_t *weights) {
    const bool is_int8 = weights->type == CNN_INT8;
    const cnn_tensor_t *bias = NULL;
    const uint32_t n = op->result.channels;
    if (o->inputs.n > 2 && fb_u32(o->fb, o->inputs.at + 8) != UINT32_MAX) {
        bias = tflite_constant(o, 2, is_int8 ? CNN_INT32 : CNN_FP32);
        if (bias == NULL || bias->n != n) {
            return tflite_fail(o, " must have as many biases as outputs");
        }
    }
    if (is_int8 && ((weights->n_scales != 1 && weights->n_scales != n) || weights->zero_point != 0)) {
        return tflite_fail(o, " with weights quantised like this is not supported");
    }
    const cnn_constants_t constants = {
        .weights = weights->constant,
        .bias = bias == NULL ? NULL : bias->constant,
        .scales = o->fb->data + weights->scales_at,
        .n_weights = weights->n,
        .n_outputs = n,
        .n_scales = weights->n_scales,
    };
    op->factor = 1.0f;
    return cnn_set_constants(o->model, op, &constants);
}

// Checks that input, output and weights have one type; returns the weights, or NULL.
static inline const cnn_tensor_t *tflite_weights(const tflite_op_t *o, cnn_op_t *op) {
    if (op == NULL || !cnn_unary(o->model, op)) {
        return NULL;
    }
    return tflite_constant(o, 1, o->model->tensors[op->a].type);
}

static inline bool tflite_conv(const tflite_op_t *o, bool is_depthwise) {
    fb_t *fb = o->fb;
    const fb_table_t *options = &o->options;
    cnn_op_t *op = tflite_new(o, is_depthwise ? CNN_DEPTHWISE : CNN_CONV);
    const cnn_tensor_t *w = tflite_weights(o, op);
    if (w == NULL || !tflite_set_shapes(o, op)) {
        return false;
    }
    const uint32_t channels = is_depthwise ? w->dims[3] : w->dims[0];
    op->kernel_h = w->dims[1];
    op->kernel_w = w->dims[2];
    op->stride_w = fb_int(fb, options, CONV_STRIDE_W, 0);
    op->stride_h = fb_int(fb, options, CONV_STRIDE_H, 0);
    op->dilation_w = fb_int(fb, options, is_depthwise ? DEPTHWISE_DILATION_W : CONV_DILATION_W, 1);
    op->dilation_h = fb_int(fb, options, is_depthwise ? DEPTHWISE_DILATION_H : CONV_DILATION_H, 1);
    // The multiplier follows from the shapes; the option may differ.
    op->multiplier = is_depthwise ? op->result.channels / op->in.channels : 0;
    const uint64_t expected = is_depthwise ? (uint64_t)op->multiplier * op->in.channels : op->in.channels;
    if (w->rank != 4 || channels != op->result.channels ||
        (is_depthwise ? w->dims[0] != 1 || expected != channels : w->dims[3] != expected)) {
        return tflite_fail(o, " with weights of this shape (groups?) is not supported");
    }
    const uint32_t activation = is_depthwise ? DEPTHWISE_ACTIVATION : CONV_ACTIVATION;
    return tflite_windows(o, op) && cnn_plan_conv(o->model, op) &&
           tflite_set_activation(o, op, fb_byte(fb, options, activation)) && tflite_set_constants(o, op, w);
}

static inline bool tflite_fully_connected(const tflite_op_t *o) {
    cnn_op_t *op = tflite_new(o, CNN_CONV);
    const cnn_tensor_t *w = tflite_weights(o, op);
    if (w == NULL) {
        return false;
    }
    const uint32_t n_inputs = w->dims[3], n_outputs = w->dims[2];
    const uint32_t rows = o->model->tensors[op->a].n / n_inputs;
    if (w->rank != 2 || o->model->tensors[op->a].n != rows * n_inputs ||
        o->model->tensors[op->out].n != (uint64_t)rows * n_outputs ||
        fb_byte(o->fb, &o->options, FULLY_CONNECTED_FORMAT) != 0) {
        return tflite_fail(o, " with weights of this shape or format is not supported");
    }
    op->in = (cnn_shape_t){ 1, rows, n_inputs };
    op->result = (cnn_shape_t){ 1, rows, n_outputs };
    op->kernel_h = op->kernel_w = op->stride_h = op->stride_w = op->dilation_h = op->dilation_w = 1;
    const uint32_t activation = fb_byte(o->fb, &o->options, FULLY_CONNECTED_ACTIVATION);
    return cnn_plan_conv(o->model, op) && tflite_set_activation(o, op, activation) &&
           tflite_set_constants(o, op, w);
}

static inline bool tflite_pool(const tflite_op_t *o, uint8_t kind) {
    fb_t *fb = o->fb;
    cnn_op_t *op = tflite_new(o, kind);
    if (op == NULL || !cnn_unary(o->model, op) || !cnn_same_scale(o->model, op) ||
        !tflite_set_shapes(o, op)) {
        return false;
    }
    if (op->in.channels != op->result.channels) {
        return tflite_fail(o, " with an impossible shape");
    }
    op->stride_w = fb_int(fb, &o->options, CONV_STRIDE_W, 0);
    op->stride_h = fb_int(fb, &o->options, CONV_STRIDE_H, 0);
    op->kernel_w = fb_int(fb, &o->options, POOL_FILTER_W, 0);
    op->kernel_h = fb_int(fb, &o->options, POOL_FILTER_H, 0);
    op->dilation_h = op->dilation_w = 1;
    if (!tflite_windows(o, op) || !cnn_add_workspace(o->model, op, ((uint64_t)op->in.channels + 4) * 4)) {
        return false;
    }
    const uint64_t inside = (uint64_t)(op->kernel_h < op->in.height ? op->kernel_h : op->in.height) *
                            (op->kernel_w < op->in.width ? op->kernel_w : op->in.width);
    return cnn_add_work(o->model, o->model->tensors[op->out].n, inside) &&
           tflite_set_activation(o, op, fb_byte(fb, &o->options, POOL_ACTIVATION));
}

#endif
