// SPDX-License-Identifier: MIT
// Dot products, which take nearly all the time: two columns of inputs with four rows of weights at a
// time. With SSE2, which every x86-64 has, with NEON, which every arm64 has, or in plain C.
#ifndef SENSORD_CNN_VECTOR_H
#define SENSORD_CNN_VECTOR_H

#include <stddef.h>
#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#define CNN_VECTORS 1
#elif defined(__aarch64__)
#include <arm_neon.h>
#define CNN_VECTORS 1
#else
#define CNN_VECTORS 0
#endif

#define CNN_INLINE static inline __attribute__((always_inline))

// Four floats; GCC makes vector code of them if the processor has it, else scalar code.
typedef float cnn_f32x4_t __attribute__((vector_size(16)));
typedef float cnn_f32x4_at_t __attribute__((vector_size(16), aligned(4), may_alias));
typedef int32_t cnn_mask4_t __attribute__((vector_size(16)));

CNN_INLINE cnn_f32x4_t cnn_load4(const float *p) {
    return *(const cnn_f32x4_at_t *)p;
}

#if defined(__SSE2__)
typedef __m128i cnn_i16x8_t;
typedef __m128i cnn_i32x4_t;

CNN_INLINE cnn_i32x4_t cnn_zero4(void) {
    return _mm_setzero_si128();
}

CNN_INLINE cnn_i16x8_t cnn_load16(const int16_t *p) {
    return _mm_loadu_si128((const __m128i *)p);
}

CNN_INLINE cnn_i16x8_t cnn_widen(const int8_t *p) {
    const __m128i bytes = _mm_loadl_epi64((const __m128i *)p);
    return _mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8);
}

CNN_INLINE cnn_i32x4_t cnn_dot(cnn_i32x4_t sum, cnn_i16x8_t a, cnn_i16x8_t b) {
    return _mm_add_epi32(sum, _mm_madd_epi16(a, b));
}

// The sum of each of four vectors.
CNN_INLINE cnn_i32x4_t cnn_sum4(cnn_i32x4_t a, cnn_i32x4_t b, cnn_i32x4_t c, cnn_i32x4_t d) {
    const __m128i ab = _mm_add_epi32(_mm_unpacklo_epi32(a, b), _mm_unpackhi_epi32(a, b));
    const __m128i cd = _mm_add_epi32(_mm_unpacklo_epi32(c, d), _mm_unpackhi_epi32(c, d));
    return _mm_add_epi32(_mm_unpacklo_epi64(ab, cd), _mm_unpackhi_epi64(ab, cd));
}

CNN_INLINE void cnn_store4(int32_t *p, cnn_i32x4_t v) {
    _mm_storeu_si128((__m128i *)p, v);
}

// Four floats from four integers.
CNN_INLINE cnn_f32x4_t cnn_sum_to_float(const int32_t *sums, const int32_t *bias) {
    const __m128i sum = _mm_loadu_si128((const __m128i *)sums);
    return (cnn_f32x4_t)_mm_cvtepi32_ps(_mm_add_epi32(sum, _mm_loadu_si128((const __m128i *)bias)));
}

// NaN becomes `lowest`, as in cnn_clamp().
CNN_INLINE cnn_f32x4_t cnn_clamp4(cnn_f32x4_t v, float lowest, float highest) {
    return (cnn_f32x4_t)_mm_min_ps(_mm_max_ps((__m128)v, _mm_set1_ps(lowest)), _mm_set1_ps(highest));
}

// Rounds to the nearest, ties to even: a program's initial rounding mode.
CNN_INLINE cnn_i32x4_t cnn_round4(cnn_f32x4_t v) {
    return _mm_cvtps_epi32((__m128)v);
}

CNN_INLINE cnn_i32x4_t cnn_cut4(cnn_f32x4_t v) {
    return _mm_cvttps_epi32((__m128)v);
}

// Stores four values in the range of int8, after adding `zero`.
CNN_INLINE void cnn_store_bytes4(int8_t *p, cnn_i32x4_t v, int32_t zero) {
    const __m128i sum = _mm_add_epi32(v, _mm_set1_epi32(zero));
    const __m128i narrow = _mm_packs_epi32(sum, sum);
    const int32_t bytes = _mm_cvtsi128_si32(_mm_packs_epi16(narrow, narrow));
    __builtin_memcpy(p, &bytes, sizeof(bytes));
}

// low and high: sums of the products of eight lanes, of a with b and of c with d.
CNN_INLINE void cnn_multiply2(cnn_i32x4_t *low, cnn_i32x4_t *high, cnn_i16x8_t a, cnn_i16x8_t b,
                              cnn_i16x8_t c, cnn_i16x8_t d) {
    *low = cnn_dot(*low, _mm_unpacklo_epi16(a, c), _mm_unpacklo_epi16(b, d));
    *high = cnn_dot(*high, _mm_unpackhi_epi16(a, c), _mm_unpackhi_epi16(b, d));
}

#elif defined(__aarch64__)
typedef int16x8_t cnn_i16x8_t;
typedef int32x4_t cnn_i32x4_t;

