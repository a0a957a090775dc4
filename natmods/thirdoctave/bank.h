// SPDX-License-Identifier: MIT
// A bank of third-octave filters after IEC 61260-1, in plain C: int16 samples in, band levels out.
//
// Each octave has three band-pass filters, in three lanes of a vector, and a half-band low-pass after
// which every other sample is dropped: the next lower octave runs at half the rate. So the whole bank
// costs less than twice its highest octave, and no filter needs poles so close to 1 that single
// precision is too coarse.
#ifndef SENSORD_BANK_H
#define SENSORD_BANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "soundlevel/meter.h"

#define BANK_MAX_OCTAVES 14
#define BANK_BANDS 3 // of an octave
#define BANK_SECTIONS 4 // of a band: a Butterworth filter of the fourth order
#define BANK_SECTION_COEFFICIENTS 3 // g, a1, a2: g (1 - z^-2) / (1 + a1 z^-1 + a2 z^-2)
#define BANK_OCTAVE_COEFFICIENTS (BANK_BANDS * BANK_SECTIONS * BANK_SECTION_COEFFICIENTS)
#define BANK_MAX_ALLPASSES 16
#define BANK_BLOCK 256

typedef struct {
    float g[BANK_SECTIONS][METER_LANES], a1[BANK_SECTIONS][METER_LANES], a2[BANK_SECTIONS][METER_LANES];
    float s1[BANK_SECTIONS][METER_LANES], s2[BANK_SECTIONS][METER_LANES];
    double energy[METER_LANES];
    uint64_t n_samples;
    float x[BANK_MAX_ALLPASSES], y[BANK_MAX_ALLPASSES]; // of each all-pass, the last input and output
    float held; // the first sample of an incomplete pair
    bool is_held;
} bank_octave_t;

typedef struct {
    size_t n_octaves, n_allpasses;
    float allpass[BANK_MAX_ALLPASSES];
    bank_octave_t octaves[];
} bank_t;

static inline size_t bank_bytes(size_t n_octaves) {
    return sizeof(bank_t) + n_octaves * sizeof(bank_octave_t);
}

// Prepares a bank at rest. `coefficients` are ordered by octave, highest first, then by band, highest
// first, then by section. `allpass` are those of the half-band filter.
static inline void bank_init(bank_t *bank, size_t n_octaves, const float *coefficients, size_t n_allpasses,
                             const float *allpass) {
    bank->n_octaves = n_octaves;
    bank->n_allpasses = n_allpasses;
    for (size_t i = 0; i < BANK_MAX_ALLPASSES; i++) {
        bank->allpass[i] = i < n_allpasses ? allpass[i] : 0.0f;
    }
    for (size_t i = 0; i < n_octaves; i++) {
        bank_octave_t *o = &bank->octaves[i];
        *o = (bank_octave_t){ .n_samples = 0 };
        for (size_t band = 0; band < BANK_BANDS; band++) {
            for (size_t k = 0; k < BANK_SECTIONS; k++, coefficients += BANK_SECTION_COEFFICIENTS) {
                o->g[k][band] = coefficients[0];
                o->a1[k][band] = coefficients[1];
                o->a2[k][band] = coefficients[2];
            }
        }
    }
}

