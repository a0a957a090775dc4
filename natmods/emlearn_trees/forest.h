// SPDX-License-Identifier: MIT
// Forests of decision trees on int16 features, in plain C: their form in memory, and the check that
// the evaluation in forest_predict.h relies on.
#ifndef SENSORD_FOREST_H
#define SENSORD_FOREST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FOREST_MAX_CLASSES 255
#define FOREST_MAX_FEATURES 65536

enum {
    FOREST_HARD, // a leaf is a class; each tree has one vote
    FOREST_SOFT, // a leaf is a row of n_classes proportions, 255 is 1.0
    FOREST_REGRESSION, // a leaf is a float
    FOREST_KINDS,
};

// Slots are first the n_nodes decision nodes of all trees, then n_leaves terminals. At a node,
// features[feature] <= threshold goes to child[0], else to child[1]; children count forwards from the
// node, so every walk ends. A terminal's children are 0: a walk stays there, whatever feature 0 is, so
// several trees can be walked in step without branches. A terminal's number is that of its leaf, and
// with hard voting the leaf is the class.
typedef struct {
    int16_t threshold;
    uint16_t feature;
    uint16_t child[2];
} forest_slot_t;

// For more slots than 16 bits can address.
typedef struct {
    int16_t threshold;
    uint16_t feature;
    uint32_t child[2];
} forest_wide_slot_t;

#define FOREST_MAX_NARROW_SLOTS 65536u

typedef struct {
    const void *slots; // forest_slot_t, or if `wide` forest_wide_slot_t
    const uint32_t *roots;
    const void *leaves; // soft: uint8_t[n_leaves][n_classes], regression: float[n_leaves]
    uint32_t n_roots, n_nodes, n_leaves;
    uint32_t n_features, n_classes; // no classes: regression
    uint8_t kind, wide;
    uint8_t leaf_bits; // from the model's file, not used
} forest_t;

static inline uint32_t forest_outputs(const forest_t *forest) {
    return forest->kind == FOREST_REGRESSION ? 1 : forest->n_classes;
}

// Neither infinite nor NaN, without libm.
static inline bool forest_is_finite(float value) {
    return value - value == 0.0f;
}

static inline const char *forest_check_counts(const forest_t *forest) {
    if (forest->n_roots == 0 || forest->n_nodes == 0 || forest->n_leaves == 0) {
        return "a forest has roots, nodes and leaves";
    }
    if (forest->n_features == 0 || forest->n_features > FOREST_MAX_FEATURES) {
        return "features must be 1 to 65536";
    }
    if (forest->kind >= FOREST_KINDS || forest->n_classes > FOREST_MAX_CLASSES ||
        (forest->kind == FOREST_REGRESSION) != (forest->n_classes == 0)) {
        return "classes must be 1 to 255, or 0 for regression";
    }
    if (forest->kind == FOREST_HARD && forest->n_leaves != forest->n_classes) {
        return "with hard voting each leaf must be a class";
    }
    return NULL;
}

#define FOREST_CHECK_SLOTS(slot_t)                                                                           \
    do {                                                                                                     \
        const slot_t *slot = forest->slots;                                                                  \
        for (uint32_t i = 0; i < forest->n_nodes; i++, slot++) {                                             \
            const uint32_t room = n_slots - i;                                                               \
            if (slot->feature >= forest->n_features) {                                                       \
                return "a node's feature is out of range";                                                   \
            }                                                                                                \
            if (slot->child[0] - 1u >= room - 1u || slot->child[1] - 1u >= room - 1u) {                      \
                return "a node's child is out of range";                                                     \
            }                                                                                                \
        }                                                                                                    \
        for (uint32_t i = 0; i < forest->n_leaves; i++, slot++) {                                            \
            if (slot->feature != 0 || slot->child[0] != 0 || slot->child[1] != 0) {                          \
                return "a terminal has children";                                                            \
            }                                                                                                \
        }                                                                                                    \
    } while (0)

// Returns an error, or NULL: then evaluating the forest stays within its arrays and ends. The arrays
// must have the lengths that the counts state.
static inline const char *forest_check(const forest_t *forest) {
    const char *error = forest_check_counts(forest);
    if (error != NULL) {
        return error;
    }
    for (uint32_t i = 0; i < forest->n_roots; i++) {
        if (forest->roots[i] >= forest->n_nodes) {
            return "a root is not a node";
        }
    }
    if (forest->n_leaves > UINT32_MAX - forest->n_nodes) {
        return "too many nodes";
    }
    const uint32_t n_slots = forest->n_nodes + forest->n_leaves;
    if (forest->wide) {
        FOREST_CHECK_SLOTS(forest_wide_slot_t);
    } else {
        FOREST_CHECK_SLOTS(forest_slot_t);
    }
    if (forest->kind == FOREST_REGRESSION) {
        for (uint32_t i = 0; i < forest->n_leaves; i++) {
            if (!forest_is_finite(((const float *)forest->leaves)[i])) {
                return "a leaf is not a finite number";
            }
        }
    }
    return NULL;
}

#endif
