// SPDX-License-Identifier: MIT
// The k nearest neighbours among int16 vectors, in plain C.
#ifndef SENSORD_NEIGHBORS_H
#define SENSORD_NEIGHBORS_H

#include <stddef.h>
#include <stdint.h>

#define NEIGHBORS_MAX_ITEMS 32767 // an index takes 16 bits of a sorted number
#define NEIGHBORS_MAX_FEATURES 65535 // so that a squared distance fits 48 bits
#define NEIGHBORS_INDEX_BITS 16

typedef struct {
    size_t n_features, max_items, k;
    size_t n_items, n_results;
    uint64_t *results; // of the last prediction, nearest first: squared distance, index
    int16_t *data, *labels, *votes;
} neighbors_t;

// Bytes that a model takes, at most 2^32 within the limits above.
static inline uint64_t neighbors_size(size_t max_items, size_t n_features) {
    const uint64_t of_item = sizeof(uint64_t) + 2 * sizeof(int16_t) + (uint64_t)n_features * sizeof(int16_t);
    return max_items * of_item;
}

// Prepares a model without items with `memory` of neighbors_size(), aligned to 8 bytes.
static inline void neighbors_init(neighbors_t *m, size_t max_items, size_t n_features, size_t k,
                                  void *memory) {
    *m = (neighbors_t){ .n_features = n_features, .max_items = max_items, .k = k };
    m->results = memory;
    m->labels = (int16_t *)(m->results + max_items);
    m->votes = m->labels + max_items;
    m->data = m->votes + max_items;
}

// Adds an item; there must be room. Returns its index.
static inline size_t neighbors_add(neighbors_t *m, const int16_t *features, int16_t label) {
    int16_t *item = m->data + m->n_items * m->n_features;
    for (size_t i = 0; i < m->n_features; i++) {
        item[i] = features[i];
    }
    m->labels[m->n_items] = label;
    return m->n_items++;
}

static inline uint64_t neighbors_distance(const int16_t *a, const int16_t *b, size_t n) {
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        const int32_t difference = (int32_t)a[i] - b[i];
        const uint32_t size = (uint32_t)(difference < 0 ? -difference : difference);
        sum += size * size; // 65535 squared fits 32 bits without a sign
    }
    return sum;
}

// The square root of a number below 2^48, truncated to an integer.
static inline uint32_t neighbors_root(uint64_t square) {
    uint64_t root = 0;
    for (uint64_t bit = (uint64_t)1 << 46; bit > 0; bit >>= 2) {
        const uint64_t trial = root + bit;
        root >>= 1;
        if (square >= trial) {
            square -= trial;
            root += bit;
        }
    }
    return (uint32_t)root;
}

// Shell's sort with Knuth's gaps: no recursion, no memory, no slow case that matters.
#define NEIGHBORS_SORT(type, values, n)                                                                      \
    size_t gap = 1;                                                                                          \
    while (gap < (n) / 3) {                                                                                  \
        gap = 3 * gap + 1;                                                                                   \
    }                                                                                                        \
    for (; gap > 0; gap /= 3) {                                                                              \
        for (size_t i = gap; i < (n); i++) {                                                                 \
            const type value = (values)[i];                                                                  \
            size_t at = i;                                                                                   \
            for (; at >= gap && (values)[at - gap] > value; at -= gap) {                                     \
                (values)[at] = (values)[at - gap];                                                           \
            }                                                                                                \
            (values)[at] = value;                                                                            \
        }                                                                                                    \
    }

static inline void neighbors_sort_results(uint64_t *results, size_t n) {
    NEIGHBORS_SORT(uint64_t, results, n)
}

static inline void neighbors_sort_votes(int16_t *votes, size_t n) {
    NEIGHBORS_SORT(int16_t, votes, n)
}

static inline size_t neighbors_result_index(const neighbors_t *m, size_t i) {
    return (size_t)(m->results[i] & ((1 << NEIGHBORS_INDEX_BITS) - 1));
}

static inline uint32_t neighbors_result_distance(const neighbors_t *m, size_t i) {
    return neighbors_root(m->results[i] >> NEIGHBORS_INDEX_BITS);
}

// The most frequent label of the k nearest items, the lowest if several are. There must be k items.
static inline int16_t neighbors_predict(neighbors_t *m, const int16_t *features) {
    for (size_t i = 0; i < m->n_items; i++) {
        const uint64_t distance = neighbors_distance(features, m->data + i * m->n_features, m->n_features);
        m->results[i] = distance << NEIGHBORS_INDEX_BITS | i;
    }
    m->n_results = m->n_items;
    neighbors_sort_results(m->results, m->n_results);
    for (size_t i = 0; i < m->k; i++) {
        m->votes[i] = m->labels[neighbors_result_index(m, i)];
    }
    neighbors_sort_votes(m->votes, m->k);
    int16_t elected = m->votes[0];
    size_t most = 0, run = 0;
    for (size_t i = 0; i < m->k; i++) {
        run = i > 0 && m->votes[i] == m->votes[i - 1] ? run + 1 : 1;
        if (run > most) {
            most = run;
            elected = m->votes[i];
        }
    }
    return elected;
}

#endif
