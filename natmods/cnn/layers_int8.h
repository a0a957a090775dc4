// SPDX-License-Identifier: MIT
// The layers without weights, on int8. Results are real values divided by the result's scale, rounded to
// the nearest; or truncated, as in TinyMaix.
#ifndef SENSORD_CNN_LAYERS_INT8_H
#define SENSORD_CNN_LAYERS_INT8_H

#include "ops.h"
#include "walk.h"

// Converts a value without its zero point to int8.
static inline int8_t cnn_to_int8(const cnn_op_t *op, float value, int32_t zero_point) {
    return (int8_t)(cnn_round(cnn_clamp(value, op->lowest, op->highest)) + zero_point);
}

// Converts a value with its zero point to int8, as a C cast does, but saturates.
static inline int8_t cnn_cut_to_int8(float value) {
    return (int8_t)(int32_t)cnn_clamp(value, -128.0f, 127.0f);
}

static inline void cnn_add_row_int8(const cnn_op_t *op, const cnn_tensor_t *a, const cnn_tensor_t *b,
                                    const cnn_tensor_t *result, const int8_t *x, size_t x_step,
                                    const int8_t *y, size_t y_step, int8_t *restrict out, size_t n) {
    const float scale = result->scale, zero = (float)result->zero_point;
    if (op->truncates) {
        for (size_t i = 0; i < n; i++) {
            const float sum = (float)(x[i * x_step] - a->zero_point) * a->scale +
                              (float)(y[i * y_step] - b->zero_point) * b->scale;
            out[i] = cnn_cut_to_int8(sum / scale + zero);
        }
        return;
    }
    const float a_scale = a->scale / scale, b_scale = b->scale / scale;
    const int32_t a_zero = a->zero_point, b_zero = b->zero_point, out_zero = result->zero_point;
    const float lowest = op->lowest, highest = op->highest;
    for (size_t i = 0; i < n; i++) {
        const float sum =
            (float)(x[i * x_step] - a_zero) * a_scale + (float)(y[i * y_step] - b_zero) * b_scale;
        out[i] = (int8_t)(cnn_round(cnn_clamp(sum, lowest, highest)) + out_zero);
    }
}

static inline void cnn_mul_row_int8(const cnn_op_t *op, const cnn_tensor_t *a, const cnn_tensor_t *b,
                                    const cnn_tensor_t *result, const int8_t *x, size_t x_step,
                                    const int8_t *y, size_t y_step, int8_t *restrict out, size_t n) {
    const float scale = a->scale * b->scale / result->scale;
    for (size_t i = 0; i < n; i++) {
        const int32_t product = (x[i * x_step] - a->zero_point) * (y[i * y_step] - b->zero_point);
        out[i] = cnn_to_int8(op, (float)product * scale, result->zero_point);
    }
}

static inline void cnn_binary_int8(const cnn_model_t *model, const cnn_op_t *op, const int8_t *a,
                                   const int8_t *b, int8_t *out) {
    const cnn_tensor_t *ta = &model->tensors[op->a], *tb = &model->tensors[op->b];
    const cnn_tensor_t *result = &model->tensors[op->out];
    cnn_walk_t walk;
    for (cnn_walk_start(&walk, model, op); cnn_walk_row(&walk); out += walk.n) {
        const int8_t *x = a + walk.a, *y = b + walk.b;
        if (op->kind == CNN_MUL) {
            cnn_mul_row_int8(op, ta, tb, result, x, walk.a_step, y, walk.b_step, out, walk.n);
        } else if (walk.a_step == 1 && walk.b_step == 1) {
            cnn_add_row_int8(op, ta, tb, result, x, 1, y, 1, out, walk.n);
        } else {
            cnn_add_row_int8(op, ta, tb, result, x, walk.a_step, y, walk.b_step, out, walk.n);
        }
    }
}

// A mean of integers rounds half away from zero, as in the reference.
static inline int32_t cnn_rounded_mean(int32_t sum, int32_t n) {
    return sum >= 0 ? (int32_t)(((uint32_t)sum + (uint32_t)n / 2) / (uint32_t)n)
                    : -(int32_t)(((uint32_t)-sum + (uint32_t)n / 2) / (uint32_t)n);
}

