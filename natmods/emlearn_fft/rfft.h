// SPDX-License-Identifier: MIT
// The Fourier transform of real floats, in plain C: n real values are transformed as n / 2 complex
// ones, even places real and odd ones imaginary, and the two spectra are then separated by symmetry.
#ifndef SENSORD_RFFT_H
#define SENSORD_RFFT_H

#include "fft.h"

#define RFFT_MIN 4
#define RFFT_MAX FFT_MAX

typedef struct {
    size_t n;
    fft_t half;
    float *roots; // exp(-2 pi i k / n), k up to n / 4: real, then imaginary
} rfft_t;

static inline bool rfft_size_ok(size_t n) {
    return n >= RFFT_MIN && n <= RFFT_MAX && fft_size_ok(n);
}

static inline size_t rfft_n_floats(size_t n) {
    return fft_n_floats(n / 2) + 2 * (n / 4);
}

// Prepares transforms of n values with `memory` of rfft_n_floats(n).
static inline void rfft_init(rfft_t *rfft, size_t n, float *memory) {
    fft_angles_t angles;
    fft_angles_init(&angles);
    rfft->n = n;
    rfft->roots = memory;
    fft_init(&rfft->half, n / 2, memory + 2 * (n / 4));
    for (size_t k = 0; k < n / 4; k++) {
        fft_root(&angles, (uint32_t)k, (uint32_t)n, &memory[k], &memory[n / 4 + k]);
    }
}

// Spectrum lines k and m - k of n = 2 m real values, from those of the m complex ones.
static inline void rfft_split(const rfft_t *rfft, float *re, float *im, size_t k) {
    const size_t mirror = rfft->n / 2 - k;
    const float wr = rfft->roots[k], wi = rfft->roots[rfft->n / 4 + k];
    const float even_re = 0.5f * (re[k] + re[mirror]), even_im = 0.5f * (im[k] - im[mirror]);
    const float odd_re = 0.5f * (im[k] + im[mirror]), odd_im = 0.5f * (re[mirror] - re[k]);
    const float turned_re = odd_re * wr - odd_im * wi, turned_im = odd_re * wi + odd_im * wr;
    re[k] = even_re + turned_re;
    im[k] = even_im + turned_im;
    re[mirror] = even_re - turned_re;
    im[mirror] = turned_im - even_im;
}

static inline fft_vec_t rfft_reverse(fft_vec_t v) {
    return __builtin_shufflevector(v, v, 3, 2, 1, 0);
}

// The same for lines k to k + 3 and their mirrors, which lie apart.
static inline void rfft_split4(const rfft_t *rfft, float *re, float *im, size_t k) {
    float *mirror_re = re + rfft->n / 2 - k - 3, *mirror_im = im + rfft->n / 2 - k - 3;
    const fft_vec_t wr = fft_load(rfft->roots + k), wi = fft_load(rfft->roots + rfft->n / 4 + k);
    const fft_vec_t half = { 0.5f, 0.5f, 0.5f, 0.5f };
    const fft_vec_t ar = fft_load(re + k), ai = fft_load(im + k);
    const fft_vec_t br = rfft_reverse(fft_load(mirror_re)), bi = rfft_reverse(fft_load(mirror_im));
    const fft_vec_t even_re = half * (ar + br), even_im = half * (ai - bi);
    const fft_vec_t odd_re = half * (ai + bi), odd_im = half * (br - ar);
    const fft_vec_t turned_re = odd_re * wr - odd_im * wi, turned_im = odd_re * wi + odd_im * wr;
    fft_store(re + k, even_re + turned_re);
    fft_store(im + k, even_im + turned_im);
    fft_store(mirror_re, rfft_reverse(even_re - turned_re));
    fft_store(mirror_im, rfft_reverse(turned_im - even_im));
}

// X[k] = sum of x[i] exp(-2 pi i k / n) for k = 0 to n / 2, not scaled: n / 2 + 1 floats each in `re`
// and `im`. Neither may overlap `values`.
static inline void rfft_run(const rfft_t *rfft, const float *values, float *re, float *im) {
    const size_t m = rfft->n / 2;
    for (size_t i = 0; i < m; i++) {
        re[i] = values[2 * i];
        im[i] = values[2 * i + 1];
    }
    fft_run(&rfft->half, re, im);
    const float even = re[0], odd = im[0];
    re[0] = even + odd;
    re[m] = even - odd;
    im[0] = im[m] = 0.0f;
    size_t k = 1;
    for (; k + FFT_LANES <= m / 2; k += FFT_LANES) {
        rfft_split4(rfft, re, im, k);
    }
    for (; k < m / 2; k++) {
        rfft_split(rfft, re, im, k);
    }
    im[m / 2] = -im[m / 2];
}

#endif
