// SPDX-License-Identifier: MIT
// Builds a forest piece by piece, in any order, in plain C. forest_builder_finish() checks it as a
// whole.
#ifndef SENSORD_FOREST_BUILD_H
#define SENSORD_FOREST_BUILD_H

#include "forest.h"

// Reallocates memory, given as pointer, old and new size in bytes. If there is none left, returns NULL
// or does not return.
#ifndef FOREST_RENEW
#include <stdlib.h>
#define FOREST_RENEW(pointer, old_size, new_size) realloc(pointer, new_size)
#define FOREST_FREE(pointer, size) free(pointer)
#endif

// More pieces of a kind would need sizes beyond 32 bits.
#define FOREST_MAX_PIECES 0x7ffffffu
#define FOREST_FIRST_PIECES 16u

typedef struct {
    uint32_t max_roots, max_nodes, max_leaves; // the caller's limits, at most FOREST_MAX_PIECES
    uint32_t n_roots, n_nodes, n_leaves;
    uint32_t n_features, n_classes;
    uint8_t kind, leaf_bits;
    bool has_data;
    // Allocated sizes in bytes
    size_t roots_size, nodes_size, leaves_size;
    uint32_t *roots;
    // Their children are still as added: forwards, or if negative a leaf.
    forest_wide_slot_t *nodes;
    uint8_t *leaves; // soft: rows; else a class or a float, four bytes each
} forest_builder_t;

// Makes room for `n` pieces of `size` bytes and reserves some for later ones, at most `max` in all: half
// as many again, or `max` once that exceeds half of it. Returns NULL if there is no memory.
static inline void *forest_grow(void *pointer, size_t *allocated, size_t size, uint32_t n, uint32_t max) {
    if (n * size <= *allocated) {
        return pointer;
    }
    uint32_t room = n + n / 2 + FOREST_FIRST_PIECES;
    room = room > max / 2 ? max : room;
    pointer = FOREST_RENEW(pointer, *allocated, room * size);
    *allocated = pointer != NULL ? room * size : 0;
    return pointer;
}

static inline void forest_builder_start(forest_builder_t *builder, uint32_t max_roots, uint32_t max_nodes,
                                        uint32_t max_leaves) {
    const uint32_t limit = FOREST_MAX_PIECES;
    *builder = (forest_builder_t){
        .max_roots = max_roots < limit ? max_roots : limit,
        .max_nodes = max_nodes < limit ? max_nodes : limit,
        .max_leaves = max_leaves < limit ? max_leaves : limit,
    };
}

static inline void forest_builder_free(forest_builder_t *builder) {
    FOREST_FREE(builder->roots, builder->roots_size);
    FOREST_FREE(builder->nodes, builder->nodes_size);
    FOREST_FREE(builder->leaves, builder->leaves_size);
}

static inline size_t forest_leaf_size(const forest_builder_t *builder) {
    return builder->kind == FOREST_SOFT ? builder->n_classes : 4;
}

// Sets the forest's dimensions, before the first leaf. No classes mean regression, leaf bits of 1 to 8
// soft voting; with regression emlearn writes any leaf bits. This and the functions below return NULL
// or an error.
static inline const char *forest_builder_set_data(forest_builder_t *builder, int64_t n_features,
                                                  int64_t n_classes, int64_t leaf_bits) {
    if (n_features < 1 || n_features > FOREST_MAX_FEATURES) {
        return "features must be 1 to 65536";
    }
    if (n_classes < 0 || n_classes > FOREST_MAX_CLASSES) {
        return "classes must be 1 to 255, or 0 for regression";
    }
    if ((leaf_bits < 0 || leaf_bits > 8) && leaf_bits != 32) {
        return "leaf bits must be 0 to 8 or 32";
    }
    // Upstream also writes the one output of regression as a class.
    const bool regression = n_classes == 0 || (n_classes == 1 && leaf_bits == 32);
    if (leaf_bits == 32 && !regression) {
        return "leaf bits of 32 are for regression";
    }
    const uint8_t kind = regression ? FOREST_REGRESSION : leaf_bits > 0 ? FOREST_SOFT : FOREST_HARD;
    n_classes = regression ? 0 : n_classes;
    if (builder->n_leaves > 0 && (kind != builder->kind || n_classes != builder->n_classes)) {
        return "there are leaves of another kind already";
    }
    builder->n_features = (uint32_t)n_features;
    builder->n_classes = (uint32_t)n_classes;
    builder->kind = kind;
    builder->leaf_bits = (uint8_t)leaf_bits;
    builder->has_data = true;
    return NULL;
}