static inline void cnn_pool_pixel_int8(const cnn_op_t *op, const int8_t *in, const cnn_window_t *w,
                                       int32_t *sums) {
    const size_t channels = op->in.channels;
    const bool is_max = op->kind == CNN_MAX_POOL;
    for (size_t c = 0; c < channels; c++) {
        sums[c] = is_max ? -128 : 0;
    }
    for (uint32_t y = w->top; y < w->bottom; y++) {
        const int8_t *p = in + ((size_t)y * op->in.width + w->left) * channels;
        for (uint32_t x = w->left; x < w->right; x++, p += channels) {
            for (size_t c = 0; c < channels; c++) {
                sums[c] = is_max ? (p[c] > sums[c] ? p[c] : sums[c]) : sums[c] + p[c];
            }
        }
    }
}

static inline void cnn_pool_int8(const cnn_op_t *op, const cnn_tensor_t *result, const int8_t *in,
                                 int8_t *out, int32_t *sums, cnn_part_t part) {
    const int32_t zero = result->zero_point;
    const int32_t lowest = (int32_t)op->lowest + zero, highest = (int32_t)op->highest + zero;
    out += (size_t)part.first * op->in.channels;
    for (uint32_t i = part.first; i < part.end; i++, out += op->in.channels) {
        const cnn_window_t w = cnn_window(op, i / op->result.width, i % op->result.width);
        const int32_t n = (int32_t)((w.bottom - w.top) * (w.right - w.left));
        cnn_pool_pixel_int8(op, in, &w, sums);
        for (uint32_t c = 0; c < op->in.channels; c++) {
            const int32_t v = op->kind == CNN_MAX_POOL ? sums[c] : cnn_rounded_mean(sums[c], n);
            out[c] = (int8_t)(v < lowest ? lowest : v > highest ? highest : v);
        }
    }
}

static inline void cnn_mean_int8(const cnn_model_t *model, const cnn_op_t *op, const int8_t *in,
                                 int8_t *out) {
    const cnn_tensor_t *a = &model->tensors[op->a], *result = &model->tensors[op->out];
    cnn_reduction_t r;
    for (cnn_reduction_start(&r, a, op->reduced); cnn_reduction_next(&r); out++) {
        int32_t sum = 0;
        for (uint32_t i = 0; i < r.outer; i++) {
            const int8_t *p = in + cnn_reduction_at(&r, i);
            for (uint32_t k = 0; k < r.inner; k++, p += r.inner_step) {
                sum += *p;
            }
        }
        const int32_t n = (int32_t)(r.outer * r.inner);
        if (op->truncates) {
            const float mean = (float)(sum / n - a->zero_point) * a->scale;
            *out = cnn_cut_to_int8(mean / result->scale + (float)result->zero_point);
        } else {
            // Subtract as integers first: that is exact.
            const float value = (float)(sum - a->zero_point * n) * (a->scale / ((float)n * result->scale));
            const float zero = (float)result->zero_point;
            *out = (int8_t)(cnn_round(cnn_clamp(value, -128.0f - zero, 127.0f - zero)) + result->zero_point);
        }
    }
}

// Over the last dimension. Computes the terms e^x twice instead of storing them.
static inline void cnn_softmax_row_int8(const cnn_op_t *op, const cnn_tensor_t *a, const cnn_tensor_t *result,
                                        const int8_t *in, int8_t *out, uint32_t n) {
    int32_t most = -128;
    for (uint32_t i = 0; i < n; i++) {
        most = in[i] > most ? in[i] : most;
    }
    const float scale = a->scale * op->factor;
    float sum = 0.0f;
    for (uint32_t i = 0; i < n; i++) {
        sum += cnn_exp((float)(in[i] - most) * scale);
    }
    const float zero = (float)result->zero_point;
    for (uint32_t i = 0; i < n; i++) {
        const float term = cnn_exp((float)(in[i] - most) * scale);
        if (op->truncates) {
            out[i] = cnn_cut_to_int8((term - 0.000001f) / sum / result->scale + zero);
        } else {
            const float value = term / (sum * result->scale);
            out[i] =
                (int8_t)(cnn_round(cnn_clamp(value, -128.0f - zero, 127.0f - zero)) + result->zero_point);
        }
    }
}

static inline void cnn_softmax_int8(const cnn_model_t *model, const cnn_op_t *op, const int8_t *in,
                                    int8_t *out) {
    const cnn_tensor_t *a = &model->tensors[op->a];
    const uint32_t n = a->dims[3];
    for (uint32_t i = 0; i < a->n; i += n) {
        cnn_softmax_row_int8(op, a, &model->tensors[op->out], in + i, out + i, n);
    }
}

static inline void cnn_logistic_int8(const cnn_op_t *op, const int8_t *in, int8_t *out, uint32_t n) {
    const int8_t *table = op->weights;
    for (uint32_t i = 0; i < n; i++) {
        out[i] = table[in[i] + 128];
    }
}

#endif
