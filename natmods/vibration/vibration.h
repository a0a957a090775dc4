// SPDX-License-Identifier: MIT
// Statistics of a window of vibration, in plain C: RMS, peak, crest factor, kurtosis, and how much of
// the vibration lies in each band of frequencies.
#ifndef SENSORD_VIBRATION_H
#define SENSORD_VIBRATION_H

#include "emlearn_fft/rfft.h"

#define VIBRATION_MIN 16
#define VIBRATION_MAX RFFT_MAX
#define VIBRATION_MAX_BANDS 64
#define VIBRATION_HANN_POWER 0.375 // mean of the squared Hann window

enum {
    VIBRATION_MEAN,
    VIBRATION_RMS,
    VIBRATION_PEAK,
    VIBRATION_CREST,
    VIBRATION_KURTOSIS,
    VIBRATION_BANDS, // the first of them
};

typedef struct {
    rfft_t rfft;
    size_t n_bands;
    uint32_t lines[VIBRATION_MAX_BANDS + 1]; // of the spectrum, where the bands begin and the last ends
    float *window, *re, *im;
} vibration_t;

static inline bool vibration_size_ok(size_t n) {
    return n >= VIBRATION_MIN && rfft_size_ok(n);
}

static inline size_t vibration_n_floats(size_t n) {
    return rfft_n_floats(n) + n + 2 * (n / 2 + 1);
}

// The first line of the spectrum not below `edge`; lines are rate / n apart. An edge that is a line but
// for rounding is that line. One at half the rate is behind the last line: that belongs to its band.
static inline uint32_t vibration_line(double edge, double rate, size_t n) {
    const double at = edge * (double)(uint32_t)n / rate - 1e-6;
    if (at >= (double)(uint32_t)(n / 2) - 1e-5) {
        return (uint32_t)(n / 2 + 1);
    }
    const uint32_t below = at > 0.0 ? (uint32_t)at : 0;
    return at > (double)below ? below + 1 : below;
}

// Prepares windows of n samples with `memory` of vibration_n_floats(n), and the bands between
// n_bands + 1 edges in Hz. Returns false if these do not rise from 0 or more to half the rate or less.
static inline bool vibration_init(vibration_t *v, size_t n, double rate, const float *edges, size_t n_bands,
                                  float *memory) {
    rfft_init(&v->rfft, n, memory);
    v->window = memory + rfft_n_floats(n);
    v->re = v->window + n;
    v->im = v->re + n / 2 + 1;
    v->n_bands = n_bands;
    double last = 0.0;
    for (size_t i = 0; i <= n_bands; i++) {
        const double edge = (double)edges[i];
        // A float may be a little above the half of a rate that is none.
        if (!(edge <= rate * (0.5 + 1e-7)) || (i == 0 ? !(edge >= 0.0) : !(edge > last))) {
            return false;
        }
        v->lines[i] = vibration_line(edge, rate, n);
        last = edge;
    }
    return true;
}

// Hann's window, (1 - cos(2 pi i / n)) / 2 for i up to n / 2, from the roots that the transform has.
static inline float vibration_hann(const rfft_t *rfft, size_t i) {
    // Real parts are cos(2 pi i / n); behind them come imaginary ones, which are that a quarter later.
    return 0.5f - 0.5f * (i < rfft->n / 2 ? rfft->roots[i] : -1.0f);
}

// Weights v->window less `mean` by Hann's window and takes the mean square of each band, as
// 2 |X|^2 / (n^2 3/8) a line; the line at half the rate counts once. By Parseval's theorem the bands
// together have the mean square of the weighted window over that of Hann's.
static inline void vibration_bands(vibration_t *v, float mean, float *out) {
    const size_t n = v->rfft.n;
    for (size_t i = 0; i < n; i++) {
        v->window[i] = (v->window[i] - mean) * vibration_hann(&v->rfft, i <= n / 2 ? i : n - i);
    }
    rfft_run(&v->rfft, v->window, v->re, v->im);
    const double length = (double)(uint32_t)n;
    for (size_t band = 0; band < v->n_bands; band++) {
        double sum = 0.0;
        for (uint32_t k = v->lines[band]; k < v->lines[band + 1]; k++) {
            const double re = (double)v->re[k], im = (double)v->im[k];
            const double square = re * re + im * im;
            sum += k == 0 || k == n / 2 ? square : 2.0 * square;
        }
        out[band] = (float)(__builtin_sqrt(sum / VIBRATION_HANN_POWER) / length);
    }
}

// The statistics of the n samples in v->window, which is used up, into VIBRATION_BANDS + n_bands floats.
// Returns false if one is no finite number, as a sample was none.
static inline bool vibration_run(vibration_t *v, float *out) {
    const size_t n = v->rfft.n;
    const double length = (double)(uint32_t)n;
    double sum = 0.0, square = 0.0, fourth = 0.0, peak = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)v->window[i];
    }
    const double mean = sum / length;
    for (size_t i = 0; i < n; i++) {
        const double d = (double)v->window[i] - mean, d2 = d * d;
        square += d2;
        fourth += d2 * d2;
        peak = d2 > peak ? d2 : peak;
    }
    square /= length;
    peak = __builtin_sqrt(peak);
    const double rms = __builtin_sqrt(square);
    out[VIBRATION_MEAN] = (float)mean;
    out[VIBRATION_RMS] = (float)rms;
    out[VIBRATION_PEAK] = (float)peak;
    out[VIBRATION_CREST] = rms > 0.0 ? (float)(peak / rms) : 0.0f;
    out[VIBRATION_KURTOSIS] = square > 0.0 ? (float)(fourth / length / (square * square)) : 0.0f;
    vibration_bands(v, (float)mean, out + VIBRATION_BANDS);
    bool finite = true;
    for (size_t i = 0; i < VIBRATION_BANDS + v->n_bands; i++) {
        finite &= out[i] - out[i] == 0.0f;
    }
    return finite;
}

#endif