static inline const char *forest_builder_add_root(forest_builder_t *builder, int64_t root) {
    if (builder->n_roots >= builder->max_roots) {
        return "max trees";
    }
    if (root < 0 || root >= FOREST_MAX_PIECES) {
        return "a root is not a node";
    }
    const uint32_t n = builder->n_roots;
    builder->roots =
        forest_grow(builder->roots, &builder->roots_size, sizeof(uint32_t), n + 1, builder->max_roots);
    if (builder->roots == NULL) {
        return "out of memory";
    }
    builder->roots[n] = (uint32_t)root;
    builder->n_roots = n + 1;
    return NULL;
}

// Adds a node: features up to and including `threshold` go to the left. Children are counted from this
// node; -1 is the first leaf.
static inline const char *forest_builder_add_node(forest_builder_t *builder, int64_t left, int64_t right,
                                                  int64_t feature, int64_t threshold) {
    if (builder->n_nodes >= builder->max_nodes) {
        return "max nodes";
    }
    if (feature < 0 || feature >= FOREST_MAX_FEATURES) {
        return "a node's feature is out of range";
    }
    const int64_t limit = FOREST_MAX_PIECES;
    if (left == 0 || left < -limit || left > limit || right == 0 || right < -limit || right > limit) {
        return "a node's child is out of range";
    }
    const uint32_t n = builder->n_nodes;
    builder->nodes = forest_grow(builder->nodes, &builder->nodes_size, sizeof(forest_wide_slot_t), n + 1,
                                 builder->max_nodes);
    if (builder->nodes == NULL) {
        return "out of memory";
    }
    // A threshold below every int16 sends no feature to the left.
    left = threshold < INT16_MIN ? right : left;
    threshold = threshold < INT16_MIN ? INT16_MIN : threshold > INT16_MAX ? INT16_MAX : threshold;
    builder->nodes[n] = (forest_wide_slot_t){
        (int16_t)threshold,
        (uint16_t)feature,
        { (uint32_t)left, (uint32_t)right },
    };
    builder->n_nodes = n + 1;
    return NULL;
}

// Makes room for one more leaf of a kind and returns its bytes, or NULL and the error.
static inline uint8_t *forest_builder_new_leaf(forest_builder_t *builder, int kind, const char **error) {
    const size_t size = forest_leaf_size(builder);
    *error = NULL;
    if (!builder->has_data) {
        *error = "the number of classes must be set before leaves";
    } else if (builder->kind != kind) {
        *error = "the leaf does not fit the leaf bits";
    } else if (builder->n_leaves >= builder->max_leaves || builder->n_leaves >= FOREST_MAX_PIECES / size) {
        *error = "max leaves";
    }
    if (*error != NULL) {
        return NULL;
    }
    builder->leaves =
        forest_grow(builder->leaves, &builder->leaves_size, size, builder->n_leaves + 1, builder->max_leaves);
    if (builder->leaves == NULL) {
        *error = "out of memory";
        return NULL;
    }
    return builder->leaves + builder->n_leaves++ * size;
}

static inline const char *forest_builder_add_class(forest_builder_t *builder, int64_t class_number) {
    if (builder->has_data && (class_number < 0 || class_number >= builder->n_classes)) {
        return "a leaf's class is out of range";
    }
    const char *error;
    uint32_t *leaf = (uint32_t *)(void *)forest_builder_new_leaf(builder, FOREST_HARD, &error);
    if (leaf != NULL) {
        *leaf = (uint32_t)class_number;
    }
    return error;
}

static inline const char *forest_builder_add_value(forest_builder_t *builder, float value) {
    if (!forest_is_finite(value)) {
        return "a leaf is not a finite number";
    }
    const char *error;
    float *leaf = (float *)(void *)forest_builder_new_leaf(builder, FOREST_REGRESSION, &error);
    if (leaf != NULL) {
        *leaf = value;
    }
    return error;
}

static inline bool forest_has_child(const forest_builder_t *builder, uint32_t node, uint32_t child) {
    const int32_t step = (int32_t)child;
    return step < 0 ? (uint32_t)(-(step + 1)) < builder->n_leaves : (uint32_t)step < builder->n_nodes - node;
}