// Filters n samples of an octave and adds up the squares.
static inline void bank_filter(bank_octave_t *o, const float *samples, size_t n) {
    meter_vec_t g[BANK_SECTIONS], a1[BANK_SECTIONS], a2[BANK_SECTIONS], s1[BANK_SECTIONS], s2[BANK_SECTIONS];
    for (int k = 0; k < BANK_SECTIONS; k++) {
        g[k] = meter_load(o->g[k]);
        a1[k] = meter_load(o->a1[k]);
        a2[k] = meter_load(o->a2[k]);
        s1[k] = meter_load(o->s1[k]);
        s2[k] = meter_load(o->s2[k]);
    }
    meter_vec_t sum = { 0.0f, 0.0f, 0.0f, 0.0f };
    for (size_t i = 0; i < n; i++) {
        meter_vec_t v = { samples[i], samples[i], samples[i], samples[i] };
        for (int k = 0; k < BANK_SECTIONS; k++) {
            const meter_vec_t gv = g[k] * v;
            v = gv + s1[k];
            s1[k] = s2[k] - a1[k] * v;
            s2[k] = -gv - a2[k] * v;
        }
        sum += v * v;
    }
    for (int k = 0; k < BANK_SECTIONS; k++) {
        meter_store(o->s1[k], meter_flush(s1[k]));
        meter_store(o->s2[k], meter_flush(s2[k]));
    }
    for (int i = 0; i < METER_LANES; i++) {
        o->energy[i] += (double)sum[i];
    }
    o->n_samples += n;
}

static inline float bank_allpass(const bank_t *bank, bank_octave_t *o, size_t i, float x) {
    const float y = bank->allpass[i] * (x - o->y[i]) + o->x[i];
    o->x[i] = x;
    o->y[i] = y;
    return y;
}

// Low-passes n samples and drops every other one, in place; returns how many are left. The filter is
// half-band: two chains of all-passes, one for the even samples and one for the odd, at the lower rate.
static inline size_t bank_halve(const bank_t *bank, bank_octave_t *o, float *samples, size_t n) {
    size_t n_out = 0;
    for (size_t i = 0; i < n; i++) {
        if (!o->is_held) {
            o->held = samples[i];
            o->is_held = true;
            continue;
        }
        o->is_held = false;
        float even = samples[i], odd = o->held;
        for (size_t k = 0; k < bank->n_allpasses; k++) {
            if (k % 2 == 0) {
                even = bank_allpass(bank, o, k, even);
            } else {
                odd = bank_allpass(bank, o, k, odd);
            }
        }
        samples[n_out++] = 0.5f * (even + odd);
    }
    for (size_t k = 0; k < bank->n_allpasses; k++) {
        o->x[k] = o->x[k] * o->x[k] < METER_FLUSH_BELOW * METER_FLUSH_BELOW ? 0.0f : o->x[k];
        o->y[k] = o->y[k] * o->y[k] < METER_FLUSH_BELOW * METER_FLUSH_BELOW ? 0.0f : o->y[k];
    }
    return n_out;
}

static inline void bank_process(bank_t *bank, const void *pcm, size_t n) {
    const meter_pcm_t *in = pcm;
    float block[BANK_BLOCK];
    while (n > 0) {
        size_t m = n < BANK_BLOCK ? n : BANK_BLOCK;
        for (size_t i = 0; i < m; i++) {
            block[i] = (float)in[i] * (1.0f / 32768.0f);
        }
        in += m;
        n -= m;
        for (size_t octave = 0; octave < bank->n_octaves && m > 0; octave++) {
            bank_filter(&bank->octaves[octave], block, m);
            if (octave + 1 < bank->n_octaves) {
                m = bank_halve(bank, &bank->octaves[octave], block, m);
            }
        }
    }
}

// Ends the interval: writes the level of each band, in dB relative to a full-scale sine's RMS, in the
// order of the coefficients. Returns the number of samples of the highest octave.
static inline uint64_t bank_read(bank_t *bank, float *levels) {
    const uint64_t n_samples = bank->octaves[0].n_samples;
    for (size_t octave = 0; octave < bank->n_octaves; octave++) {
        bank_octave_t *o = &bank->octaves[octave];
        const double length = o->n_samples > 0 ? (double)(uint32_t)o->n_samples : 1.0;
        for (int band = 0; band < BANK_BANDS; band++) {
            levels[octave * BANK_BANDS + (size_t)band] = meter_level(o->energy[band] / length);
            o->energy[band] = 0.0;
        }
        o->n_samples = 0;
    }
    return n_samples;
}

#endif
