// SPDX-License-Identifier: MIT
// Code that the fuzz targets of networks share: any file either gives an error with a message, or loads
// within the limits and runs on any input.
#ifndef SENSORD_CNN_HARNESS_H
#define SENSORD_CNN_HARNESS_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Lower than the engine's own, so that an input takes milliseconds.
#define CNN_MAX_MEMORY (4u << 20)
#define CNN_MAX_WORK (UINT64_C(1) << 22)
#define CNN_WITH_INT8 1
#define CNN_WITH_FP32 1
#define CNN_MALLOC(size) harness_allocate(size)

// All allocations, to be freed at the end. The engine leaves that to a garbage collector.
static void *harness_memory[16384];
static size_t harness_n;

static void *harness_allocate(size_t size) {
    if (harness_n == sizeof(harness_memory) / sizeof(harness_memory[0])) {
        return NULL;
    }
    return harness_memory[harness_n++] = malloc(size);
}

#include "cnn/run.h"

static void harness_check(bool holds) {
    if (!holds) {
        abort();
    }
}

// A run in parts gives the same bits as one at once.
static void harness_run_in_parts(cnn_model_t *model, const float *expected, size_t n, uint32_t work) {
    float *out = malloc(n * sizeof(float));
    cnn_start(model);
    uint64_t left = model->left;
    harness_check(left > 0);
    while (model->left > 0) {
        cnn_step(model, work);
        harness_check(model->left < left);
        left = model->left;
        work = work * 7 % 1000 + 1;
    }
    harness_check(model->next_op == model->n_ops);
    cnn_get_output(model, out);
    harness_check(memcmp(out, expected, n * sizeof(float)) == 0);
    free(out);
}

static void harness_run(cnn_model_t *model) {
    const size_t n = model->tensors[model->input].n, n_out = model->tensors[model->output].n;
    float *values = malloc(n * sizeof(float)), *out = malloc(n_out * sizeof(float));
    uint8_t *bytes = malloc(n);
    const float odd[] = { 0.0f, -1.0f, NAN, 3e38f, INFINITY, 0.3f, -INFINITY, 1e-40f };
    for (size_t i = 0; i < n; i++) {
        bytes[i] = (uint8_t)(i * 37);
        values[i] = odd[i % 8];
    }
    cnn_set_input_bytes(model, bytes);
    cnn_run(model);
    cnn_get_output(model, out);
    // The first run has used the input's memory.
    cnn_set_input_bytes(model, bytes);
    harness_run_in_parts(model, out, n_out, 1);
    cnn_set_input_floats(model, values);
    cnn_run(model);
    cnn_get_output(model, out);
    free(values);
    free(out);
    free(bytes);
}

static int harness_try(const uint8_t *data, size_t size) {
    // Exactly the file's bytes, and sometimes unaligned: a memoryview may begin anywhere.
    const size_t shift = size % 2;
    uint8_t *copy = malloc(size + shift > 0 ? size + shift : 1);
    if (size > 0) {
        memcpy(copy + shift, data, size);
    }
    cnn_model_t model;
    const bool loaded = cnn_load(&model, copy + shift, size);
    harness_check(loaded == (model.error[0] == 0));
    harness_check(model.allocated <= CNN_MAX_MEMORY);
    if (loaded) {
        harness_run(&model);
    }
    while (harness_n > 0) {
        free(harness_memory[--harness_n]);
    }
    free(copy);
    return 0;
}

#endif
