// SPDX-License-Identifier: MIT
// Convolutions and fully connected layers on int8. Sums of products are exact in int32; a result is
// sum * factor, rounded to the nearest as in the reference runtime, or truncated as in TinyMaix.
#ifndef SENSORD_CNN_CONV_INT8_H
#define SENSORD_CNN_CONV_INT8_H

#include "ops.h"
#include "vector.h"

static inline int8_t cnn_result(const cnn_op_t *op, const int32_t *sums, size_t c, int32_t zero_point) {
    const int32_t sum = (int32_t)((uint32_t)sums[c] + (uint32_t)((const int32_t *)op->bias)[c]);
    return (int8_t)(cnn_round(cnn_clamp((float)sum * op->factors[c], op->lowest, op->highest)) + zero_point);
}

// A row of results from their sums. The last four may overlap with those before.
static inline void cnn_requantise(const cnn_op_t *op, const int32_t *sums, int8_t *out, int32_t zero_point) {
    const size_t n = op->result.channels;
    size_t c = 0;
#if CNN_VECTORS
    for (; n >= 4 && c < n; c += 4) {
        c = c + 4 > n ? n - 4 : c;
        const int32_t *bias = (const int32_t *)op->bias + c;
        const cnn_f32x4_t value = cnn_sum_to_float(sums + c, bias) * cnn_load4(op->factors + c);
        cnn_store_bytes4(out + c, cnn_round4(cnn_clamp4(value, op->lowest, op->highest)), zero_point);
    }
#endif
    for (; c < n; c++) {
        out[c] = cnn_result(op, sums, c, zero_point);
    }
}

// The same with TinyMaix's order of operations.
static inline int8_t cnn_result_cut(const cnn_op_t *op, const int32_t *sums, size_t c,
                                    const cnn_tensor_t *result) {
    const int32_t sum = (int32_t)((uint32_t)sums[c] + (uint32_t)((const int32_t *)op->bias)[c]);
    const float value = cnn_clamp((float)sum * op->factors[c] * op->factor, op->lowest, op->highest);
    return (int8_t)(int32_t)cnn_clamp(value / result->scale + (float)result->zero_point, -128.0f, 127.0f);
}

static inline void cnn_requantise_cut(const cnn_op_t *op, const int32_t *sums, int8_t *out,
                                      const cnn_tensor_t *result) {
    const size_t n = op->result.channels;
    size_t c = 0;
#if CNN_VECTORS
    for (; n >= 4 && c < n; c += 4) {
        c = c + 4 > n ? n - 4 : c;
        const int32_t *bias = (const int32_t *)op->bias + c;
        const cnn_f32x4_t sum = cnn_sum_to_float(sums + c, bias) * cnn_load4(op->factors + c) * op->factor;
        const cnn_f32x4_t value = cnn_clamp4(sum, op->lowest, op->highest) / result->scale;
        const cnn_f32x4_t shifted = value + (float)result->zero_point;
        cnn_store_bytes4(out + c, cnn_cut4(cnn_clamp4(shifted, -128.0f, 127.0f)), 0);
    }
#endif
    for (; c < n; c++) {
        out[c] = cnn_result_cut(op, sums, c, result);
    }
}

// Converts `n` inputs to int16 without their zero point. Writes up to 7 more, and reads as many.
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

// The zero point to subtract from inputs, and the value outside the input. The reference runtime
// subtracts the zero point, and outside is 0. TinyMaix's biases include it: here nothing is subtracted,
// and outside is the zero point.
typedef struct {
    int32_t zero, outside;
} cnn_offsets_t;

static inline cnn_offsets_t cnn_offsets(const cnn_op_t *op, const cnn_tensor_t *input) {
    const int32_t zero = input->zero_point;
    return op->truncates ? (cnn_offsets_t){ 0, zero } : (cnn_offsets_t){ zero, 0 };
}

