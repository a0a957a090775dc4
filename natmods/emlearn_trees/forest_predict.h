// SPDX-License-Identifier: MIT
// The evaluation of a checked forest, in plain C.
#ifndef SENSORD_FOREST_PREDICT_H
#define SENSORD_FOREST_PREDICT_H

#include "forest.h"

// The distance from a slot to the child for the features. Both distances are loaded before the
// comparison; the compiler must not see that one is chosen, or it makes a branch, which would be
// mispredicted half of the time.
#define FOREST_STEP(slot, step)                                                                              \
    uint32_t step = (slot)->child[0], step##_right = (slot)->child[1];                                       \
    __asm__("" : "+r"(step), "+r"(step##_right));                                                            \
    step = features[(slot)->feature] > (slot)->threshold ? step##_right : step

// Walks `lanes` trees, a constant, in step: their loads overlap, and the only branch is for the end of
// the last tree. Checking that at every second step costs less than the steps it wastes. Fills
// `leaves`.
#define FOREST_DEFINE_WALK(name, slot_t)                                                                     \
    __attribute__((always_inline)) static inline void name(const forest_t *forest, const uint32_t *roots,    \
                                                           const int16_t *features, int lanes,               \
                                                           uint32_t *leaves) {                               \
        const slot_t *at[FOREST_MAX_LANES];                                                                  \
        const slot_t *slots = forest->slots;                                                                 \
        _Pragma("GCC unroll 10") for (int i = 0; i < lanes; i++) {                                           \
            at[i] = slots + roots[i];                                                                        \
        }                                                                                                    \
        uint32_t moved;                                                                                      \
        do {                                                                                                 \
            _Pragma("GCC unroll 10") for (int i = 0; i < lanes; i++) {                                       \
                FOREST_STEP(at[i], step);                                                                    \
                at[i] += step;                                                                               \
            }                                                                                                \
            moved = 0;                                                                                       \
            _Pragma("GCC unroll 10") for (int i = 0; i < lanes; i++) {                                       \
                FOREST_STEP(at[i], step);                                                                    \
                at[i] += step;                                                                               \
                moved |= step;                                                                               \
            }                                                                                                \
        } while (moved != 0);                                                                                \
        const slot_t *terminals = slots + forest->n_nodes;                                                   \
        _Pragma("GCC unroll 10") for (int i = 0; i < lanes; i++) {                                           \
            leaves[i] = (uint32_t)(at[i] - terminals);                                                       \
        }                                                                                                    \
    }

#define FOREST_MAX_LANES 10
FOREST_DEFINE_WALK(forest_walk_narrow, forest_slot_t)
FOREST_DEFINE_WALK(forest_walk_wide, forest_wide_slot_t)

// Walks the next trees, as many as there are lanes, and returns their number. With 32-bit registers ten
// lanes do not fit.
static inline uint32_t forest_walk(const forest_t *forest, uint32_t tree, const int16_t *features,
                                   uint32_t leaves[FOREST_MAX_LANES]) {
    const uint32_t left = forest->n_roots - tree;
    const uint32_t *roots = forest->roots + tree;
    const uint32_t lanes = left >= 10 && sizeof(void *) > 4 ? 10 : left >= 5 ? 5 : left >= 2 ? 2 : 1;
    if (forest->wide) {
        switch (lanes) {
            case 10:
            case 5:
                forest_walk_wide(forest, roots, features, 5, leaves);
                return 5;
            default:
                forest_walk_wide(forest, roots, features, 1, leaves);
                return 1;
        }
    }
    switch (lanes) {
        case 10:
            forest_walk_narrow(forest, roots, features, 10, leaves);
            break;
        case 5:
            forest_walk_narrow(forest, roots, features, 5, leaves);
            break;
        case 2:
            forest_walk_narrow(forest, roots, features, 2, leaves);
            break;
        default:
            forest_walk_narrow(forest, roots, features, 1, leaves);
    }
    return lanes;
}

#define FOREST_PACKED_CLASSES 16
#define FOREST_PACKED_TREES 255

static inline bool forest_is_packed(const forest_t *forest) {
    return forest->kind == FOREST_HARD && forest->n_classes <= FOREST_PACKED_CLASSES &&
           forest->n_roots <= FOREST_PACKED_TREES;
}

typedef union {
    uint64_t words[2];
    uint8_t counts[FOREST_PACKED_CLASSES];
} forest_votes_t;

// Counts votes in the bytes of two registers. In memory, each vote for the same class would wait for
// the one before it.
static inline forest_votes_t forest_vote_packed(const forest_t *forest, const int16_t *features) {
    uint64_t low = 0, high = 0;
    uint32_t leaves[FOREST_MAX_LANES];
    for (uint32_t tree = 0; tree < forest->n_roots;) {
        const uint32_t n = forest_walk(forest, tree, features, leaves);
        for (uint32_t i = 0; i < n; i++) {
            const uint64_t vote = (uint64_t)1 << (leaves[i] % 8 * 8);
            low += leaves[i] < 8 ? vote : 0;
            high += leaves[i] < 8 ? 0 : vote;
        }
        tree += n;
    }
    return (forest_votes_t){ { low, high } };
}

static inline void forest_shares_packed(const forest_t *forest, const int16_t *features, float *out) {
    const forest_votes_t votes = forest_vote_packed(forest, features);
    // All 16 at a time, for vector instructions; then copies those in use.
    float shares[FOREST_PACKED_CLASSES];
    const float n_trees = (float)forest->n_roots;
    for (int i = 0; i < FOREST_PACKED_CLASSES; i++) {
        shares[i] = (float)votes.counts[i] / n_trees;
    }
    for (uint32_t i = 0; i < forest->n_classes; i++) {
        out[i] = shares[i];
    }
}

static inline uint32_t forest_classify_packed(const forest_t *forest, const int16_t *features) {
    const forest_votes_t votes = forest_vote_packed(forest, features);
    // The largest number here is that of the most votes, and the first of equals.
    uint32_t best = 0;
    for (uint32_t i = 0; i < FOREST_PACKED_CLASSES; i++) {
        const uint32_t rank =
            votes.counts[i] * (uint32_t)FOREST_PACKED_CLASSES + FOREST_PACKED_CLASSES - 1 - i;
        best = rank > best ? rank : best;
    }
    return FOREST_PACKED_CLASSES - 1 - best % FOREST_PACKED_CLASSES;
}

static inline void forest_vote(const forest_t *forest, const int16_t *features, float *out) {
    const uint32_t n_classes = forest->n_classes;
    const bool soft = forest->kind == FOREST_SOFT;
    uint32_t leaves[FOREST_MAX_LANES];
    for (uint32_t i = 0; i < n_classes; i++) {
        out[i] = 0.0f;
    }
    for (uint32_t tree = 0; tree < forest->n_roots;) {
        const uint32_t n = forest_walk(forest, tree, features, leaves);
        for (uint32_t i = 0; i < n; i++) {
            if (soft) {
                const uint8_t *row = (const uint8_t *)forest->leaves + (size_t)leaves[i] * n_classes;
                for (uint32_t k = 0; k < n_classes; k++) {
                    out[k] += (float)row[k];
                }
            } else {
                out[leaves[i]] += 1.0f;
            }
        }
        tree += n;
    }
    const float whole = (float)forest->n_roots * (soft ? 255.0f : 1.0f);
    for (uint32_t i = 0; i < n_classes; i++) {
        out[i] /= whole;
    }
}

static inline float forest_regress(const forest_t *forest, const int16_t *features) {
    uint32_t leaves[FOREST_MAX_LANES];
    double sum = 0.0;
    for (uint32_t tree = 0; tree < forest->n_roots;) {
        const uint32_t n = forest_walk(forest, tree, features, leaves);
        for (uint32_t i = 0; i < n; i++) {
            sum += (double)((const float *)forest->leaves)[leaves[i]];
        }
        tree += n;
    }
    return (float)(sum / (double)forest->n_roots);
}

// Evaluates a checked forest on n_features features. Fills forest_outputs() values: each class's
// share of the votes, or the mean of the trees' values.
static inline void forest_predict(const forest_t *forest, const int16_t *features, float *out) {
    if (forest->kind == FOREST_REGRESSION) {
        out[0] = forest_regress(forest, features);
    } else if (forest_is_packed(forest)) {
        forest_shares_packed(forest, features, out);
    } else {
        forest_vote(forest, features, out);
    }
}

// The class with the largest share of the votes, the first of equals.
static inline uint32_t forest_classify(const forest_t *forest, const int16_t *features) {
    if (forest_is_packed(forest)) {
        return forest_classify_packed(forest, features);
    }
    float shares[FOREST_MAX_CLASSES];
    forest_predict(forest, features, shares);
    uint32_t best = 0;
    for (uint32_t i = 1; i < forest->n_classes; i++) {
        best = shares[i] > shares[best] ? i : best;
    }
    return best;
}

#endif
