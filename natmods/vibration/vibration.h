// SPDX-License-Identifier: MIT
// Statistics of a window of vibration, in plain C: RMS, peak, crest factor, kurtosis, and the RMS of
// each frequency band.
#ifndef SENSORD_VIBRATION_H
#define SENSORD_VIBRATION_H

#include "emlearn_fft/rfft.h"

#define VIBRATION_MIN 16
#define VIBRATION_MAX RFFT_MAX
#define VIBRATION_MAX_BANDS 64
#define VIBRATION_HANN_POWER 0.375 // mean of the squared Hann window
// ISO 20816-1: the broad band for judging the velocity of machines, in Hz.
#define VIBRATION_VELOCITY_LOW 10.0
#define VIBRATION_VELOCITY_HIGH 1000.0
#define VIBRATION_PI 3.14159265358979323846

enum {
    VIBRATION_MEAN,
    VIBRATION_RMS,
    VIBRATION_PEAK,
    VIBRATION_CREST,
    VIBRATION_KURTOSIS,
    VIBRATION_VELOCITY,
    VIBRATION_BANDS, // the first band
};

typedef struct {
    rfft_t rfft;
    size_t n_bands;
    uint32_t lines[VIBRATION_MAX_BANDS + 1]; // spectrum lines where the bands begin and the last ends
    uint32_t velocity_lines[2]; // the same for the velocity's band
    double line_hz; // the distance of two lines
    float *window, *re, *im;
} vibration_t;

static inline bool vibration_size_ok(size_t n) {
    return n >= VIBRATION_MIN && rfft_size_ok(n);
}

static inline size_t vibration_n_floats(size_t n) {
    return rfft_n_floats(n) + n + 2 * (n / 2 + 1);
}

// The first line of the spectrum at or above `edge`; lines are rate / n apart. An edge that differs from
// a line only by rounding is that line. An edge at half the rate includes the last line in its band.
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
    v->line_hz = rate / (double)(uint32_t)n;
    const uint32_t low = vibration_line(VIBRATION_VELOCITY_LOW, rate, n);
    v->velocity_lines[0] = low > 0 ? low : 1; // the mean (line 0) has no velocity
    v->velocity_lines[1] = vibration_line(VIBRATION_VELOCITY_HIGH, rate, n);
    double last = 0.0;
    for (size_t i = 0; i <= n_bands; i++) {
        const double edge = (double)edges[i];
        // As a float, half the rate may be a little larger than it is.
        if (!(edge <= rate * (0.5 + 1e-7)) || (i == 0 ? !(edge >= 0.0) : !(edge > last))) {
            return false;
        }
        v->lines[i] = vibration_line(edge, rate, n);
        last = edge;
    }
    return true;
}

// Hann's window, (1 - cos(2 pi i / n)) / 2 for i up to n / 2, from the transform's roots.
static inline float vibration_hann(const rfft_t *rfft, size_t i) {
    // Real parts are cos(2 pi i / n); the imaginary ones after them continue it a quarter later.
    return 0.5f - 0.5f * (i < rfft->n / 2 ? rfft->roots[i] : -1.0f);
}

// Twice the squared magnitude of line k, to include its negative frequency; the line at half the rate
// has none.
static inline double vibration_square(const vibration_t *v, uint32_t k) {
    const double re = (double)v->re[k], im = (double)v->im[k];
    const double square = re * re + im * im;
    return k == 0 || k == v->rfft.n / 2 ? square : 2.0 * square;
}

// Weights v->window less `mean` by Hann's window and transforms it. A line's mean square is
// vibration_square() over n^2 3/8: by Parseval's theorem all lines together have the mean square of the
// weighted window over that of Hann's window.
static inline void vibration_transform(vibration_t *v, float mean) {
    const size_t n = v->rfft.n;
    for (size_t i = 0; i < n; i++) {
        v->window[i] = (v->window[i] - mean) * vibration_hann(&v->rfft, i <= n / 2 ? i : n - i);
    }
    rfft_run(&v->rfft, v->window, v->re, v->im);
}

static inline void vibration_bands(const vibration_t *v, float *out) {
    const double length = (double)(uint32_t)v->rfft.n;
    for (size_t band = 0; band < v->n_bands; band++) {
        double sum = 0.0;
        for (uint32_t k = v->lines[band]; k < v->lines[band + 1]; k++) {
            sum += vibration_square(v, k);
        }
        out[band] = (float)(__builtin_sqrt(sum / VIBRATION_HANN_POWER) / length);
    }
}

// The RMS of the integral over time: at a frequency f it is smaller by 2 pi f. The window's leakage from
// below the band is divided by the frequency where it lands, not by the lower one that it comes from.
static inline float vibration_velocity(const vibration_t *v) {
    const double length = (double)(uint32_t)v->rfft.n;
    double sum = 0.0;
    for (uint32_t k = v->velocity_lines[0]; k < v->velocity_lines[1]; k++) {
        const double omega = 2.0 * VIBRATION_PI * v->line_hz * (double)k;
        sum += vibration_square(v, k) / (omega * omega);
    }
    return (float)(__builtin_sqrt(sum / VIBRATION_HANN_POWER) / length);
}

// Writes the statistics of the n samples in v->window to VIBRATION_BANDS + n_bands floats and overwrites
// the window. Returns false if a result is not finite, because a sample was not.
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
    vibration_transform(v, (float)mean);
    out[VIBRATION_VELOCITY] = vibration_velocity(v);
    vibration_bands(v, out + VIBRATION_BANDS);
    bool finite = true;
    for (size_t i = 0; i < VIBRATION_BANDS + v->n_bands; i++) {
        finite &= out[i] - out[i] == 0.0f;
    }
    return finite;
}

#endif
