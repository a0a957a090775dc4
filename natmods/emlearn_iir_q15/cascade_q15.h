// SPDX-License-Identifier: MIT
// A cascade of second-order sections on int16 samples (Q15), in plain C.
//
// The sections and the order of their six coefficients, b0 0 b1 b2 -a1 -a2 in Q13, are those of Arm's
// CMSIS-DSP, arm_biquad_cascade_df1_q15() with a postShift of 2. So are its results, except that this
// one rounds where CMSIS-DSP truncates. Direct form 1 with a 64-bit sum cannot overflow inside; each
// section's result saturates at full scale.
#ifndef SENSORD_CASCADE_Q15_H
#define SENSORD_CASCADE_Q15_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define Q15_FRACTION_BITS 13 // of the coefficients, which range from -4 to 4
#define Q15_ONE (1 << Q15_FRACTION_BITS)

typedef struct {
    int16_t b0, b1, b2, minus_a1, minus_a2;
    int16_t x1, x2, y1, y2;
} q15_section_t;

static inline int16_t q15_saturate(int64_t value) {
    return (int16_t)(value < INT16_MIN ? INT16_MIN : value > INT16_MAX ? INT16_MAX : value);
}

// Rounds a float to the nearest int16, halves away from zero. Returns false if it is out of range.
static inline bool q15_round(float value, int16_t *rounded) {
    const float moved = value < 0.0f ? value - 0.5f : value + 0.5f;
    if (!(moved > -32769.0f && moved < 32768.0f)) {
        return false;
    }
    *rounded = (int16_t)(int32_t)moved;
    return true;
}

// Starts a section at rest with six coefficients in the order above.
static inline void q15_init(q15_section_t *s, const int16_t *c) {
    *s = (q15_section_t){ .b0 = c[0], .b1 = c[2], .b2 = c[3], .minus_a1 = c[4], .minus_a2 = c[5] };
}

// Filters n samples in place; the states stay in the section for the next call.
static inline void q15_run(q15_section_t *section, int16_t *values, size_t n) {
    const q15_section_t c = *section;
    int32_t x1 = c.x1, x2 = c.x2, y1 = c.y1, y2 = c.y2;
    for (size_t i = 0; i < n; i++) {
        const int32_t x = values[i];
        // A product is at most 2^30 and fits 32 bits, the sum of two does not.
        int64_t sum = (int64_t)(c.b0 * x) + c.b1 * x1;
        sum += (int64_t)(c.b2 * x2) + c.minus_a1 * y1;
        sum += c.minus_a2 * y2;
        const int16_t y = q15_saturate((sum + Q15_ONE / 2) >> Q15_FRACTION_BITS);
        x2 = x1;
        x1 = x;
        y2 = y1;
        y1 = y;
        values[i] = y;
    }
    section->x1 = (int16_t)x1;
    section->x2 = (int16_t)x2;
    section->y1 = (int16_t)y1;
    section->y2 = (int16_t)y2;
}

#endif
