// SPDX-License-Identifier: MIT
// Loads a network from a file's bytes and runs it: the functions that programs call.
//
//   cnn_model_t model;
//   if (!cnn_load(&model, data, size)) ... model.error says why
//   cnn_set_input_bytes() or cnn_set_input_floats(); cnn_run(); cnn_get_output()
//   cnn_start(), and cnn_step() until model.left is 0, instead of cnn_run(): the same in parts
//
// `data` must stay and not change while the model is used. Nothing is allocated after loading.
#ifndef SENSORD_CNN_RUN_H
#define SENSORD_CNN_RUN_H

#include "maths.h"
#include "model.h"
// Loading is compiled for size, because a .mpy is kept in memory; the rest is compiled for speed.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize("Os")
#endif
#include "plan.h"
#include "tflite.h"
#include "tmdl.h"
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif
#include "moves.h"
#if CNN_WITH_INT8
#include "conv_int8.h"
#include "layers_int8.h"
#endif
#if CNN_WITH_FP32
#include "conv_fp32.h"
#include "layers_fp32.h"
#endif

static inline bool cnn_check_ends(cnn_model_t *model) {
    const cnn_tensor_t *in = &model->tensors[model->input];
    cnn_tensor_t *out = &model->tensors[model->output];
    if (out->constant != NULL || out->first == CNN_NONE || model->output == model->input) {
        return cnn_fail(model, "", "no operator of the model writes its output");
    }
    out->last = model->tensors[out->storage].last = (uint16_t)model->n_ops;
    const cnn_tensor_t *ends[2] = { in, out };
    for (int i = 0; i < 2; i++) {
        const bool quantised = ends[i]->type == CNN_INT8 || ends[i]->type == CNN_UINT8;
        if (ends[i]->type != CNN_FP32 && !(quantised && cnn_is_scale(ends[i]->scale))) {
            return cnn_fail(model, "an input or output is not supported as ",
                            tflite_type_name(ends[i]->file_type));
        }
    }
    return true;
}

// Adds the elements of operators without multiplications to the work: they take time too.
static inline bool cnn_count_elements(cnn_model_t *model) {
    for (uint32_t i = 0; i < model->n_ops; i++) {
        const cnn_op_t *op = &model->ops[i];
        if (!cnn_add_work(model, (uint64_t)model->tensors[op->a].n + model->tensors[op->out].n, 1)) {
            return false;
        }
    }
    return true;
}

static inline bool cnn_load(cnn_model_t *model, const uint8_t *data, size_t size) {
    cnn_fill(model, 0, sizeof(*model));
    model->file = data;
    model->file_size = (uint32_t)size;
    if (size > INT32_MAX) {
        return cnn_fail(model, "", "the model is larger than 2 GiB");
    }
    const bool is_tmdl = tmdl_is(data, size);
    if (!is_tmdl && !tflite_is(data, size)) {
        return cnn_fail(model, "",
                        "this is neither a TinyMaix (.tmdl) nor a TensorFlow Lite (.tflite) model");
    }
    return (is_tmdl ? tmdl_load(model) : tflite_load(model)) && cnn_check_ends(model) &&
           cnn_count_elements(model) && cnn_plan(model);
}

#if CNN_WITH_INT8
static inline void cnn_run_int8(const cnn_model_t *model, const cnn_op_t *op, uint8_t *data, uint8_t *result,
                                void *workspace, cnn_part_t part) {
    const cnn_tensor_t *a = &model->tensors[op->a], *out = &model->tensors[op->out];
    const int8_t *in = (const int8_t *)data;
    int8_t *to = (int8_t *)result;
    switch (op->kind) {
        case CNN_CONV:
            cnn_conv_int8(op, a, out, in, to, workspace, part);
            break;
        case CNN_DEPTHWISE:
            cnn_depthwise_int8(op, a, out, in, to, workspace, part);
            break;
        case CNN_AVERAGE_POOL:
        case CNN_MAX_POOL:
            cnn_pool_int8(op, out, in, to, workspace, part);
            break;
        case CNN_MEAN:
            cnn_mean_int8(model, op, in, to);
            break;
        case CNN_SOFTMAX:
            cnn_softmax_int8(model, op, in, to);
            break;
        case CNN_LOGISTIC:
            cnn_logistic_int8(op, in, to, a->n);
            break;
        default: // CNN_ADD, CNN_MUL
            cnn_binary_int8(model, op, in, (const int8_t *)cnn_data(model, op->b), to);
    }
}
#endif

