// SPDX-License-Identifier: MIT
// The fast Fourier transform of a power of two of complex or real floats, in plain C.
//
// Decimation in time with four butterflies in the lanes of a vector. The first pass reads the input
// in place and stores into `work` in bit-reversed order, so no pass is spent on reordering; each later
// pass does two of the classic radix-2 stages, and the last one writes the result.
#ifndef SENSORD_FFT_H
#define SENSORD_FFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FFT_LANES 4
#define FFT_MIN 2
#define FFT_MAX 65536
#define FFT_SMALL 8 // up to this length the plain sum of products is as fast

typedef float fft_vec_t __attribute__((vector_size(16)));
// Vectors in memory have only the elements' alignment: an array's slice may begin anywhere.
typedef float fft_stored_t __attribute__((vector_size(16), aligned(4), may_alias));

typedef struct {
    size_t n;
    float *twiddles; // of each pass after the first, in its order: w1, w2, w3, real and imaginary
    float *work; // n real, n imaginary
} fft_t;

static inline bool fft_size_ok(size_t n) {
    return n >= FFT_MIN && n <= FFT_MAX && (n & (n - 1)) == 0;
}

static inline bool fft_radix2_first(size_t n) {
    return (n & 0xAAAAAAAAu) != 0; // an odd power of two: the passes of radix 4 leave one of radix 2
}

// Calls action(radix, h) for each pass after the first: blocks of radix h elements become one.
#define FFT_FOR_PASSES(n, radix, h)                                                                          \
    for (size_t h = 4, radix = fft_radix2_first(n) ? 2 : 4; h < (n); h *= radix, radix = 4)

// Floats that `twiddles` and `work` take together.
static inline size_t fft_n_floats(size_t n) {
    if (n <= FFT_SMALL) {
        return 2 * n + 2 * n;
    }
    size_t count = 2 * n;
    FFT_FOR_PASSES(n, radix, h) {
        count += 2 * (radix - 1) * h;
    }
    return count;
}

// cos and sin of 2 pi / 2^(i + 2) in c[i] and s[i]. A loadable module has no libm: they are computed by
// halving the angle, which keeps 15 digits over all the 16 steps.
typedef struct {
    double c[16], s[16];
} fft_angles_t;

static inline void fft_angles_init(fft_angles_t *a) {
    a->c[0] = 0.0;
    a->s[0] = 1.0;
    for (int i = 1; i < 16; i++) {
        a->c[i] = __builtin_sqrt(0.5 + 0.5 * a->c[i - 1]);
        a->s[i] = a->s[i - 1] / (2.0 * a->c[i]);
    }
}

// exp(-2 pi i k / n), n a power of two up to 2^17, as the product of the roots of k's binary digits.
static inline void fft_root(const fft_angles_t *a, uint32_t k, uint32_t n, float *re, float *im) {
    double c = 1.0, s = 0.0;
    k &= n - 1;
    int i = 0;
    if (n > 1 && (k & (n >> 1))) {
        c = -1.0;
    }
    for (uint32_t bit = n >> 2; bit > 0; bit >>= 1, i++) {
        if (k & bit) {
            const double next = c * a->c[i] - s * a->s[i];
            s = c * a->s[i] + s * a->c[i];
            c = next;
        }
    }
    *re = (float)c;
    *im = (float)-s;
}

// Prepares transforms of n values with `memory` of fft_n_floats(n).
static inline void fft_init(fft_t *fft, size_t n, float *memory) {
    fft_angles_t angles;
    fft_angles_init(&angles);
    fft->n = n;
    fft->work = memory;
    fft->twiddles = memory + 2 * n;
    float *t = fft->twiddles;
    if (n <= FFT_SMALL) {
        for (size_t k = 0; k < n; k++) {
            fft_root(&angles, (uint32_t)k, (uint32_t)n, &t[k], &t[n + k]);
        }
        return;
    }
    FFT_FOR_PASSES(n, radix, h) {
        // In the order of the bit-reversed input: the second quarter of a block uses w^2, the third w.
        for (size_t m = 1; m < radix; m++) {
            const uint32_t power = radix == 2 ? 1 : m == 1 ? 2 : m == 2 ? 1 : 3;
            for (size_t j = 0; j < h; j++) {
                fft_root(&angles, (uint32_t)j * power, (uint32_t)(radix * h), &t[j], &t[h + j]);
            }
            t += 2 * h;
        }
    }
}