// The distance from a node to a child, or to the terminal of the leaf that the child means.
static inline uint32_t forest_step(const forest_builder_t *builder, uint32_t node, uint32_t child) {
    const int32_t step = (int32_t)child;
    if (step > 0) {
        return child;
    }
    const uint32_t leaf = (uint32_t)(-(step + 1));
    const uint32_t *classes = (const uint32_t *)(const void *)builder->leaves;
    return builder->n_nodes - node + (builder->kind == FOREST_HARD ? classes[leaf] : leaf);
}

// Turns nodes into slots in the same memory. Slots are not wider, so no unread node is overwritten.
#define FOREST_MAKE_SLOTS(slot_t, child_t)                                                                   \
    do {                                                                                                     \
        slot_t *slots = (slot_t *)(void *)builder->nodes;                                                    \
        for (uint32_t i = 0; i < builder->n_nodes; i++) {                                                    \
            const forest_wide_slot_t node = builder->nodes[i];                                               \
            slots[i].threshold = node.threshold;                                                             \
            slots[i].feature = node.feature;                                                                 \
            slots[i].child[0] = (child_t)forest_step(builder, i, node.child[0]);                             \
            slots[i].child[1] = (child_t)forest_step(builder, i, node.child[1]);                             \
        }                                                                                                    \
        for (uint32_t i = builder->n_nodes; i < n_slots; i++) {                                              \
            slots[i] = (slot_t){ 0, 0, { 0, 0 } };                                                           \
        }                                                                                                    \
    } while (0)

static inline const char *forest_builder_check(const forest_builder_t *builder) {
    if (!builder->has_data || builder->n_roots == 0 || builder->n_nodes == 0 || builder->n_leaves == 0) {
        return "model not loaded";
    }
    for (uint32_t i = 0; i < builder->n_roots; i++) {
        if (builder->roots[i] >= builder->n_nodes) {
            return "a root is not a node";
        }
    }
    for (uint32_t i = 0; i < builder->n_nodes; i++) {
        const forest_wide_slot_t *node = &builder->nodes[i];
        if (node->feature >= builder->n_features) {
            return "a node's feature is out of range";
        }
        if (!forest_has_child(builder, i, node->child[0]) || !forest_has_child(builder, i, node->child[1])) {
            return "a node's child is out of range";
        }
    }
    return NULL;
}

// Makes the forest in the builder's memory, after which nothing can be added. On an error the builder
// stays unchanged.
static inline const char *forest_builder_finish(forest_builder_t *builder, forest_t *forest) {
    const char *error = forest_builder_check(builder);
    if (error != NULL) {
        return error;
    }
    const uint32_t n_leaves = builder->kind == FOREST_HARD ? builder->n_classes : builder->n_leaves;
    const uint32_t n_slots = builder->n_nodes + n_leaves; // both are below 2^27
    const bool wide = n_slots > FOREST_MAX_NARROW_SLOTS;
    const size_t size = n_slots * (wide ? sizeof(forest_wide_slot_t) : sizeof(forest_slot_t));
    if (size > builder->nodes_size) {
        forest_wide_slot_t *nodes = FOREST_RENEW(builder->nodes, builder->nodes_size, size);
        if (nodes == NULL) {
            return "out of memory";
        }
        builder->nodes = nodes;
        builder->nodes_size = size;
    }
    if (wide) {
        FOREST_MAKE_SLOTS(forest_wide_slot_t, uint32_t);
    } else {
        FOREST_MAKE_SLOTS(forest_slot_t, uint16_t);
    }
    // Free the memory allocated in excess.
    forest_wide_slot_t *nodes = FOREST_RENEW(builder->nodes, builder->nodes_size, size);
    builder->nodes = nodes != NULL ? nodes : builder->nodes;
    builder->nodes_size = size;
    if (builder->kind == FOREST_HARD) {
        FOREST_FREE(builder->leaves, builder->leaves_size);
        builder->leaves = NULL;
        builder->leaves_size = 0;
    }
    *forest = (forest_t){
        .slots = builder->nodes,
        .roots = builder->roots,
        .leaves = builder->leaves,
        .n_roots = builder->n_roots,
        .n_nodes = builder->n_nodes,
        .n_leaves = n_leaves,
        .n_features = builder->n_features,
        .n_classes = builder->n_classes,
        .kind = builder->kind,
        .leaf_bits = builder->leaf_bits,
        .wide = wide,
    };
    return NULL;
}

#endif