#if CNN_WITH_FP32
static inline void cnn_run_fp32(const cnn_model_t *model, const cnn_op_t *op, uint8_t *data, uint8_t *result,
                                void *workspace, cnn_part_t part) {
    const float *in = (const float *)data;
    float *to = (float *)result;
    switch (op->kind) {
        case CNN_CONV:
            cnn_conv_fp32(op, in, to, workspace, part);
            break;
        case CNN_DEPTHWISE:
            cnn_depthwise_fp32(op, in, to, workspace, part);
            break;
        case CNN_AVERAGE_POOL:
        case CNN_MAX_POOL:
            cnn_pool_fp32(op, in, to, part);
            break;
        case CNN_MEAN:
            cnn_mean_fp32(model, op, in, to);
            break;
        case CNN_SOFTMAX:
            cnn_softmax_fp32(model, op, in, to);
            break;
        case CNN_LOGISTIC:
            cnn_logistic_fp32(in, to, model->tensors[op->a].n);
            break;
        default: // CNN_ADD, CNN_MUL
            cnn_binary_fp32(model, op, in, (const float *)cnn_data(model, op->b), to);
    }
}
#endif

// How many pixels of an operator's result can be computed apart from each other; 1 where all of it is
// computed at once.
static inline uint32_t cnn_pixels(const cnn_op_t *op) {
    switch (op->kind) {
        case CNN_CONV:
        case CNN_DEPTHWISE:
        case CNN_AVERAGE_POOL:
        case CNN_MAX_POOL:
            return op->result.height * op->result.width;
        default:
            return 1;
    }
}

// The work of one of these pixels: multiply-adds and elements.
static inline uint64_t cnn_pixel_work(const cnn_model_t *model, const cnn_op_t *op) {
    const uint64_t channels = op->result.channels;
    uint32_t height, width;
    switch (op->kind) {
        case CNN_CONV:
            return (channels + 1) * cnn_dot_length(op) + channels;
        case CNN_DEPTHWISE:
            return (channels + op->in.channels) * cnn_dot_length(op) + channels;
        case CNN_AVERAGE_POOL:
        case CNN_MAX_POOL:
            height = op->kernel_h < op->in.height ? op->kernel_h : op->in.height;
            width = op->kernel_w < op->in.width ? op->kernel_w : op->in.width;
            return channels * height * width + channels;
        case CNN_ALIAS:
            return 1;
        default:
            return (uint64_t)model->tensors[op->a].n + model->tensors[op->out].n;
    }
}

// The work of one run, in the same units.
static inline uint64_t cnn_all_work(const cnn_model_t *model) {
    uint64_t work = 0;
    for (uint32_t i = 0; i < model->n_ops; i++) {
        work += cnn_pixel_work(model, &model->ops[i]) * cnn_pixels(&model->ops[i]);
    }
    return work;
}

// Runs a part of operator `i`.
static inline void cnn_run_part(const cnn_model_t *model, uint32_t i, cnn_part_t part) {
    const cnn_op_t *op = &model->ops[i];
    uint8_t *in = cnn_data(model, op->a), *out = cnn_data(model, op->out);
    void *workspace = model->scratch + model->workspace_at;
    (void)workspace;
    switch (op->kind) {
        case CNN_ALIAS:
            return;
        case CNN_PLACE:
            cnn_place(model, op, in, out);
            return;
        case CNN_CONVERT:
            cnn_convert(model, op, in, out);
            return;
        default:
            break;
    }
#if CNN_WITH_INT8
    if (model->tensors[op->a].type == CNN_INT8) {
        cnn_run_int8(model, op, in, out, workspace, part);
    }
#endif
#if CNN_WITH_FP32
    if (model->tensors[op->a].type == CNN_FP32) {
        cnn_run_fp32(model, op, in, out, workspace, part);
    }
#endif
}

