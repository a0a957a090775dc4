// SPDX-License-Identifier: MIT
// An integrating sound level meter after IEC 61672-1:2013, in plain C: int16 samples in, levels out.
//
// Four second-order sections run side by side as the four lanes of a vector, each lane one sample
// behind the lane that feeds it, so one step has the latency of one section instead of three:
//
//   lane 0: sample -> first half of C      lane 2: lane 1 -> the sections of A that C lacks
//   lane 1: lane 0 -> second half of C     lane 3: sample -> Z (only the DC offset is removed)
//
// C is the output of lane 1, A of lane 2, Z of lane 3: all three are computed at the cost of one.
#ifndef SENSORD_METER_H
#define SENSORD_METER_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define METER_LANES 4
#define METER_N_COEFFICIENTS 24 // b0 b1 b2 a0 a1 a2 of each lane's section

typedef float meter_vec_t __attribute__((vector_size(16)));
typedef int32_t meter_mask_t __attribute__((vector_size(16)));
typedef int16_t meter_pcm_t __attribute__((aligned(1))); // a slice may begin at an odd address

// Squares are averaged over this many samples before the exponential time weighting: at 16 kHz half
// a millisecond, 1/250 of the Fast time constant, at most 0.02 dB of any burst.
#define METER_STEP 8

// States below -300 dB become 0, well before the denormal numbers, on which x86 is ten times slower.
#define METER_FLUSH_BELOW 1e-15f
#define METER_FLUSH_STEPS 32

// Levels are in dB relative to the RMS of a full-scale sine (dBFS, AES17). The limits keep them finite.
#define METER_FLOOR_DB (-140.0f)
#define METER_CEILING_DB 10.0f
#define METER_BINS_PER_DB 10
#define METER_N_BINS 1500

enum { METER_LANE_C = 1, METER_LANE_A = 2, METER_LANE_Z = 3 };

typedef struct {
    float leq, max, min, c_peak, l10, l50, l90; // dBFS
    float input_peak; // largest sample of the input, 1.0 is full scale
} meter_levels_t;

typedef struct {
    float b0[METER_LANES], b1[METER_LANES], b2[METER_LANES], a1[METER_LANES], a2[METER_LANES];
    float s1[METER_LANES], s2[METER_LANES], y[METER_LANES];
    float squares[METER_LANES]; // of the current step
    float peak[METER_LANES]; // lane 0: input, lane 2: C
    int lane; // the one whose level is measured
    unsigned in_step; // samples in the current step
    unsigned in_bin; // steps since the last entry in the histogram
    unsigned steps_per_bin;
    bool primed;
    double smoothing; // of the time weighting, per step
    double weighted; // the time-weighted mean square
    double max, min;
    double energy; // sum of squares of the interval
    uint64_t n_samples; // in the interval
    uint32_t n_levels;
    uint32_t histogram[METER_N_BINS];
} meter_t;

static inline meter_vec_t meter_load(const float *from) {
    return (meter_vec_t){ from[0], from[1], from[2], from[3] };
}

static inline void meter_store(float *to, meter_vec_t v) {
    for (int i = 0; i < METER_LANES; i++) {
        to[i] = v[i];
    }
}

static inline meter_vec_t meter_abs(meter_vec_t v) {
    return (meter_vec_t)((meter_mask_t)v & 0x7fffffff);
}

static inline meter_vec_t meter_max(meter_vec_t a, meter_vec_t b) {
    const meter_mask_t larger = a > b;
    return (meter_vec_t)((larger & (meter_mask_t)a) | (~larger & (meter_mask_t)b));
}

static inline meter_vec_t meter_flush(meter_vec_t v) {
    const meter_vec_t limit = { METER_FLUSH_BELOW, METER_FLUSH_BELOW, METER_FLUSH_BELOW, METER_FLUSH_BELOW };
    return (meter_vec_t)((meter_abs(v) > limit) & (meter_mask_t)v);
}

