// SPDX-License-Identifier: MIT
// Time-based features of a window of three-axis acceleration, in plain C: those of "Are
// Microcontrollers Ready for Deep Learning-Based Human Activity Recognition?" (Elsts, McConville 2021)
// in the order of emlearn-micropython's example har_trees.
//
// Signals: each axis after a median filter of three samples, their L1 norm, their squared L2 norm;
// then the jerk of each of these five, the difference of a sample to the one before.
#ifndef SENSORD_TIMEBASED_H
#define SENSORD_TIMEBASED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIMEBASED_N_AXES 3
#define TIMEBASED_N_FEATURES 92
#define TIMEBASED_N_SIGNALS 5
#define TIMEBASED_N_OF_AXIS 10
#define TIMEBASED_N_OF_NORM 8
#define TIMEBASED_MIN_LENGTH 4
#define TIMEBASED_MAX_LENGTH 2048 // two windows of doubles are on the stack, 32 KiB
#define TIMEBASED_BINS 10 // of the histogram whose entropy is a feature

// With `compat` the numbers are upstream's, for models trained on them: norms and jerks are cut to 16
// bits, the last jerk is the last sample (of an axis) or the window's last index (of a norm), the
// standard deviation lacks a division, the entropy is 0.
typedef struct {
    const int16_t *axes[TIMEBASED_N_AXES];
    size_t length;
    bool compat;
} timebased_window_t;

typedef struct {
    double mean, median, q25, q75, iqr, min, max, std, energy, entropy;
} timebased_stats_t;

static inline int16_t timebased_median(int16_t a, int16_t b, int16_t c) {
    const int16_t low = a < b ? a : b, high = a < b ? b : a;
    return c < low ? low : c > high ? high : c;
}

static inline int32_t timebased_axis(const int16_t *axis, size_t length, size_t i) {
    return i == 0 || i == length - 1 ? axis[i] : timebased_median(axis[i - 1], axis[i], axis[i + 1]);
}

static inline double timebased_cut(double value, bool compat) {
    return compat ? (double)(int16_t)(uint32_t)(int32_t)value : value;
}

// Signal `which`, without its jerk: 0 to 2 an axis, 3 the L1 norm, 4 the squared L2 norm. The squares
// of three int16 fit 32 bits without a sign, and a double exactly.
static inline void timebased_signal(const timebased_window_t *w, int which, double *signal) {
    const int16_t *x = w->axes[0], *y = w->axes[1], *z = w->axes[2];
    const size_t n = w->length;
    for (size_t i = 0; i < n; i++) {
        if (which < TIMEBASED_N_AXES) {
            signal[i] = timebased_axis(w->axes[which], n, i);
            continue;
        }
        const int32_t a = timebased_axis(x, n, i), b = timebased_axis(y, n, i), c = timebased_axis(z, n, i);
        if (which == TIMEBASED_N_AXES) {
            const int32_t sum = (a < 0 ? -a : a) + (b < 0 ? -b : b) + (c < 0 ? -c : c);
            signal[i] = w->compat ? (int16_t)(uint32_t)sum : sum;
        } else {
            const uint32_t sum = (uint32_t)(a * a) + (uint32_t)(b * b) + (uint32_t)(c * c);
            signal[i] = w->compat ? (double)(int16_t)sum : (double)sum;
        }
    }
}

static inline void timebased_jerk(const timebased_window_t *w, int which, const double *signal,
                                  double *jerk) {
    const size_t n = w->length;
    if (!w->compat) {
        jerk[0] = 0.0;
        for (size_t i = 1; i < n; i++) {
            jerk[i] = signal[i] - signal[i - 1];
        }
        return;
    }
    for (size_t i = 0; i < n - 1; i++) {
        jerk[i] = (int16_t)(uint32_t)(int32_t)(signal[i + 1] - signal[i]);
    }
    jerk[n - 1] = which < TIMEBASED_N_AXES ? (double)w->axes[which][n - 1] : (double)(n - 1);
}

// Shell's sort with Ciura's gaps: no recursion, no memory, and fast for some hundred values.
static inline void timebased_sort(double *values, size_t n) {
    const uint16_t gaps[] = { 701, 301, 132, 57, 23, 10, 4, 1 };
    for (size_t g = 0; g < sizeof(gaps) / sizeof(gaps[0]); g++) {
        const size_t gap = gaps[g];
        for (size_t i = gap; i < n; i++) {
            const double value = values[i];
            size_t at = i;
            for (; at >= gap && values[at - gap] > value; at -= gap) {
                values[at] = values[at - gap];
            }
            values[at] = value;
        }
    }
}

