// SPDX-License-Identifier: MIT
// The layers without weights, on floats.
#ifndef SENSORD_CNN_LAYERS_FP32_H
#define SENSORD_CNN_LAYERS_FP32_H

#include "ops.h"
#include "walk.h"

static inline float cnn_in_range(const cnn_op_t *op, float value) {
    const float raised = value < op->lowest ? op->lowest : value; // NaN stays NaN
    return raised > op->highest ? op->highest : raised;
}

static inline void cnn_binary_row_fp32(const cnn_op_t *op, const float *x, size_t x_step, const float *y,
                                       size_t y_step, float *restrict out, size_t n) {
    if (op->kind == CNN_MUL) {
        for (size_t i = 0; i < n; i++) {
            out[i] = cnn_in_range(op, x[i * x_step] * y[i * y_step]);
        }
    } else {
        for (size_t i = 0; i < n; i++) {
            out[i] = cnn_in_range(op, x[i * x_step] + y[i * y_step]);
        }
    }
}

static inline void cnn_binary_fp32(const cnn_model_t *model, const cnn_op_t *op, const float *a,
                                   const float *b, float *out) {
    cnn_walk_t walk;
    for (cnn_walk_start(&walk, model, op); cnn_walk_row(&walk); out += walk.n) {
        if (walk.a_step == 1 && walk.b_step == 1) {
            cnn_binary_row_fp32(op, a + walk.a, 1, b + walk.b, 1, out, walk.n);
        } else {
            cnn_binary_row_fp32(op, a + walk.a, walk.a_step, b + walk.b, walk.b_step, out, walk.n);
        }
    }
}

static inline void cnn_pool_pixel_fp32(const cnn_op_t *op, const float *in, const cnn_window_t *w,
                                       float *out) {
    const size_t channels = op->in.channels;
    const bool is_max = op->kind == CNN_MAX_POOL;
    for (size_t c = 0; c < channels; c++) {
        out[c] = is_max ? -CNN_INFINITY : 0.0f;
    }
    for (uint32_t y = w->top; y < w->bottom; y++) {
        const float *p = in + ((size_t)y * op->in.width + w->left) * channels;
        for (uint32_t x = w->left; x < w->right; x++, p += channels) {
            for (size_t c = 0; c < channels; c++) {
                out[c] = is_max ? (p[c] > out[c] ? p[c] : out[c]) : out[c] + p[c];
            }
        }
    }
}

static inline void cnn_pool_fp32(const cnn_op_t *op, const float *in, float *out, cnn_part_t part) {
    out += (size_t)part.first * op->in.channels;
    for (uint32_t i = part.first; i < part.end; i++, out += op->in.channels) {
        const cnn_window_t w = cnn_window(op, i / op->result.width, i % op->result.width);
        const float n = op->kind == CNN_MAX_POOL ? 1.0f : (float)((w.bottom - w.top) * (w.right - w.left));
        cnn_pool_pixel_fp32(op, in, &w, out);
        for (uint32_t c = 0; c < op->in.channels; c++) {
            out[c] = cnn_in_range(op, out[c] / n);
        }
    }
}

static inline void cnn_mean_fp32(const cnn_model_t *model, const cnn_op_t *op, const float *in, float *out) {
    cnn_reduction_t r;
    for (cnn_reduction_start(&r, &model->tensors[op->a], op->reduced); cnn_reduction_next(&r); out++) {
        float sum = 0.0f;
        for (uint32_t i = 0; i < r.outer; i++) {
            // Summed in parts: a long sum of floats would round more.
            float part = 0.0f;
            const float *p = in + cnn_reduction_at(&r, i);
            for (uint32_t k = 0; k < r.inner; k++, p += r.inner_step) {
                part += *p;
            }
            sum += part;
        }
        *out = sum / (float)(r.outer * r.inner);
    }
}

static inline void cnn_softmax_row_fp32(const cnn_op_t *op, const float *in, float *out, uint32_t n) {
    float most = in[0];
    for (uint32_t i = 1; i < n; i++) {
        most = in[i] > most ? in[i] : most;
    }
    float sum = 0.0f;
    for (uint32_t i = 0; i < n; i++) {
        out[i] = cnn_exp((in[i] - most) * op->factor);
        sum += out[i];
    }
    for (uint32_t i = 0; i < n; i++) {
        out[i] /= sum;
    }
}

static inline void cnn_softmax_fp32(const cnn_model_t *model, const cnn_op_t *op, const float *in,
                                    float *out) {
    const cnn_tensor_t *a = &model->tensors[op->a];
    const uint32_t n = a->dims[3];
    for (uint32_t i = 0; i < a->n; i += n) {
        cnn_softmax_row_fp32(op, in + i, out + i, n);
    }
}

static inline void cnn_logistic_fp32(const float *in, float *out, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        out[i] = cnn_sigmoid(in[i]);
    }
}

#endif