// 10 lg(2 mean_square): the level of a mean square relative to that of a full-scale sine, 1/2. The
// series 2 artanh((m-1)/(m+1)) = ln m is cut after the ninth power: below 1e-8 for m in [0.7, 1.42].
// A loadable module has no libm.
static inline float meter_level(double mean_square) {
    union {
        double value;
        uint64_t bits;
    } u = { .value = 2.0 * mean_square };
    if (!(u.value > 1e-30)) {
        return METER_FLOOR_DB;
    }
    int exponent = (int)((u.bits >> 52) & 0x7ff) - 1023;
    u.bits = (u.bits & 0xfffffffffffffULL) | 0x3ff0000000000000ULL;
    double m = u.value;
    if (m > 1.4142135623730951) {
        m *= 0.5;
        exponent++;
    }
    const double t = (m - 1.0) / (m + 1.0), t2 = t * t;
    const double ln_m = 2.0 * t * (1.0 + t2 * (1.0 / 3 + t2 * (1.0 / 5 + t2 * (1.0 / 7 + t2 / 9))));
    const double db = 4.342944819032518 * (ln_m + exponent * 0.6931471805599453);
    return db < (double)METER_FLOOR_DB ? METER_FLOOR_DB : (float)db;
}

static inline void meter_start_interval(meter_t *m) {
    for (int i = 0; i < METER_LANES; i++) {
        m->peak[i] = 0.0f;
    }
    m->max = 0.0;
    m->min = 1e30;
    m->n_levels = 0;
    for (int i = 0; i < METER_N_BINS; i++) {
        m->histogram[i] = 0;
    }
    m->n_samples = 0;
    m->energy = -(double)m->squares[m->lane]; // the current step's samples belong to the last interval
}

// Starts a meter at rest. `smoothing` is 1 - exp(-METER_STEP / (rate tau)); the level distribution
// takes one level every `steps_per_bin` steps.
static inline void meter_init(meter_t *m, const float *sos, int lane, double smoothing,
                              unsigned steps_per_bin) {
    *m = (meter_t){ .lane = lane, .smoothing = smoothing, .steps_per_bin = steps_per_bin };
    for (int i = 0; i < METER_LANES; i++, sos += 6) {
        m->b0[i] = sos[0] / sos[3];
        m->b1[i] = sos[1] / sos[3];
        m->b2[i] = sos[2] / sos[3];
        m->a1[i] = sos[4] / sos[3];
        m->a2[i] = sos[5] / sos[3];
    }
    meter_start_interval(m);
}

// A converter's DC offset would enter as a step: the sections that filter the samples directly start as
// if the first sample had always been there.
static inline void meter_prime(meter_t *m, float first) {
    for (int i = 0; i < METER_LANES; i += METER_LANE_Z) {
        m->s1[i] = (m->b1[i] + m->b2[i]) * first;
        m->s2[i] = m->b2[i] * first;
    }
    m->primed = true;
}

static inline void meter_end_step(meter_t *m, double squares) {
    m->energy += squares;
    m->weighted += m->smoothing * (squares / METER_STEP - m->weighted);
    m->max = m->weighted > m->max ? m->weighted : m->max;
    m->min = m->weighted < m->min ? m->weighted : m->min;
    if (++m->in_bin < m->steps_per_bin) {
        return;
    }
    m->in_bin = 0;
    const float above = (meter_level(m->weighted) - METER_FLOOR_DB) * METER_BINS_PER_DB;
    const int bin = above >= METER_N_BINS ? METER_N_BINS - 1 : (int)above;
    m->histogram[bin]++;
    m->n_levels++;
}