static inline fft_vec_t fft_load(const float *from) {
    return *(const fft_stored_t *)from;
}

static inline void fft_store(float *to, fft_vec_t v) {
    *(fft_stored_t *)to = v;
}

// Transposes four rows and stores the columns, a stride apart, in bit-reversed order.
static inline void fft_store_columns(float *to, size_t stride, fft_vec_t r0, fft_vec_t r1, fft_vec_t r2,
                                     fft_vec_t r3) {
    const fft_vec_t a = __builtin_shufflevector(r0, r1, 0, 4, 1, 5);
    const fft_vec_t b = __builtin_shufflevector(r2, r3, 0, 4, 1, 5);
    const fft_vec_t c = __builtin_shufflevector(r0, r1, 2, 6, 3, 7);
    const fft_vec_t d = __builtin_shufflevector(r2, r3, 2, 6, 3, 7);
    fft_store(to, __builtin_shufflevector(a, b, 0, 1, 4, 5));
    fft_store(to + 2 * stride, __builtin_shufflevector(a, b, 2, 3, 6, 7));
    fft_store(to + stride, __builtin_shufflevector(c, d, 0, 1, 4, 5));
    fft_store(to + 3 * stride, __builtin_shufflevector(c, d, 2, 3, 6, 7));
}

// The first two stages of four times four elements, whose twiddles are 1 and -i.
static inline void fft_first_pass(const fft_t *fft, const float *re, const float *im) {
    const size_t n = fft->n, quarter = n / 4;
    float *out_re = fft->work, *out_im = fft->work + n;
    size_t reversed = 0;
    for (size_t r = 0; r < quarter; r += FFT_LANES) {
        const fft_vec_t ar = fft_load(re + r), ai = fft_load(im + r);
        const fft_vec_t br = fft_load(re + r + 2 * quarter), bi = fft_load(im + r + 2 * quarter);
        const fft_vec_t cr = fft_load(re + r + quarter), ci = fft_load(im + r + quarter);
        const fft_vec_t dr = fft_load(re + r + 3 * quarter), di = fft_load(im + r + 3 * quarter);
        const fft_vec_t pr = ar + br, pi = ai + bi, qr = ar - br, qi = ai - bi;
        const fft_vec_t sr = cr + dr, si = ci + di, tr = cr - dr, ti = ci - di;
        fft_store_columns(out_re + 4 * reversed, quarter, pr + sr, qr + ti, pr - sr, qr - ti);
        fft_store_columns(out_im + 4 * reversed, quarter, pi + si, qi - tr, pi - si, qi + tr);
        // Counts in bit-reversed order: the carry runs from the highest bit down.
        size_t bit = quarter / 4 / 2;
        while (reversed & bit) {
            reversed ^= bit;
            bit >>= 1;
        }
        reversed |= bit;
    }
}

static inline void fft_pass2(const float *t, size_t n, size_t h, float *re, float *im) {
    for (size_t start = 0; start < n; start += 2 * h) {
        for (size_t j = 0; j < h; j += FFT_LANES) {
            float *r = re + start + j, *i = im + start + j;
            const fft_vec_t wr = fft_load(t + j), wi = fft_load(t + h + j);
            const fft_vec_t br = fft_load(r + h), bi = fft_load(i + h);
            const fft_vec_t tr = br * wr - bi * wi, ti = br * wi + bi * wr;
            const fft_vec_t ar = fft_load(r), ai = fft_load(i);
            fft_store(r, ar + tr);
            fft_store(i, ai + ti);
            fft_store(r + h, ar - tr);
            fft_store(i + h, ai - ti);
        }
    }
}

