// SPDX-License-Identifier: MIT
// Any bytes as a TensorFlow Lite model.

#include "cnn_harness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    return harness_try(data, size);
}