// Processes n samples. Allocates nothing and takes the same time for silence and for full scale.
static inline void meter_process(meter_t *m, const meter_pcm_t *pcm, size_t n) {
    if (n == 0) {
        return;
    }
    if (!m->primed) {
        meter_prime(m, (float)pcm[0] * (1.0f / 32768.0f));
    }
    const meter_vec_t b0 = meter_load(m->b0), b1 = meter_load(m->b1), b2 = meter_load(m->b2);
    const meter_vec_t a1 = meter_load(m->a1), a2 = meter_load(m->a2);
    meter_vec_t s1 = meter_load(m->s1), s2 = meter_load(m->s2), y = meter_load(m->y);
    meter_vec_t squares = meter_load(m->squares), peak = meter_load(m->peak);
    unsigned steps = 0;
    m->n_samples += n;
    while (n > 0) {
        const size_t room = METER_STEP - m->in_step;
        const size_t count = n < room ? n : room;
        for (size_t i = 0; i < count; i++) {
            const float sample = (float)pcm[i] * (1.0f / 32768.0f);
            const meter_vec_t x = { sample, sample, sample, sample };
            // Lane 0 takes x, 1 y0, 2 y1, 3 x. gcc and clang have this builtin; __builtin_shuffle is gcc's.
            const meter_vec_t in = __builtin_shufflevector(y, x, 4, 0, 1, 4);
            peak = meter_max(peak, meter_abs(in));
            y = b0 * in + s1;
            s1 = b1 * in + s2 - a1 * y;
            s2 = b2 * in - a2 * y;
            squares += y * y;
        }
        pcm += count;
        n -= count;
        m->in_step += (unsigned)count;
        if (m->in_step == METER_STEP) {
            meter_end_step(m, (double)squares[m->lane]);
            squares = (meter_vec_t){ 0.0f, 0.0f, 0.0f, 0.0f };
            m->in_step = 0;
            if (++steps % METER_FLUSH_STEPS == 0) {
                s1 = meter_flush(s1);
                s2 = meter_flush(s2);
            }
        }
    }
    meter_store(m->s1, meter_flush(s1));
    meter_store(m->s2, meter_flush(s2));
    meter_store(m->y, meter_flush(y));
    meter_store(m->squares, squares);
    meter_store(m->peak, peak);
}

// Restarts the time weighting from the mean since the start instead of from silence, so that the lowest
// level of the first interval is a real one.
static inline void meter_settle(meter_t *m) {
    if (m->n_samples == 0) {
        return;
    }
    m->weighted = (m->energy + (double)m->squares[m->lane]) / (double)m->n_samples;
    m->max = m->min = m->weighted;
    m->n_levels = 0;
    for (int i = 0; i < METER_N_BINS; i++) {
        m->histogram[i] = 0;
    }
}

// The level exceeded for `share` of the time, to the width of a bin.
static inline float meter_exceeded(const meter_t *m, double share) {
    const double wanted = share * m->n_levels;
    double count = 0.0;
    int bin = METER_N_BINS - 1;
    while (bin > 0 && (count += m->histogram[bin]) < wanted) {
        bin--;
    }
    return METER_FLOOR_DB + ((float)bin + 0.5f) / METER_BINS_PER_DB;
}

// Ends the interval: writes its levels to `levels` and starts the next. Returns its number of samples.
static inline uint64_t meter_read(meter_t *m, meter_levels_t *levels) {
    const uint64_t n = m->n_samples;
    if (n > 0) {
        const bool stepped = m->max > 0.0 || m->min < 1e30;
        levels->leq = meter_level((m->energy + (double)m->squares[m->lane]) / (double)n);
        levels->max = meter_level(stepped ? m->max : m->weighted);
        levels->min = meter_level(stepped ? m->min : m->weighted);
        levels->c_peak = meter_level((double)m->peak[2] * (double)m->peak[2]);
        levels->input_peak = m->peak[0];
        const bool binned = m->n_levels > 0;
        const float now = meter_level(m->weighted);
        levels->l10 = binned ? meter_exceeded(m, 0.1) : now;
        levels->l50 = binned ? meter_exceeded(m, 0.5) : now;
        levels->l90 = binned ? meter_exceeded(m, 0.9) : now;
    }
    meter_start_interval(m);
    return n;
}

#endif
