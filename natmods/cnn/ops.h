// SPDX-License-Identifier: MIT
// Builds and checks operators, for both loaders: running them checks nothing.
#ifndef SENSORD_CNN_OPS_H
#define SENSORD_CNN_OPS_H

#include "maths.h"
#include "model.h"
#include "tflite_names.h"

static inline uint16_t cnn_index(const cnn_model_t *model, const cnn_op_t *op) {
    return (uint16_t)(op - model->ops);
}

// Constant bytes that kernels can use: in place, or a copy if they are not aligned in memory or end at
// the end of the file.
static inline const uint8_t *cnn_secure(cnn_model_t *model, const uint8_t *data, uint32_t size) {
    const uint32_t at = (uint32_t)(data - model->file);
    if ((uintptr_t)data % 4 == 0 && model->file_size - at - size >= CNN_SLACK) {
        return data;
    }
    uint8_t *copy = cnn_allocate(model, size, 1);
    if (copy != NULL) {
        cnn_copy(copy, data, size);
    }
    return copy;
}

// Marks a tensor as read by `op`: it must be constant or written by an earlier operator.
static inline bool cnn_take(cnn_model_t *model, const cnn_op_t *op, uint16_t tensor) {
    if (tensor == CNN_NONE) {
        return cnn_fail(model, tflite_operator_name(op->name), " lacks an input or output");
    }
    cnn_tensor_t *t = &model->tensors[tensor];
    if (t->constant != NULL) {
        t->constant = cnn_secure(model, t->constant, t->size);
        return t->constant != NULL;
    }
    if (t->first == CNN_NONE) {
        return cnn_fail(model, tflite_operator_name(op->name), " reads a tensor that nothing wrote before");
    }
    t->last = model->tensors[t->storage].last = cnn_index(model, op);
    return true;
}

// Marks a tensor as written by `op`, which must be the first to do so.
static inline bool cnn_give(cnn_model_t *model, const cnn_op_t *op, uint16_t tensor) {
    if (tensor == CNN_NONE) {
        return cnn_fail(model, tflite_operator_name(op->name), " lacks an input or output");
    }
    cnn_tensor_t *t = &model->tensors[tensor];
    if (t->constant != NULL || t->first != CNN_NONE) {
        return cnn_fail(model, tflite_operator_name(op->name), " writes a tensor that is written already");
    }
    t->first = t->last = cnn_index(model, op);
    return true;
}

static inline bool cnn_has_type(cnn_model_t *model, const cnn_op_t *op, uint16_t tensor, uint8_t type) {
    const cnn_tensor_t *t = &model->tensors[tensor];
    if (t->type != type) {
        return cnn_fail_about(model, tflite_operator_name(op->name), " does not support this use of ",
                              tflite_type_name(t->file_type));
    }
    if ((type == CNN_INT8 || type == CNN_UINT8) && !cnn_is_scale(t->scale)) {
        return cnn_fail(model, tflite_operator_name(op->name), " of a tensor without a scale");
    }
    return true;
}

// The operator's number type must be one of this module's.
static inline bool cnn_computes(cnn_model_t *model, const cnn_op_t *op, uint16_t tensor) {
    const cnn_tensor_t *t = &model->tensors[tensor];
    const char *name = tflite_operator_name(op->name);
    if (t->type == CNN_FP32 && !CNN_WITH_FP32) {
        return cnn_fail(model, name, " computes in fp32: load the model with emlearn_cnn_fp32");
    }
    if (t->type == CNN_INT8 && !CNN_WITH_INT8) {
        return cnn_fail(model, name, " computes in int8: load the model with emlearn_cnn_int8");
    }
    if (t->type != CNN_FP32 && t->type != CNN_INT8) {
        return cnn_fail_about(model, name, " is not supported for ", tflite_type_name(t->file_type));
    }
    return cnn_has_type(model, op, tensor, t->type);
}

// Marks op->a as read and op->out as written; both must be of one type of this module.
static inline bool cnn_unary(cnn_model_t *model, cnn_op_t *op) {
    return cnn_take(model, op, op->a) && cnn_computes(model, op, op->a) && cnn_give(model, op, op->out) &&
           cnn_has_type(model, op, op->out, model->tensors[op->a].type);
}

static inline bool cnn_same_scale(cnn_model_t *model, const cnn_op_t *op) {
    const cnn_tensor_t *a = &model->tensors[op->a], *out = &model->tensors[op->out];
    if (a->type == CNN_INT8 && (a->scale != out->scale || a->zero_point != out->zero_point)) {
        return cnn_fail(model, tflite_operator_name(op->name), " with different scales is not supported");
    }
    return true;
}

// Sets the range of results to [lowest, highest], given as real values. For int8 it becomes a range of
// quantised values without their zero point.
static inline void cnn_set_range(const cnn_model_t *model, cnn_op_t *op, float lowest, float highest) {
    const cnn_tensor_t *out = &model->tensors[op->out];
    op->lowest = lowest;
    op->highest = highest;
    if ((out->type == CNN_INT8 || out->type == CNN_UINT8) && !op->truncates) {
        const float zero = (float)out->zero_point;
        const float least = out->type == CNN_INT8 ? -128.0f : 0.0f;
        op->lowest = cnn_clamp(cnn_round_away(lowest / out->scale), least - zero, least + 255.0f - zero);
        op->highest = cnn_clamp(cnn_round_away(highest / out->scale), least - zero, least + 255.0f - zero);
    }
}

