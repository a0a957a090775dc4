// SPDX-License-Identifier: MIT
// Any coefficients and any samples: the bank stays within its memory, however the samples are cut.

#include "thirdoctave/bank.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 4) {
        return 0;
    }
    const size_t n_octaves = 1 + data[0] % BANK_MAX_OCTAVES, n_allpasses = 2 + data[1] % 15;
    const size_t piece = 1 + data[2];
    data += 3;
    size -= 3;
    const size_t n_floats = n_octaves * BANK_OCTAVE_COEFFICIENTS + n_allpasses;
    if (size < n_floats) {
        return 0;
    }
    // One byte a coefficient, from -2 to 2: this includes filters that never decay.
    float *coefficients = malloc(n_floats * sizeof(float));
    bank_t *bank = malloc(bank_bytes(n_octaves));
    float *levels = malloc(n_octaves * BANK_BANDS * sizeof(float));
    if (coefficients == NULL || bank == NULL || levels == NULL) {
        abort();
    }
    for (size_t i = 0; i < n_floats; i++) {
        coefficients[i] = (float)(data[i] - 128) / 64.0f;
    }
    data += n_floats;
    size -= n_floats;
    bank_init(bank, n_octaves, coefficients, n_allpasses,
              coefficients + n_octaves * BANK_OCTAVE_COEFFICIENTS);
    for (size_t n = size / sizeof(int16_t); n > 0;) {
        const size_t m = n < piece ? n : piece;
        int16_t *pcm = malloc(m * sizeof(int16_t));
        if (pcm == NULL) {
            abort();
        }
        memcpy(pcm, data, m * sizeof(int16_t));
        bank_process(bank, pcm, m);
        free(pcm);
        data += m * sizeof(int16_t);
        n -= m;
    }
    bank_read(bank, levels);
    free(coefficients);
    free(bank);
    free(levels);
    return 0;
}
