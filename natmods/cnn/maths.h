// SPDX-License-Identifier: MIT
// The few functions of libm that networks need: a .mpy has no libm.
#ifndef SENSORD_CNN_MATHS_H
#define SENSORD_CNN_MATHS_H

#include <stdint.h>

#define CNN_INFINITY (__builtin_inff())

// NaN becomes `lowest`.
static inline float cnn_clamp(float value, float lowest, float highest) {
    value = value > lowest ? value : lowest;
    return value < highest ? value : highest;
}

// Rounds to the nearest integer, ties to even, for values within +-2^22. Adding 1.5 * 2^23 leaves the
// integer in the low bits; unlike lrintf(), compilers can vectorise a loop of this.
static inline int32_t cnn_round(float value) {
    union {
        float f;
        int32_t i;
    } u = { value + 12582912.0f };
    return u.i - 0x4B400000;
}

// Rounds to the nearest integer, ties away from 0. Values beyond +-2^22 stay as they are.
static inline float cnn_round_away(float value) {
    if (!(value > -4194304.0f && value < 4194304.0f)) {
        return value;
    }
    return (float)(int32_t)(value + (value < 0.0f ? -0.5f : 0.5f));
}

// e^x to about 2 units in the last place. Cody and Waite: x = n ln 2 + r, |r| <= ln 2 / 2, then the
// series of e^r; below -87 the result is 0.
static inline float cnn_exp(float x) {
    if (!(x > -87.0f)) {
        return x != x ? x : 0.0f;
    }
    if (x > 88.0f) {
        return CNN_INFINITY;
    }
    const int32_t n = cnn_round(x * 1.44269504f);
    const float r = (x - (float)n * 0.693359375f) - (float)n * -2.12194440e-4f;
    float p = 1.0f / 5040.0f;
    p = p * r + 1.0f / 720.0f;
    p = p * r + 1.0f / 120.0f;
    p = p * r + 1.0f / 24.0f;
    p = p * r + 1.0f / 6.0f;
    p = p * r + 0.5f;
    p = p * r * r + r + 1.0f;
    union {
        int32_t i;
        float f;
    } power = { (n + 127) << 23 };
    return p * power.f;
}

static inline float cnn_sigmoid(float x) {
    return 1.0f / (1.0f + cnn_exp(-x));
}

#endif
