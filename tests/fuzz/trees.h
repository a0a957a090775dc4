// SPDX-License-Identifier: MIT
// Code that the targets of emlearn_trees share: counted memory, and the use of a forest.
#ifndef SENSORD_FUZZ_TREES_H
#define SENSORD_FUZZ_TREES_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static size_t allocated, most_allocated;

static inline void count_memory(size_t old_size, size_t new_size) {
    // While memory is moved, both blocks exist.
    const size_t peak = allocated + new_size;
    most_allocated = peak > most_allocated ? peak : most_allocated;
    allocated += new_size - old_size;
}

static inline void *counted_renew(void *pointer, size_t old_size, size_t new_size) {
    count_memory(old_size, new_size);
    return realloc(pointer, new_size);
}

static inline void counted_free(void *pointer, size_t size) {
    count_memory(size, 0);
    free(pointer);
}

#define FOREST_RENEW counted_renew
#define FOREST_FREE counted_free

#include "emlearn_trees/forest_build.h"
#include "emlearn_trees/forest_image.h"
#include "emlearn_trees/forest_predict.h"

static inline void must(bool holds) {
    if (!holds) {
        abort();
    }
}

// Evaluates a forest on a few inputs, each in memory of exactly its size, and returns a hash of the
// results.
static inline uint32_t use_forest(const forest_t *forest) {
    must(forest_check(forest) == NULL);
    const size_t n_outputs = forest_outputs(forest);
    int16_t *features = malloc(forest->n_features * sizeof(*features));
    float *out = malloc(n_outputs * sizeof(*out));
    uint32_t hash = 0, random = 1;
    must(features != NULL && out != NULL);
    for (int round = 0; round < 4; round++) {
        for (uint32_t i = 0; i < forest->n_features; i++) {
            random = random * 1664525 + 1013904223;
            features[i] = (int16_t)(random >> (round < 2 ? 16 : 24));
        }
        forest_predict(forest, features, out);
        for (size_t i = 0; i < n_outputs; i++) {
            uint32_t bits;
            memcpy(&bits, &out[i], sizeof(bits));
            hash = hash * 31 + bits;
            must(forest->kind == FOREST_REGRESSION ? forest_is_finite(out[i]) : out[i] >= 0 && out[i] <= 1);
        }
        if (forest->kind != FOREST_REGRESSION) {
            must(forest_classify(forest, features) < forest->n_classes);
        }
    }
    free(features);
    free(out);
    return hash;
}

// Saves a forest in the binary form, opens that and expects the same results.
static inline void use_image_of(const forest_t *forest) {
    const forest_image_t header = forest_image_header(forest);
    const size_t roots = forest_roots_size(forest), slots = forest_slots_size(forest);
    const size_t leaves = forest_leaves_size(forest);
    const size_t size = sizeof(header) + roots + slots + leaves;
    uint8_t *image = malloc(size);
    must(image != NULL);
    memcpy(image, &header, sizeof(header));
    memcpy(image + sizeof(header), forest->roots, roots);
    memcpy(image + sizeof(header) + roots, forest->slots, slots);
    if (leaves > 0) {
        memcpy(image + sizeof(header) + roots + slots, forest->leaves, leaves);
    }
    forest_t opened;
    must(forest_image_open(image, size, &opened) == NULL);
    must(use_forest(&opened) == use_forest(forest));
    free(image);
}

#endif
