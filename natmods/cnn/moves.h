// SPDX-License-Identifier: MIT
// Operators that move values without computing with them: padding, concatenation, and conversions from
// one type, scale or range to another.
#ifndef SENSORD_CNN_MOVES_H
#define SENSORD_CNN_MOVES_H

#include "ops.h"

// Copies a tensor into a larger one, at op->start. Elements have 1 or 4 bytes.
static inline void cnn_place(const cnn_model_t *model, const cnn_op_t *op, const uint8_t *in, uint8_t *out) {
    const cnn_tensor_t *a = &model->tensors[op->a], *result = &model->tensors[op->out];
    const uint32_t width = cnn_type_size(a->type);
    const size_t row = (size_t)a->dims[3] * width;
    if (op->fills && width == 1) {
        cnn_fill(out, op->fill, result->size);
    } else if (op->fills) {
        for (uint32_t i = 0; i < result->n; i++) {
            ((float *)out)[i] = op->lowest;
        }
    }
    for (uint32_t n = 0; n < a->dims[0]; n++) {
        for (uint32_t y = 0; y < a->dims[1]; y++) {
            size_t at = (size_t)(n + op->start[0]) * result->dims[1] + y + op->start[1];
            at = (at * result->dims[2] + op->start[2]) * result->dims[3] + op->start[3];
            for (uint32_t x = 0; x < a->dims[2]; x++, at += result->dims[3], in += row) {
                cnn_copy(out + at * width, in, row);
            }
        }
    }
}

// Element `i` as a real value, divided by `scale`.
static inline float cnn_real_over(const cnn_tensor_t *t, const uint8_t *data, uint32_t i, float scale) {
    switch (t->type) {
        case CNN_INT8:
            return (float)((int8_t)data[i] - t->zero_point) * (t->scale / scale);
        case CNN_UINT8:
            return (float)(data[i] - t->zero_point) * (t->scale / scale);
        default:
            return ((const float *)data)[i] / scale;
    }
}

static inline void cnn_convert(const cnn_model_t *model, const cnn_op_t *op, const uint8_t *in,
                               uint8_t *out) {
    const cnn_tensor_t *a = &model->tensors[op->a], *result = &model->tensors[op->out];
    if (result->type == CNN_FP32) {
        for (uint32_t i = 0; i < result->n; i++) {
            const float value = cnn_real_over(a, in, i, 1.0f);
            const float raised = value < op->lowest ? op->lowest : value; // NaN stays NaN
            ((float *)out)[i] = raised > op->highest ? op->highest : raised;
        }
        return;
    }
    for (uint32_t i = 0; i < result->n; i++) {
        const float value = cnn_real_over(a, in, i, result->scale);
        out[i] = (uint8_t)(cnn_round(cnn_clamp(value, op->lowest, op->highest)) + result->zero_point);
    }
}

#endif