// Converts one line of a kernel's window: kernel_w pixels from column `x` on; `line` is NULL above and
// below the input.
static inline void cnn_widen_line(const cnn_op_t *op, int16_t *to, const int8_t *line, int32_t x,
                                  cnn_offsets_t offsets) {
    const int32_t width = (int32_t)op->in.width, step = (int32_t)op->dilation_w;
    const size_t n = op->in.channels;
    if (line != NULL && step == 1 && x >= 0 && x + (int32_t)op->kernel_w <= width) {
        cnn_widen_run(to, line + (size_t)x * n, op->kernel_w * n, offsets.zero);
        return;
    }
    for (uint32_t i = 0; i < op->kernel_w; i++, x += step, to += n) {
        if (line != NULL && x >= 0 && x < width) {
            cnn_widen_run(to, line + (size_t)x * n, n, offsets.zero);
        } else {
            cnn_fill_run(to, offsets.outside, n);
        }
    }
}

// Collects the inputs that one pixel of the result depends on, in the order (height, width, channel).
static inline void cnn_column(const cnn_op_t *op, int16_t *column, const int8_t *in, uint32_t y, uint32_t x,
                              cnn_offsets_t offsets) {
    const size_t row = (size_t)op->in.width * op->in.channels, n = (size_t)op->kernel_w * op->in.channels;
    const int32_t left = (int32_t)(x * op->stride_w) - op->pad_left;
    int32_t top = (int32_t)(y * op->stride_h) - op->pad_top;
    for (uint32_t i = 0; i < op->kernel_h; i++, top += (int32_t)op->dilation_h, column += n) {
        const bool inside = top >= 0 && top < (int32_t)op->in.height;
        cnn_widen_line(op, column, inside ? in + (size_t)top * row : NULL, left, offsets);
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
                                 const int8_t *in, int8_t *out, void *workspace, cnn_part_t part) {
    const size_t length = cnn_dot_length(op), padded = (length + 7) & ~(size_t)7;
    int16_t *columns[2] = { workspace, (int16_t *)workspace + padded + 8 };
    int32_t *sums[2];
    sums[0] = (int32_t *)(columns[0] + 2 * (padded + 8));
    sums[1] = sums[0] + op->result.channels + 4;
    uint32_t pending = 0;
    uint32_t x = part.first % op->result.width, y = part.first / op->result.width;
    const cnn_offsets_t offsets = cnn_offsets(op, input);
    out += (size_t)part.first * op->result.channels;
    for (uint32_t i = part.first; i < part.end; i++) {
        int16_t *column = columns[pending++];
        cnn_column(op, column, in, y, x, offsets);
        cnn_fill_run(column + length, 0, padded - length);
        if (++x == op->result.width) {
            x = 0;
            y++;
        }
        if (pending < 2 && i + 1 < part.end) {
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

// Repeats each channel once for each of its outputs.
static inline const int16_t *cnn_repeat(const int16_t *restrict column, int16_t *restrict to, size_t n,
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
    int16_t *next = to;
    for (size_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < times; k++) {
            *next++ = column[i];
        }
    }
    return to;
}

static inline void cnn_depthwise_int8(const cnn_op_t *op, const cnn_tensor_t *input,
                                      const cnn_tensor_t *result, const int8_t *in, int8_t *out,
                                      int32_t *sums, cnn_part_t part) {
    const size_t n = op->result.channels, taps = (size_t)op->kernel_h * op->kernel_w;
    const size_t length = taps * op->in.channels;
    const cnn_offsets_t offsets = cnn_offsets(op, input);
    int16_t *column = (int16_t *)(sums + n + 8), *repeated = column + length + 8;
    uint32_t x = part.first % op->result.width, y = part.first / op->result.width;
    out += (size_t)part.first * n;
    for (uint32_t i = part.first; i < part.end; i++, out += n) {
        cnn_column(op, column, in, y, x, offsets);
        const int16_t *all = cnn_repeat(column, repeated, length, op->multiplier);
        cnn_dot_channels(all, op->weights, taps, n, sums);
        if (op->truncates) {
            cnn_requantise_cut(op, sums, out, result);
        } else {
            cnn_requantise(op, sums, out, result->zero_point);
        }
        if (++x == op->result.width) {
            x = 0;
            y++;
        }
    }
}

#endif
