// SPDX-License-Identifier: MIT
// Convolutions and fully connected layers on int8. Sums of products are exact in int32; a result is
// sum * factor, rounded to the nearest as the reference runtime does, or cut as TinyMaix does.
#ifndef SENSORD_CNN_CONV_INT8_H
#define SENSORD_CNN_CONV_INT8_H

#include "ops.h"
#include "vector.h"

// A row of results from their sums.
static inline void cnn_requantise(const cnn_op_t *op, const int32_t *restrict sums, int8_t *restrict out,
                                  int32_t zero_point) {
    const int32_t *restrict bias = op->bias;
    const float *restrict factors = op->factors;
    const float lowest = op->lowest, highest = op->highest;
    for (uint32_t c = 0; c < op->result.channels; c++) {
        const float value = (float)(int32_t)((uint32_t)sums[c] + (uint32_t)bias[c]) * factors[c];
        out[c] = (int8_t)(cnn_round(cnn_clamp(value, lowest, highest)) + zero_point);
    }
}

// The same in TinyMaix's order of operations.
static inline void cnn_requantise_cut(const cnn_op_t *op, const int32_t *restrict sums, int8_t *restrict out,
                                      const cnn_tensor_t *result) {
    const int32_t *restrict bias = op->bias;
    const float *restrict factors = op->factors;
    const float lowest = op->lowest, highest = op->highest, factor = op->factor, scale = result->scale;
    const float zero = (float)result->zero_point;
    for (uint32_t c = 0; c < op->result.channels; c++) {
        const float sum = (float)(int32_t)((uint32_t)sums[c] + (uint32_t)bias[c]);
        const float value = cnn_clamp(sum * factors[c] * factor, lowest, highest) / scale + zero;
        out[c] = (int8_t)(int32_t)cnn_clamp(value, -128.0f, 127.0f);
    }
}

// `n` inputs as int16 without their zero point. Writes up to 7 more, and reads as many.
static inline void cnn_widen_run(int16_t *to, const int8_t *from, size_t n, int32_t zero_point) {
#if defined(__SSE2__)
    const __m128i zero = _mm_set1_epi16((int16_t)zero_point);
    for (size_t i = 0; i < n; i += 8) {
        _mm_storeu_si128((__m128i *)(to + i), _mm_sub_epi16(cnn_widen(from + i), zero));
    }
#else
    for (size_t i = 0; i < n; i++) {
        to[i] = (int16_t)(from[i] - zero_point);
    }
#endif
}

static inline void cnn_fill_run(int16_t *to, int32_t value, size_t n) {
    for (size_t i = 0; i < n; i++) {
        to[i] = (int16_t)value;
    }
}

// One line of a kernel's window: kernel_w pixels from column `x` on, `line` is NULL above and below the
// input. What is outside is the real value 0, which without a zero point is 0.
static inline void cnn_widen_line(const cnn_op_t *op, int16_t *to, const int8_t *line, int32_t x,
                                  int32_t zero_point) {
    const int32_t width = (int32_t)op->in.width, step = (int32_t)op->dilation_w;
    const size_t n = op->in.channels;
    if (line != NULL && step == 1 && x >= 0 && x + (int32_t)op->kernel_w <= width) {
        cnn_widen_run(to, line + (size_t)x * n, op->kernel_w * n, zero_point);
        return;
    }
    for (uint32_t i = 0; i < op->kernel_w; i++, x += step, to += n) {
        if (line != NULL && x >= 0 && x < width) {
            cnn_widen_run(to, line + (size_t)x * n, n, zero_point);
        } else {
            cnn_fill_run(to, 0, n);
        }
    }
}

// What one pixel of the result depends on, in the order of the weights.
static inline void cnn_column(const cnn_op_t *op, int16_t *column, const int8_t *in, uint32_t y, uint32_t x,
                              int32_t zero_point) {
    const size_t row = (size_t)op->in.width * op->in.channels, n = (size_t)op->kernel_w * op->in.channels;
    const int32_t left = (int32_t)(x * op->stride_w) - op->pad_left;
    int32_t top = (int32_t)(y * op->stride_h) - op->pad_top;
    for (uint32_t i = 0; i < op->kernel_h; i++, top += (int32_t)op->dilation_h, column += n) {
        const bool inside = top >= 0 && top < (int32_t)op->in.height;
        cnn_widen_line(op, column, inside ? in + (size_t)top * row : NULL, left, zero_point);
    }
}

// The same for TinyMaix's order (channel, height, width). Its biases have the zero point in them already:
// inputs stay as they are, and what is outside is the zero point.
static inline void cnn_column_planar(const cnn_op_t *op, int16_t *column, const int8_t *in, uint32_t y,
                                     uint32_t x, int32_t zero_point) {
    const uint32_t channels = op->in.channels, plane = op->kernel_h * op->kernel_w;
    const int32_t left = (int32_t)(x * op->stride_w) - op->pad_left;
    const int32_t top = (int32_t)(y * op->stride_h) - op->pad_top;
    for (uint32_t i = 0; i < plane; i++) {
        const int32_t py = top + (int32_t)(i / op->kernel_w), px = left + (int32_t)(i % op->kernel_w);
        const bool inside = py >= 0 && py < (int32_t)op->in.height && px >= 0 && px < (int32_t)op->in.width;
        const int8_t *pixel = in + ((size_t)py * op->in.width + (size_t)px) * channels;
        for (uint32_t c = 0; c < channels; c++) {
            column[(size_t)c * plane + i] = inside ? pixel[c] : (int16_t)zero_point;
        }
    }
}