static inline bool cnn_add_work(cnn_model_t *model, uint64_t a, uint64_t b) {
    // Both are below 2^32: each is a product of checked dimensions.
    model->work += a * b;
    if (model->work > CNN_MAX_WORK) {
        return cnn_fail(model, "", "the model needs more than 2^36 multiply-adds");
    }
    return true;
}

static inline bool cnn_add_workspace(cnn_model_t *model, cnn_op_t *op, uint64_t bytes) {
    if (bytes > CNN_MAX_MEMORY) {
        return cnn_fail(model, "", "the model needs more than 32 MiB of memory");
    }
    op->workspace = (uint32_t)bytes;
    return true;
}

// A layer's constants in the file. Biases may be NULL; there are n_scales of scales or 0.
typedef struct {
    const uint8_t *weights, *bias, *scales;
    uint32_t n_weights, n_outputs, n_scales;
} cnn_constants_t;

static inline bool cnn_set_factors(cnn_model_t *model, cnn_op_t *op, const cnn_constants_t *c) {
    const float in_scale = model->tensors[op->a].scale, out_scale = model->tensors[op->out].scale;
    float *factors = cnn_allocate(model, c->n_outputs, sizeof(float));
    if (factors == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < c->n_outputs; i++) {
        const float scale = cnn_float_at(c->scales + 4 * (c->n_scales == 1 ? 0 : i));
        if (!cnn_is_scale(scale)) {
            return cnn_fail(model, tflite_operator_name(op->name), " has a scale out of range");
        }
        factors[i] = op->truncates ? scale * in_scale : in_scale * scale / out_scale;
    }
    op->factors = factors;
    return true;
}

// Weights in the order of the kernels: (output, height, width, input), or (height, width, output) for a
// depthwise convolution. TinyMaix's (output, input, height, width) are copied into that order, which
// costs less than gathering the inputs in their order for each pixel.
static inline const void *cnn_place_weights(cnn_model_t *model, const cnn_op_t *op, const cnn_constants_t *c,
                                            uint32_t width) {
    const uint32_t plane = op->kernel_h * op->kernel_w;
    const uint32_t inputs = op->kind == CNN_DEPTHWISE ? 1 : op->in.channels;
    if (!op->truncates || plane == 1 || (inputs == 1 && op->kind != CNN_DEPTHWISE)) {
        return cnn_secure(model, c->weights, c->n_weights * width);
    }
    uint8_t *ordered = cnn_allocate(model, c->n_weights, width);
    for (uint32_t i = 0; ordered != NULL && i < c->n_weights; i++) {
        const uint32_t output = i / (inputs * plane), input = i / plane % inputs, at = i % plane;
        const uint32_t to = op->kind == CNN_DEPTHWISE ? at * op->result.channels + output
                                                      : (output * plane + at) * inputs + input;
        cnn_copy(ordered + (size_t)to * width, c->weights + (size_t)i * width, width);
    }
    return ordered;
}

// Sets weights, biases and scales of a convolution or a fully connected layer, whose shapes are set.
static inline bool cnn_set_constants(cnn_model_t *model, cnn_op_t *op, const cnn_constants_t *c) {
    const bool is_int8 = model->tensors[op->a].type == CNN_INT8;
    op->weights = cnn_place_weights(model, op, c, is_int8 ? 1 : 4);
    // Both int32 and float are four bytes wide.
    uint32_t *bias = cnn_allocate(model, c->n_outputs, sizeof(uint32_t));
    if (op->weights == NULL || bias == NULL) {
        return false;
    }
    for (uint32_t i = 0; c->bias != NULL && i < c->n_outputs; i++) {
        bias[i] = (uint32_t)cnn_int_at(c->bias + 4 * i);
    }
    op->bias = bias;
    return !is_int8 || cnn_set_factors(model, op, c);
}

// The number of products in one result: kernel x channels.
static inline uint32_t cnn_dot_length(const cnn_op_t *op) {
    return op->kernel_h * op->kernel_w * (op->kind == CNN_DEPTHWISE ? 1 : op->in.channels);
}

// Sets work and workspace of a convolution whose shapes are set: columns of int16 or float inputs, for
// two pixels at a time or, depthwise, for one and again with channels repeated; and rows of sums.
static inline bool cnn_plan_conv(cnn_model_t *model, cnn_op_t *op) {
    const uint64_t k = (uint64_t)op->kernel_h * op->kernel_w;
    const uint64_t column = k <= CNN_MAX_DOT ? k * op->in.channels : 0;
    const uint64_t length = op->kind == CNN_DEPTHWISE ? k : column;
    if (k > CNN_MAX_DOT || length > CNN_MAX_DOT) {
        return cnn_fail(model, tflite_operator_name(op->name), " with so large a kernel is not supported");
    }
    const uint64_t second = op->kind == CNN_DEPTHWISE ? k * op->result.channels : column;
    const uint64_t sums = 2 * ((uint64_t)op->result.channels + 8);
    return cnn_add_workspace(model, op, (column + second + 32 + sums) * 4) &&
           cnn_add_work(model, model->tensors[op->out].n, length);
}

#endif