static inline void fft_pass4(const float *t, size_t n, size_t h, const float *in_re, const float *in_im,
                             float *out_re, float *out_im) {
    for (size_t start = 0; start < n; start += 4 * h) {
        for (size_t j = 0; j < h; j += FFT_LANES) {
            const float *w = t + j, *r = in_re + start + j, *i = in_im + start + j;
            const fft_vec_t w1r = fft_load(w), w1i = fft_load(w + h);
            const fft_vec_t w2r = fft_load(w + 2 * h), w2i = fft_load(w + 3 * h);
            const fft_vec_t w3r = fft_load(w + 4 * h), w3i = fft_load(w + 5 * h);
            const fft_vec_t br = fft_load(r + h), bi = fft_load(i + h);
            const fft_vec_t cr = fft_load(r + 2 * h), ci = fft_load(i + 2 * h);
            const fft_vec_t dr = fft_load(r + 3 * h), di = fft_load(i + 3 * h);
            const fft_vec_t ar = fft_load(r), ai = fft_load(i);
            const fft_vec_t ur = br * w1r - bi * w1i, ui = br * w1i + bi * w1r;
            const fft_vec_t vr = cr * w2r - ci * w2i, vi = cr * w2i + ci * w2r;
            const fft_vec_t xr = dr * w3r - di * w3i, xi = dr * w3i + di * w3r;
            const fft_vec_t pr = ar + ur, pi = ai + ui, qr = ar - ur, qi = ai - ui;
            const fft_vec_t sr = vr + xr, si = vi + xi, dvr = vr - xr, dvi = vi - xi;
            float *o = out_re + start + j, *p = out_im + start + j;
            fft_store(o, pr + sr);
            fft_store(p, pi + si);
            fft_store(o + h, qr + dvi);
            fft_store(p + h, qi - dvr);
            fft_store(o + 2 * h, pr - sr);
            fft_store(p + 2 * h, pi - si);
            fft_store(o + 3 * h, qr - dvi);
            fft_store(p + 3 * h, qi + dvr);
        }
    }
}

static inline void fft_small(const fft_t *fft, float *re, float *im) {
    const size_t n = fft->n;
    const float *cosine = fft->twiddles, *minus_sine = fft->twiddles + n;
    float *in_re = fft->work, *in_im = fft->work + n;
    for (size_t i = 0; i < n; i++) {
        in_re[i] = re[i];
        in_im[i] = im[i];
    }
    for (size_t k = 0; k < n; k++) {
        float sum_re = 0.0f, sum_im = 0.0f;
        for (size_t i = 0; i < n; i++) {
            const float c = cosine[(i * k) & (n - 1)], s = minus_sine[(i * k) & (n - 1)];
            sum_re += in_re[i] * c - in_im[i] * s;
            sum_im += in_re[i] * s + in_im[i] * c;
        }
        re[k] = sum_re;
        im[k] = sum_im;
    }
}

// X[k] = sum of x[i] exp(-2 pi i k / n), in place, not scaled.
static inline void fft_run(const fft_t *fft, float *re, float *im) {
    const size_t n = fft->n;
    if (n <= FFT_SMALL) {
        fft_small(fft, re, im);
        return;
    }
    fft_first_pass(fft, re, im);
    float *work_re = fft->work, *work_im = fft->work + n;
    const float *t = fft->twiddles;
    FFT_FOR_PASSES(n, radix, h) {
        if (radix == 2) {
            fft_pass2(t, n, h, work_re, work_im);
        } else {
            const bool last = 4 * h == n;
            fft_pass4(t, n, h, work_re, work_im, last ? re : work_re, last ? im : work_im);
        }
        t += 2 * (radix - 1) * h;
    }
}

#endif
