// SPDX-License-Identifier: MIT
// Any samples: features, spectra and integer filters stay in their buffers, without undefined behaviour.

#include "emlearn_iir_q15/cascade_q15.h"
#include "timebased/timebased.h"
#include "vibration/vibration.h"

#include <stdlib.h>
#include <string.h>

// Memory of exactly that size, so that the sanitizer reports an access past its end.
static void *copy(const uint8_t *data, size_t size) {
    void *made = malloc(size > 0 ? size : 1);
    if (made == NULL) {
        abort();
    }
    memcpy(made, data, size);
    return made;
}

static void try_timebased(const uint8_t *data, size_t size, bool compat) {
    const size_t length = size / sizeof(int16_t) / TIMEBASED_N_AXES;
    if (length < TIMEBASED_MIN_LENGTH || length > TIMEBASED_MAX_LENGTH) {
        return;
    }
    int16_t *axes[TIMEBASED_N_AXES];
    timebased_window_t window = { .length = length, .compat = compat };
    for (int i = 0; i < TIMEBASED_N_AXES; i++) {
        window.axes[i] = axes[i] =
            copy(data + (size_t)i * length * sizeof(int16_t), length * sizeof(int16_t));
    }
    float features[TIMEBASED_N_FEATURES];
    timebased_features(&window, features);
    for (int i = 0; i < TIMEBASED_N_FEATURES; i++) {
        if (features[i] - features[i] != 0.0f) {
            abort(); // int16 samples have finite features
        }
        timebased_to_int16(features[i], compat);
    }
    for (int i = 0; i < TIMEBASED_N_AXES; i++) {
        free(axes[i]);
    }
}

static void try_vibration(const uint8_t *data, size_t size, uint8_t choice) {
    const size_t length = (size_t)VIBRATION_MIN << choice % 8, n_bands = 1 + choice / 8;
    const size_t n_edge_bytes = (n_bands + 1) * sizeof(float);
    if (size < sizeof(float) + n_edge_bytes + length * sizeof(float)) {
        return;
    }
    float rate;
    memcpy(&rate, data, sizeof(rate));
    float *edges = copy(data + sizeof(rate), n_edge_bytes);
    float *memory = malloc(vibration_n_floats(length) * sizeof(float));
    float *out = malloc((VIBRATION_BANDS + n_bands) * sizeof(float));
    vibration_t v;
    if (memory != NULL && out != NULL && rate > 0.0f && rate < 1e9f &&
        vibration_init(&v, length, (double)rate, edges, n_bands, memory)) {
        memcpy(v.window, data + sizeof(rate) + n_edge_bytes, length * sizeof(float));
        vibration_run(&v, out);
    }
    free(edges);
    free(memory);
    free(out);
}

static void try_fft(const uint8_t *data, size_t size, uint8_t choice) {
    const size_t n = (size_t)FFT_MIN << choice % 11;
    if (size < 2 * n * sizeof(float)) {
        return;
    }
    float *re = copy(data, n * sizeof(float)), *im = copy(data + n * sizeof(float), n * sizeof(float));
    float *memory = malloc(fft_n_floats(n) * sizeof(float));
    fft_t fft;
    if (memory != NULL) {
        fft_init(&fft, n, memory);
        fft_run(&fft, re, im);
    }
    free(memory);
    free(re);
    free(im);
}

static void try_q15(const uint8_t *data, size_t size) {
    enum { N_COEFFICIENTS = 6 };
    int16_t coefficients[N_COEFFICIENTS];
    float wanted;
    if (size < sizeof(coefficients) || size < sizeof(wanted)) {
        return;
    }
    memcpy(&wanted, data, sizeof(wanted));
    q15_round(wanted, coefficients);
    memcpy(coefficients, data, sizeof(coefficients));
    q15_section_t section;
    q15_init(&section, coefficients);
    const size_t n = (size - sizeof(coefficients)) / sizeof(int16_t);
    int16_t *values = copy(data + sizeof(coefficients), n * sizeof(int16_t));
    q15_run(&section, values, n);
    free(values);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) {
        return 0;
    }
    const uint8_t what = data[0] % 5, choice = data[1];
    data += 2;
    size -= 2;
    if (what < 2) {
        try_timebased(data, size, what == 1);
    } else if (what == 2) {
        try_vibration(data, size, choice);
    } else if (what == 3) {
        try_fft(data, size, choice);
    } else {
        try_q15(data, size);
    }
    return 0;
}