// The sums of all channels for two columns. The last four rows may overlap with those before.
static inline void cnn_dot_rows(const cnn_op_t *op, const int16_t *column, const int16_t *column2,
                                size_t length, int32_t *sums, int32_t *sums2) {
    const int8_t *weights = op->weights;
    const size_t n = op->result.channels;
    size_t c = 0;
#if CNN_VECTORS
    for (; n >= 4 && c < n; c += 4) {
        c = c + 4 > n ? n - 4 : c;
        cnn_dot_2x4(column, column2, weights + c * length, length, sums + c, sums2 + c);
    }
#endif
    for (; c < n; c++) {
        cnn_dot_2x1(column, column2, weights + c * length, length, sums + c, sums2 + c);
    }
}

static inline void cnn_conv_int8(const cnn_op_t *op, const cnn_tensor_t *input, const cnn_tensor_t *result,
                                 const int8_t *in, int8_t *out, void *workspace) {
    const size_t length = cnn_dot_length(op), padded = (length + 7) & ~(size_t)7;
    int16_t *columns[2] = { workspace, (int16_t *)workspace + padded + 8 };
    int32_t *sums[2];
    sums[0] = (int32_t *)(columns[0] + 2 * (padded + 8));
    sums[1] = sums[0] + op->result.channels + 4;
    uint32_t pending = 0;
    const uint32_t n_pixels = op->result.height * op->result.width;
    uint32_t x = 0, y = 0;
    for (uint32_t i = 0; i < n_pixels; i++) {
        int16_t *column = columns[pending++];
        if (op->truncates) {
            cnn_column_planar(op, column, in, y, x, input->zero_point);
        } else {
            cnn_column(op, column, in, y, x, input->zero_point);
        }
        cnn_fill_run(column + length, 0, padded - length);
        if (++x == op->result.width) {
            x = 0;
            y++;
        }
        if (pending < 2 && i + 1 < n_pixels) {
            continue;
        }
        cnn_dot_rows(op, columns[0], columns[pending - 1], length, sums[0], sums[1]);
        for (uint32_t p = 0; p < pending; p++, out += op->result.channels) {
            if (op->truncates) {
                cnn_requantise_cut(op, sums[p], out, result);
            } else {
                cnn_requantise(op, sums[p], out, result->zero_point);
            }
        }
        pending = 0;
    }
}

// sums[c] += x[c] * w[c], where each input channel has `multiplier` outputs.
static inline void cnn_depthwise_tap(const cnn_op_t *op, int32_t *restrict sums, const int8_t *restrict x,
                                     const int8_t *restrict w, size_t step, int32_t zero_point) {
    const uint32_t n = op->in.channels, multiplier = op->multiplier;
    if (step == 1 && multiplier == 1) {
        for (uint32_t c = 0; c < n; c++) {
            sums[c] += (int16_t)(x[c] - zero_point) * (int16_t)w[c];
        }
        return;
    }
    for (uint32_t c = 0; c < n; c++) {
        for (uint32_t m = 0; m < multiplier; m++, sums++, w += step) {
            *sums += (x[c] - zero_point) * *w;
        }
    }
}

// The sums of one pixel. TinyMaix: weights are (channel, height, width), biases have the zero point in them
// already, and what is outside is the zero point.
static inline void cnn_depthwise_pixel(const cnn_op_t *op, int32_t *sums, const int8_t *in, uint32_t y,
                                       uint32_t x, int32_t zero_point) {
    const size_t n = op->result.channels, taps = (size_t)op->kernel_h * op->kernel_w;
    const size_t step = op->truncates ? taps : 1, next = op->truncates ? 1 : n;
    const int8_t *w = op->weights;
    int32_t py = (int32_t)(y * op->stride_h) - op->pad_top;
    for (uint32_t i = 0; i < op->kernel_h; i++, py += (int32_t)op->dilation_h) {
        int32_t px = (int32_t)(x * op->stride_w) - op->pad_left;
        const int8_t *line = in + (size_t)py * op->in.width * op->in.channels;
        for (uint32_t k = 0; k < op->kernel_w; k++, px += (int32_t)op->dilation_w, w += next) {
            if (py >= 0 && py < (int32_t)op->in.height && px >= 0 && px < (int32_t)op->in.width) {
                const int8_t *pixel = line + (size_t)px * op->in.channels;
                cnn_depthwise_tap(op, sums, pixel, w, step, op->truncates ? 0 : zero_point);
            } else if (op->truncates) {
                for (size_t c = 0; c < n; c++) {
                    sums[c] += zero_point * w[c * step];
                }
            }
        }
    }
}

static inline void cnn_depthwise_int8(const cnn_op_t *op, const cnn_tensor_t *input,
                                      const cnn_tensor_t *result, const int8_t *in, int8_t *out,
                                      int32_t *sums) {
    const size_t n = op->result.channels;
    for (uint32_t y = 0; y < op->result.height; y++) {
        for (uint32_t x = 0; x < op->result.width; x++, out += n) {
            for (size_t c = 0; c < n; c++) {
                sums[c] = 0;
            }
            cnn_depthwise_pixel(op, sums, in, y, x, input->zero_point);
            if (op->truncates) {
                cnn_requantise_cut(op, sums, out, result);
            } else {
                cnn_requantise(op, sums, out, result->zero_point);
            }
        }
    }
}

#endif