CNN_INLINE cnn_i32x4_t cnn_zero4(void) {
    return vdupq_n_s32(0);
}

CNN_INLINE cnn_i16x8_t cnn_load16(const int16_t *p) {
    return vld1q_s16(p);
}

CNN_INLINE cnn_i16x8_t cnn_widen(const int8_t *p) {
    return vmovl_s8(vld1_s8(p));
}

CNN_INLINE cnn_i32x4_t cnn_dot(cnn_i32x4_t sum, cnn_i16x8_t a, cnn_i16x8_t b) {
    return vmlal_high_s16(vmlal_s16(sum, vget_low_s16(a), vget_low_s16(b)), a, b);
}

CNN_INLINE cnn_i32x4_t cnn_sum4(cnn_i32x4_t a, cnn_i32x4_t b, cnn_i32x4_t c, cnn_i32x4_t d) {
    return vpaddq_s32(vpaddq_s32(a, b), vpaddq_s32(c, d));
}

CNN_INLINE void cnn_store4(int32_t *p, cnn_i32x4_t v) {
    vst1q_s32(p, v);
}

// Four floats from four integers.
CNN_INLINE cnn_f32x4_t cnn_sum_to_float(const int32_t *sums, const int32_t *bias) {
    return (cnn_f32x4_t)vcvtq_f32_s32(vaddq_s32(vld1q_s32(sums), vld1q_s32(bias)));
}

// NaN becomes `lowest`, as in cnn_clamp().
CNN_INLINE cnn_f32x4_t cnn_clamp4(cnn_f32x4_t v, float lowest, float highest) {
    return (cnn_f32x4_t)vminnmq_f32(vmaxnmq_f32((float32x4_t)v, vdupq_n_f32(lowest)), vdupq_n_f32(highest));
}

// Rounds to the nearest, ties to even.
CNN_INLINE cnn_i32x4_t cnn_round4(cnn_f32x4_t v) {
    return vcvtnq_s32_f32((float32x4_t)v);
}

CNN_INLINE cnn_i32x4_t cnn_cut4(cnn_f32x4_t v) {
    return vcvtq_s32_f32((float32x4_t)v);
}

// Stores four values in the range of int8, after adding `zero`.
CNN_INLINE void cnn_store_bytes4(int8_t *p, cnn_i32x4_t v, int32_t zero) {
    const int16x4_t narrow = vqmovn_s32(vaddq_s32(v, vdupq_n_s32(zero)));
    const int32_t bytes = vget_lane_s32(vreinterpret_s32_s8(vqmovn_s16(vcombine_s16(narrow, narrow))), 0);
    __builtin_memcpy(p, &bytes, sizeof(bytes));
}

// low and high: sums of the products of eight lanes, of a with b and of c with d.
CNN_INLINE void cnn_multiply2(cnn_i32x4_t *low, cnn_i32x4_t *high, cnn_i16x8_t a, cnn_i16x8_t b,
                              cnn_i16x8_t c, cnn_i16x8_t d) {
    *low = vmlal_s16(vmlal_s16(*low, vget_low_s16(a), vget_low_s16(b)), vget_low_s16(c), vget_low_s16(d));
    *high = vmlal_high_s16(vmlal_high_s16(*high, a, b), c, d);
}
#endif

// sums[0..3] and sums2[0..3]: the dot products, of `length`, of the column and of the second one with
// four rows of weights. Columns are padded with zeros to a multiple of 8; rows may be read up to there.
#if CNN_VECTORS
CNN_INLINE void cnn_dot_2x4(const int16_t *column, const int16_t *column2, const int8_t *weights,
                            size_t length, int32_t *sums, int32_t *sums2) {
    const int8_t *w1 = weights + length, *w2 = w1 + length, *w3 = w2 + length;
    cnn_i32x4_t a0 = cnn_zero4(), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
    for (size_t k = 0; k < length; k += 8) {
        const cnn_i16x8_t x = cnn_load16(column + k), y = cnn_load16(column2 + k);
        cnn_i16x8_t w = cnn_widen(weights + k);
        a0 = cnn_dot(a0, x, w);
        b0 = cnn_dot(b0, y, w);
        w = cnn_widen(w1 + k);
        a1 = cnn_dot(a1, x, w);
        b1 = cnn_dot(b1, y, w);
        w = cnn_widen(w2 + k);
        a2 = cnn_dot(a2, x, w);
        b2 = cnn_dot(b2, y, w);
        w = cnn_widen(w3 + k);
        a3 = cnn_dot(a3, x, w);
        b3 = cnn_dot(b3, y, w);
    }
    cnn_store4(sums, cnn_sum4(a0, a1, a2, a3));
    cnn_store4(sums2, cnn_sum4(b0, b1, b2, b3));
}
#endif

