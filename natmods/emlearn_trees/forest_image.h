// SPDX-License-Identifier: MIT
// The binary form of a forest, in plain C: a header, then the forest's arrays as they are in memory, so
// that a file or a mapping of it is used in place. Little endian.
#ifndef SENSORD_FOREST_IMAGE_H
#define SENSORD_FOREST_IMAGE_H

#include "forest.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the binary form is that of little endian memory"
#endif

// The first byte occurs in no text.
#define FOREST_IMAGE_MAGIC 0x46525489u // "\x89TRF"
#define FOREST_IMAGE_VERSION 1
#define FOREST_IMAGE_ALIGNMENT 4

// The header. After it come uint32 roots[n_roots], slots[n_nodes + n_leaves] of slot_size bytes, and
// the leaves of soft voting (uint8) or regression (float), all described in forest.h.
typedef struct {
    uint32_t magic;
    uint8_t version, slot_size, kind, leaf_bits;
    uint32_t n_features, n_classes, n_roots, n_nodes, n_leaves;
    uint32_t reserved; // 0
} forest_image_t;

static inline bool forest_image_is(const void *data, size_t length) {
    const uint8_t *bytes = data;
    return length > 0 && bytes[0] == (FOREST_IMAGE_MAGIC & 0xff);
}

static inline size_t forest_slot_size(const forest_t *forest) {
    return forest->wide ? sizeof(forest_wide_slot_t) : sizeof(forest_slot_t);
}

static inline uint64_t forest_roots_size(const forest_t *forest) {
    return (uint64_t)forest->n_roots * sizeof(uint32_t);
}

static inline uint64_t forest_slots_size(const forest_t *forest) {
    return ((uint64_t)forest->n_nodes + forest->n_leaves) * forest_slot_size(forest);
}

static inline uint64_t forest_leaves_size(const forest_t *forest) {
    const uint64_t leaf_size = forest->kind == FOREST_SOFT         ? forest->n_classes
                               : forest->kind == FOREST_REGRESSION ? sizeof(float)
                                                                   : 0;
    return forest->n_leaves * leaf_size;
}

static inline forest_image_t forest_image_header(const forest_t *forest) {
    return (forest_image_t){
        .magic = FOREST_IMAGE_MAGIC,
        .version = FOREST_IMAGE_VERSION,
        .slot_size = (uint8_t)forest_slot_size(forest),
        .kind = forest->kind,
        .leaf_bits = forest->leaf_bits,
        .n_features = forest->n_features,
        .n_classes = forest->n_classes,
        .n_roots = forest->n_roots,
        .n_nodes = forest->n_nodes,
        .n_leaves = forest->n_leaves,
    };
}

// Makes a forest whose arrays are those of the image, which must stay and not change. Returns an error,
// or NULL.
static inline const char *forest_image_open(const void *data, size_t length, forest_t *forest) {
    if ((uintptr_t)data % FOREST_IMAGE_ALIGNMENT != 0) {
        return "the model is not aligned to 4 bytes";
    }
    const forest_image_t *header = data;
    if (length < sizeof(*header) || header->magic != FOREST_IMAGE_MAGIC) {
        return "not a model in binary form";
    }
    const bool wide = header->slot_size == sizeof(forest_wide_slot_t);
    if (header->version != FOREST_IMAGE_VERSION || header->reserved != 0 ||
        (!wide && header->slot_size != sizeof(forest_slot_t))) {
        return "the binary form has another version";
    }
    forest_t found = {
        .n_roots = header->n_roots,
        .n_nodes = header->n_nodes,
        .n_leaves = header->n_leaves,
        .n_features = header->n_features,
        .n_classes = header->n_classes,
        .kind = header->kind,
        .leaf_bits = header->leaf_bits,
        .wide = wide,
    };
    const char *error = forest_check_counts(&found);
    if (error != NULL) {
        return error;
    }
    // Each size is below 2^40 now.
    const uint64_t roots_size = forest_roots_size(&found), slots_size = forest_slots_size(&found);
    if (sizeof(*header) + roots_size + slots_size + forest_leaves_size(&found) != length) {
        return "the model's length does not match its header";
    }
    const uint8_t *bytes = data;
    found.roots = (const void *)(bytes + sizeof(*header));
    found.slots = bytes + sizeof(*header) + roots_size;
    found.leaves = bytes + sizeof(*header) + roots_size + slots_size;
    error = forest_check(&found);
    if (error == NULL) {
        *forest = found;
    }
    return error;
}

#endif