// ln of a count from 1 to 2048: halved into [1, 2), then 2 artanh((m - 1) / (m + 1)), whose series is
// below 1e-9 after the 17th power. A loadable module has no libm.
static inline double timebased_ln(uint32_t count) {
    double m = (double)count, ln = 0.0;
    while (m >= 2.0) {
        m *= 0.5;
        ln += 0.6931471805599453;
    }
    const double t = (m - 1.0) / (m + 1.0), t2 = t * t;
    double series = 0.0;
    for (int power = 17; power > 0; power -= 2) {
        series = series * t2 + 1.0 / power;
    }
    return ln + 2.0 * t * series;
}

// Shannon's entropy, in nats, of a histogram of ten bins of the same width from least to largest.
static inline double timebased_entropy(const double *sorted, size_t n) {
    const double least = sorted[0], range = sorted[n - 1] - least;
    if (range == 0.0) {
        return 0.0;
    }
    double sum = 0.0; // of count ln(count)
    size_t at = 0;
    for (int bin = 0; bin < TIMEBASED_BINS; bin++) {
        const size_t first = at;
        const bool last = bin == TIMEBASED_BINS - 1;
        while (at < n && (last || (sorted[at] - least) * TIMEBASED_BINS < (bin + 1) * range)) {
            at++;
        }
        if (at > first) {
            sum += (double)(uint32_t)(at - first) * timebased_ln((uint32_t)(at - first));
        }
    }
    return timebased_ln((uint32_t)n) - sum / (double)(uint32_t)n;
}

// Sorts the values. Quartiles are the values at n / 4, n / 2 and 3 n / 4.
static inline timebased_stats_t timebased_stats(double *values, size_t length, bool compat) {
    const double n = (double)(uint32_t)length;
    timebased_sort(values, length);
    double sum = 0.0, squares = 0.0, deviations = 0.0;
    for (size_t i = 0; i < length; i++) {
        sum += values[i];
        squares += values[i] * values[i];
    }
    const double mean = sum / n;
    for (size_t i = 0; i < length; i++) {
        deviations += (values[i] - mean) * (values[i] - mean);
    }
    const double q25 = values[length / 4], q75 = values[3 * length / 4];
    return (timebased_stats_t){
        .mean = mean,
        .median = values[length / 2],
        .q25 = q25,
        .q75 = q75,
        .iqr = q75 - q25,
        .min = values[0],
        .max = values[length - 1],
        .std = __builtin_sqrt(compat ? squares - mean * mean : deviations / n),
        .energy = __builtin_sqrt(squares / n),
        .entropy = compat ? 0.0 : timebased_entropy(values, length),
    };
}

static inline void timebased_put(const timebased_stats_t *s, bool of_axis, float *out) {
    const double axis[TIMEBASED_N_OF_AXIS] = {
        s->mean, s->max, s->min, s->median, s->q25, s->q75, s->iqr, s->energy, s->std, s->entropy,
    };
    const double norm[TIMEBASED_N_OF_NORM] = {
        s->mean, s->min, s->max, s->median, s->iqr, s->energy, s->std, s->entropy,
    };
    const double *from = of_axis ? axis : norm;
    for (int i = 0; i < (of_axis ? TIMEBASED_N_OF_AXIS : TIMEBASED_N_OF_NORM); i++) {
        out[i] = (float)from[i];
    }
}

// Writes the 92 features of a window of TIMEBASED_MIN_LENGTH to TIMEBASED_MAX_LENGTH samples.
static inline void timebased_features(const timebased_window_t *w, float *out) {
    double signal[TIMEBASED_MAX_LENGTH], scratch[TIMEBASED_MAX_LENGTH];
    float *jerk_out = out + TIMEBASED_N_FEATURES / 2;
    for (int which = 0; which < TIMEBASED_N_SIGNALS; which++) {
        const bool of_axis = which < TIMEBASED_N_AXES;
        const size_t count = of_axis ? TIMEBASED_N_OF_AXIS : TIMEBASED_N_OF_NORM;
        timebased_signal(w, which, signal);
        timebased_jerk(w, which, signal, scratch);
        timebased_stats_t stats = timebased_stats(scratch, w->length, w->compat);
        timebased_put(&stats, of_axis, jerk_out);
        stats = timebased_stats(signal, w->length, w->compat);
        timebased_put(&stats, of_axis, out);
        out += count;
        jerk_out += count;
    }
}

// For models with int16 features: truncated, as in upstream, and saturated; with `compat` only the
// lowest 16 bits are kept.
static inline int16_t timebased_to_int16(float value, bool compat) {
    if (compat && value > -2147483648.0f && value < 2147483648.0f) {
        return (int16_t)(uint32_t)(int32_t)value;
    }
    return value >= 32767.0f ? INT16_MAX : value > -32768.0f ? (int16_t)(int32_t)value : INT16_MIN;
}

#endif
