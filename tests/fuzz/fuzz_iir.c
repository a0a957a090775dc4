// SPDX-License-Identifier: MIT
// Any coefficients, any samples, in pieces of any size: filtering stays in the buffer, without undefined
// behaviour.

#include "emlearn_iir/cascade.h"

#include <stdlib.h>
#include <string.h>

#define N_COEFFICIENTS 6
#define MAX_SECTIONS 12

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) {
        return 0;
    }
    const size_t n_sections = 1 + data[0] % MAX_SECTIONS, piece = 1 + data[1];
    const size_t head = 2 + n_sections * N_COEFFICIENTS * sizeof(float);
    if (size < head) {
        return 0;
    }
    float coefficients[N_COEFFICIENTS * MAX_SECTIONS];
    memcpy(coefficients, data + 2, head - 2);
    cascade_group_t groups[MAX_SECTIONS];
    bool sound = cascade_init(groups, coefficients, n_sections);
    const size_t n = (size - head) / sizeof(float);
    for (size_t start = 0; sound && start < n; start += piece) {
        const size_t count = n - start < piece ? n - start : piece;
        // Exactly its size, so that the sanitizer reports an access past the end.
        float *values = malloc(count * sizeof(float));
        if (values == NULL) {
            break;
        }
        memcpy(values, data + head + start * sizeof(float), count * sizeof(float));
        cascade_run(groups, n_sections, values, count);
        sound = cascade_is_sound(groups, n_sections);
        free(values);
    }
    return 0;
}