// sums[c]: the sum of `taps` products column[t][c] * weights[t][c]. Works on eight channels at a time:
// reads and writes up to 7 channels more than there are.
static inline void cnn_dot_channels(const int16_t *column, const int8_t *weights, size_t taps, size_t n,
                                    int32_t *sums) {
#if CNN_VECTORS
    for (size_t c = 0; c < n; c += 8) {
        cnn_i32x4_t low = cnn_zero4(), high = low;
        const int16_t *x = column + c;
        const int8_t *w = weights + c;
        size_t t = 0;
        for (; t + 1 < taps; t += 2, x += 2 * n, w += 2 * n) {
            cnn_multiply2(&low, &high, cnn_load16(x), cnn_widen(w), cnn_load16(x + n), cnn_widen(w + n));
        }
        if (t < taps) {
            const cnn_i16x8_t one = cnn_load16(x), weight = cnn_widen(w);
            cnn_multiply2(&low, &high, one, weight, one, (cnn_i16x8_t)cnn_zero4());
        }
        cnn_store4(sums + c, low);
        cnn_store4(sums + c + 4, high);
    }
#else
    for (size_t c = 0; c < n; c++) {
        int32_t sum = 0;
        for (size_t t = 0; t < taps; t++) {
            sum += (int32_t)column[t * n + c] * weights[t * n + c];
        }
        sums[c] = sum;
    }
#endif
}

// cnn_dot_2x4() for one row of weights.
static inline void cnn_dot_2x1(const int16_t *column, const int16_t *column2, const int8_t *weights,
                               size_t length, int32_t *sum, int32_t *sum2) {
    int32_t a = 0, b = 0;
    for (size_t k = 0; k < length; k++) {
        a += (int32_t)column[k] * weights[k];
        b += (int32_t)column2[k] * weights[k];
    }
    *sum = a;
    *sum2 = b;
}

CNN_INLINE cnn_f32x4_t cnn_keep(cnn_f32x4_t v, cnn_mask4_t mask) {
    return (cnn_f32x4_t)((cnn_mask4_t)v & mask);
}

CNN_INLINE float cnn_sum_of(cnn_f32x4_t v) {
    return (v[0] + v[1]) + (v[2] + v[3]);
}

// out[c]: the sum of `taps` products column[t][c] * weights[t][c]. Works on four channels at a time:
// reads and writes up to 3 channels more than there are.
static inline void cnn_dot_channels_f(const float *column, const float *weights, size_t taps, size_t n,
                                      float *out) {
    for (size_t c = 0; c < n; c += 4) {
        cnn_f32x4_t sum = { 0 };
        const float *x = column + c, *w = weights + c;
        for (size_t t = 0; t < taps; t++, x += n, w += n) {
            sum += cnn_load4(x) * cnn_load4(w);
        }
        *(cnn_f32x4_at_t *)(out + c) = sum;
    }
}

// sums[c] and sums2[c] for four rows of weights. Columns and rows may be read up to a multiple of 4: a
// mask removes the values there, which may be NaN.
CNN_INLINE void cnn_dot_2x4_f(const float *column, const float *column2, const float *weights, size_t length,
                              float *sums, float *sums2) {
    const float *w1 = weights + length, *w2 = w1 + length, *w3 = w2 + length;
    cnn_f32x4_t a0 = { 0 }, a1 = { 0 }, a2 = { 0 }, a3 = { 0 };
    cnn_f32x4_t b0 = { 0 }, b1 = { 0 }, b2 = { 0 }, b3 = { 0 };
    const size_t whole = length & ~(size_t)3;
    size_t k = 0;
    for (; k < whole; k += 4) {
        const cnn_f32x4_t x = cnn_load4(column + k), y = cnn_load4(column2 + k);
        cnn_f32x4_t w = cnn_load4(weights + k);
        a0 += x * w;
        b0 += y * w;
        w = cnn_load4(w1 + k);
        a1 += x * w;
        b1 += y * w;
        w = cnn_load4(w2 + k);
        a2 += x * w;
        b2 += y * w;
        w = cnn_load4(w3 + k);
        a3 += x * w;
        b3 += y * w;
    }
    if (k < length) {
        const int32_t n = (int32_t)(length - k);
        const cnn_mask4_t mask = (cnn_mask4_t){ 0, 1, 2, 3 } < (cnn_mask4_t){ n, n, n, n };
        const cnn_f32x4_t x = cnn_keep(cnn_load4(column + k), mask);
        const cnn_f32x4_t y = cnn_keep(cnn_load4(column2 + k), mask);
        cnn_f32x4_t w = cnn_keep(cnn_load4(weights + k), mask);
        a0 += x * w;
        b0 += y * w;
        w = cnn_keep(cnn_load4(w1 + k), mask);
        a1 += x * w;
        b1 += y * w;
        w = cnn_keep(cnn_load4(w2 + k), mask);
        a2 += x * w;
        b2 += y * w;
        w = cnn_keep(cnn_load4(w3 + k), mask);
        a3 += x * w;
        b3 += y * w;
    }
    sums[0] = cnn_sum_of(a0);
    sums[1] = cnn_sum_of(a1);
    sums[2] = cnn_sum_of(a2);
    sums[3] = cnn_sum_of(a3);
    sums2[0] = cnn_sum_of(b0);
    sums2[1] = cnn_sum_of(b1);
    sums2[2] = cnn_sum_of(b2);
    sums2[3] = cnn_sum_of(b3);
}

#endif
