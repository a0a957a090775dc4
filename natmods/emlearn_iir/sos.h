// SPDX-License-Identifier: MIT
// Second-order sections on float samples, in plain C.
#ifndef SENSORD_SOS_H
#define SENSORD_SOS_H

#include <stddef.h>

// What a state decays to in silence is cut off here, -300 dB below full scale: far below it lie the
// denormal numbers, on which x86 is ten times slower.
#define SOS_FLUSH_BELOW 1e-15f
#define SOS_FLUSH_EVERY 256

// One section, direct form 2 transposed: two states, the least rounding noise of the direct forms.
typedef struct {
    float b0, b1, b2, a1, a2;
    float s1, s2;
} sos_t;

static inline float sos_flush(float state) {
    return state < SOS_FLUSH_BELOW && state > -SOS_FLUSH_BELOW ? 0.0f : state;
}

// Filters `n` samples in place; the state stays in the section for the next call.
static inline void sos_run(sos_t *section, float *values, size_t n) {
    const sos_t c = *section;
    float s1 = c.s1, s2 = c.s2;
    for (size_t start = 0; start < n; start += SOS_FLUSH_EVERY) {
        const size_t end = n - start < SOS_FLUSH_EVERY ? n : start + SOS_FLUSH_EVERY;
        for (size_t i = start; i < end; i++) {
            const float in = values[i];
            const float out = c.b0 * in + s1;
            s1 = c.b1 * in - c.a1 * out + s2;
            s2 = c.b2 * in - c.a2 * out;
            values[i] = out;
        }
        s1 = sos_flush(s1);
        s2 = sos_flush(s2);
    }
    section->s1 = s1;
    section->s2 = s2;
}

#endif