// Runs operator `i`.
static inline void cnn_run_op(const cnn_model_t *model, uint32_t i) {
    cnn_run_part(model, i, (cnn_part_t){ 0, cnn_pixels(&model->ops[i]) });
}

static inline void cnn_run(const cnn_model_t *model) {
    for (uint32_t i = 0; i < model->n_ops; i++) {
        cnn_run_op(model, i);
    }
}

// Begins a run in parts on the input that is set.
static inline void cnn_start(cnn_model_t *model) {
    model->next_op = model->next_pixel = 0;
    model->left = cnn_all_work(model);
    model->is_running = true;
}

// Goes on with the run for about so much work: less than two pixels of a result more, or one operator
// that is computed at once. The run has ended when `left` is 0.
static inline void cnn_step(cnn_model_t *model, uint32_t work) {
    while (model->next_op < model->n_ops) {
        const cnn_op_t *op = &model->ops[model->next_op];
        const uint64_t each = cnn_pixel_work(model, op);
        const uint32_t rest = cnn_pixels(op) - model->next_pixel;
        // Even: a convolution computes two pixels at a time.
        uint32_t n = each > work ? 2 : (work / (uint32_t)each + 1) & ~UINT32_C(1);
        n = n < rest ? n : rest;
        cnn_run_part(model, model->next_op, (cnn_part_t){ model->next_pixel, model->next_pixel + n });
        model->left -= each * n;
        model->next_pixel += n;
        if (n == rest) {
            model->next_op++;
            model->next_pixel = 0;
        }
        if (each * n >= work) {
            return;
        }
        work -= (uint32_t)(each * n);
    }
}

// Sets the input from bytes 0 to 255, as in images: int8 is the byte less 128, uint8 the byte, a float
// the byte over 255.
static inline void cnn_set_input_bytes(const cnn_model_t *model, const uint8_t *bytes) {
    const cnn_tensor_t *t = &model->tensors[model->input];
    uint8_t *restrict to = cnn_data(model, model->input);
    if (t->type == CNN_FP32) {
        float *restrict floats = (float *)to;
        for (uint32_t i = 0; i < t->n; i++) {
            floats[i] = (float)bytes[i] / 255.0f;
        }
        return;
    }
    const uint8_t flip = t->type == CNN_INT8 ? 0x80 : 0;
    for (uint32_t i = 0; i < t->n; i++) {
        to[i] = bytes[i] ^ flip;
    }
}

// Sets the input from real values: int8 and uint8 are quantised with the input's scale, and saturate.
static inline void cnn_set_input_floats(const cnn_model_t *model, const float *floats) {
    const cnn_tensor_t *t = &model->tensors[model->input];
    uint8_t *restrict to = cnn_data(model, model->input);
    if (t->type == CNN_FP32) {
        cnn_copy(to, floats, t->size);
        return;
    }
    const float least = (t->type == CNN_INT8 ? -128.0f : 0.0f) - (float)t->zero_point;
    for (uint32_t i = 0; i < t->n; i++) {
        to[i] = (uint8_t)(cnn_round(cnn_clamp(floats[i] / t->scale, least, least + 255.0f)) + t->zero_point);
    }
}

// Returns the output as real values.
static inline void cnn_get_output(const cnn_model_t *model, float *out) {
    const cnn_tensor_t *t = &model->tensors[model->output];
    const uint8_t *data = cnn_data(model, model->output);
    for (uint32_t i = 0; i < t->n; i++) {
        out[i] = cnn_real_over(t, data, i, 1.0f);
    }
}

#endif
