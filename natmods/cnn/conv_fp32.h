// SPDX-License-Identifier: MIT
// Convolutions and fully connected layers on floats.
#ifndef SENSORD_CNN_CONV_FP32_H
#define SENSORD_CNN_CONV_FP32_H

#include "ops.h"
#include "vector.h"

static inline void cnn_copy_floats(float *to, const float *from, size_t n) {
    for (size_t i = 0; i < n; i++) {
        to[i] = from[i];
    }
}

static inline void cnn_zero_floats(float *to, size_t n) {
    for (size_t i = 0; i < n; i++) {
        to[i] = 0.0f;
    }
}

static inline void cnn_add_bias(const cnn_op_t *op, float *restrict out) {
    const float *restrict bias = op->bias;
    const float lowest = op->lowest, highest = op->highest;
    for (uint32_t c = 0; c < op->result.channels; c++) {
        const float value = out[c] + bias[c];
        const float raised = value < lowest ? lowest : value;
        out[c] = raised > highest ? highest : raised;
    }
}

// Collects the inputs that one pixel of the result depends on, in the order of the weights.
static inline void cnn_column_f(const cnn_op_t *op, float *column, const float *in, uint32_t y, uint32_t x) {
    const int32_t width = (int32_t)op->in.width, step = (int32_t)op->dilation_w;
    const size_t n = op->in.channels, row = (size_t)width * n;
    const int32_t left = (int32_t)(x * op->stride_w) - op->pad_left;
    int32_t top = (int32_t)(y * op->stride_h) - op->pad_top;
    const bool inside_x = step == 1 && left >= 0 && left + (int32_t)op->kernel_w <= width;
    for (uint32_t i = 0; i < op->kernel_h; i++, top += (int32_t)op->dilation_h) {
        if (top < 0 || top >= (int32_t)op->in.height) {
            cnn_zero_floats(column, op->kernel_w * n);
            column += op->kernel_w * n;
            continue;
        }
        const float *line = in + (size_t)top * row;
        if (inside_x) {
            cnn_copy_floats(column, line + (size_t)left * n, op->kernel_w * n);
            column += op->kernel_w * n;
            continue;
        }
        int32_t px = left;
        for (uint32_t k = 0; k < op->kernel_w; k++, px += step, column += n) {
            if (px >= 0 && px < width) {
                cnn_copy_floats(column, line + (size_t)px * n, n);
            } else {
                cnn_zero_floats(column, n);
            }
        }
    }
}

// The sums of all channels for two columns. The last four rows may overlap with those before.
static inline void cnn_dot_rows_f(const cnn_op_t *op, const float *column, const float *column2,
                                  size_t length, float *sums, float *sums2) {
    const float *weights = op->weights;
    const size_t n = op->result.channels;
    size_t c = 0;
    for (; n >= 4 && c < n; c += 4) {
        c = c + 4 > n ? n - 4 : c;
        cnn_dot_2x4_f(column, column2, weights + c * length, length, sums + c, sums2 + c);
    }
    for (; c < n; c++) {
        float a = 0.0f, b = 0.0f;
        for (size_t k = 0; k < length; k++) {
            a += column[k] * weights[c * length + k];
            b += column2[k] * weights[c * length + k];
        }
        sums[c] = a;
        sums2[c] = b;
    }
}

static inline void cnn_conv_fp32(const cnn_op_t *op, const float *in, float *out, void *workspace,
                                 cnn_part_t part) {
    const size_t length = cnn_dot_length(op), n = op->result.channels;
    float *columns[2] = { workspace, (float *)workspace + length + 8 };
    // An odd last pixel has no second column: its sums go to memory that is never read.
    float *unused = columns[1] + length + 8;
    // For a kernel of one pixel the input itself is the column.
    const bool in_place = op->kernel_h == 1 && op->kernel_w == 1 && op->pad_top == 0 && op->pad_left == 0;
    const float *column[2];
    uint32_t pending = 0, x = part.first % op->result.width, y = part.first / op->result.width;
    out += (size_t)part.first * n;
    for (uint32_t i = part.first; i < part.end; i++) {
        if (in_place) {
            column[pending] =
                in + ((size_t)y * op->stride_h * op->in.width + (size_t)x * op->stride_w) * length;
        } else {
            cnn_column_f(op, columns[pending], in, y, x);
            column[pending] = columns[pending];
        }
        pending++;
        if (++x == op->result.width) {
            x = 0;
            y++;
        }
        if (pending < 2 && i + 1 < part.end) {
            continue;
        }
        cnn_dot_rows_f(op, column[0], column[pending - 1], length, out, pending == 2 ? out + n : unused);
        for (; pending > 0; pending--, out += n) {
            cnn_add_bias(op, out);
        }
    }
}

// Repeats each channel once for each of its outputs.
static inline const float *cnn_repeat_f(const float *restrict column, float *restrict to, size_t n,
                                        uint32_t times) {
    if (times == 1) {
        return column;
    }
    if (times == 2) {
        for (size_t i = 0; i < n; i++) {
            to[2 * i] = to[2 * i + 1] = column[i];
        }
        return to;
    }
    float *next = to;
    for (size_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < times; k++) {
            *next++ = column[i];
        }
    }
    return to;
}

static inline void cnn_depthwise_fp32(const cnn_op_t *op, const float *in, float *out, float *column,
                                      cnn_part_t part) {
    const size_t n = op->result.channels, taps = (size_t)op->kernel_h * op->kernel_w;
    const size_t length = taps * op->in.channels;
    float *repeated = column + length + 8;
    uint32_t x = part.first % op->result.width, y = part.first / op->result.width;
    out += (size_t)part.first * n;
    for (uint32_t i = part.first; i < part.end; i++, out += n) {
        cnn_column_f(op, column, in, y, x);
        const float *all = cnn_repeat_f(column, repeated, length, op->multiplier);
        // May write beyond this pixel: into the next, which is computed later, or into the slack.
        cnn_dot_channels_f(all, op->weights, taps, n, out);
        cnn_add_bias(op, out);
        if (++x == op->result.width) {
            x = 0;
            y++;
        }
    }
}

#endif
