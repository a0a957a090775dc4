// SPDX-License-Identifier: MIT
// Any coefficients and any samples: filtering stays within the buffer and is defined.

#include "emlearn_iir/sos.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define N_COEFFICIENTS 5

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    sos_t section = { 0 };
    const size_t head = N_COEFFICIENTS * sizeof(float);
    if (size < head) {
        return 0;
    }
    memcpy(&section, data, head);
    const size_t n = (size - head) / sizeof(float);
    float *values = malloc(n * sizeof(float) + 1);
    if (values != NULL) {
        memcpy(values, data + head, n * sizeof(float));
        sos_run(&section, values, n);
        free(values);
    }
    return 0;
}
