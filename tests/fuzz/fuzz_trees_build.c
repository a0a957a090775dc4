// SPDX-License-Identifier: MIT
// Any sequence of setdata, addroot, addnode and addleaf: errors, or a usable forest.

#include "trees.h"

// Reads up to eight bytes of the input as a signed number. Missing bytes are 0.
static int64_t number(const uint8_t **at, const uint8_t *end, int n_bytes) {
    uint64_t value = 0;
    for (int i = 0; i < n_bytes && *at < end; i++) {
        value |= (uint64_t)**at << (8 * i);
        *at += 1;
    }
    const int shift = 64 - 8 * n_bytes;
    return (int64_t)(value << shift) >> shift;
}

// Adds a leaf of any kind, including kinds that do not fit the forest.
static void add_leaf(forest_builder_t *builder, const uint8_t **at, const uint8_t *end) {
    const char *error;
    const int64_t kind = number(at, end, 1) % FOREST_KINDS;
    if (kind == FOREST_SOFT) {
        uint8_t *row = forest_builder_new_leaf(builder, FOREST_SOFT, &error);
        for (uint32_t i = 0; row != NULL && i < builder->n_classes; i++) {
            row[i] = (uint8_t)number(at, end, 1);
        }
    } else if (kind == FOREST_HARD) {
        forest_builder_add_class(builder, number(at, end, 1));
    } else {
        const uint32_t bits = (uint32_t)number(at, end, 4);
        float value;
        memcpy(&value, &bits, sizeof(value));
        forest_builder_add_value(builder, value);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    forest_builder_t builder;
    forest_t forest;
    const uint8_t *at = data, *end = data + size;
    allocated = 0;
    const uint32_t limit = (uint32_t)number(&at, end, 2) & 0xfff;
    forest_builder_start(&builder, limit, limit, limit);
    bool is_complete = false;
    while (at < end && !is_complete) {
        const uint8_t what = *at++;
        // Mostly plausible numbers, sometimes any
        const int n_bytes = what & 0x80 ? 8 : what & 0x40 ? 3 : 1;
        if (what % 8 == 0) {
            const int64_t n_features = number(&at, end, n_bytes), n_classes = number(&at, end, n_bytes);
            forest_builder_set_data(&builder, n_features, n_classes, number(&at, end, 1));
        } else if (what % 8 == 1) {
            forest_builder_add_root(&builder, number(&at, end, n_bytes));
        } else if (what % 8 < 5) {
            const int64_t left = number(&at, end, n_bytes), right = number(&at, end, n_bytes);
            const int64_t feature = number(&at, end, n_bytes);
            forest_builder_add_node(&builder, left, right, feature, number(&at, end, n_bytes));
        } else if (what % 8 < 7) {
            add_leaf(&builder, &at, end);
        } else {
            // The rest of the input after a complete forest is ignored.
            is_complete = forest_builder_finish(&builder, &forest) == NULL;
        }
    }
    if (is_complete || forest_builder_finish(&builder, &forest) == NULL) {
        use_forest(&forest);
        use_image_of(&forest);
    }
    forest_builder_free(&builder);
    must(allocated == 0);
    return 0;
}
