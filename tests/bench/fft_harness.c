// SPDX-License-Identifier: MIT
// The peer of emlearn_fft: emlearn's FFT, from the installed package's header.

#define M_PI 3.14159265358979323846
#include <stddef.h>
#include <eml_fft.h>

// Fills the tables of a transform of n: n / 2 floats each.
void fft_harness_fill(float *sin_table, float *cos_table, int n) {
    const EmlFFT fft = { .length = n / 2, .sin = sin_table, .cos = cos_table };
    eml_fft_fill(fft, (size_t)n);
}

// Transforms n values in place.
void fft_harness_run(float *sin_table, float *cos_table, float *real, float *imag, int n) {
    const EmlFFT fft = { .length = n / 2, .sin = sin_table, .cos = cos_table };
    eml_fft_forward(fft, real, imag, (size_t)n);
}
