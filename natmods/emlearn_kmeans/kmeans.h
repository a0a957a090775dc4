// SPDX-License-Identifier: MIT
// K-means clustering of uint8 vectors, in plain C.
#ifndef SENSORD_KMEANS_H
#define SENSORD_KMEANS_H

#include <stddef.h>
#include <stdint.h>

#define KMEANS_MAX_FEATURES 65535 // so that a squared distance fits 32 bits
#define KMEANS_MAX_CLUSTERS 254 // assignments are uint8, and 255 means none
#define KMEANS_MAX_VALUES 0x1000000 // samples; a sum of so many fits 32 bits

// The index of the vector nearest to `point`, the first if several are, and its squared distance.
static inline size_t kmeans_nearest(const uint8_t *vectors, size_t n_vectors, const uint8_t *point,
                                    size_t n_features, uint32_t *distance) {
    size_t nearest = 0;
    *distance = UINT32_MAX;
    for (size_t i = 0; i < n_vectors; i++, vectors += n_features) {
        uint32_t sum = 0;
        for (size_t j = 0; j < n_features; j++) {
            const int32_t difference = (int32_t)point[j] - vectors[j];
            sum += (uint32_t)(difference * difference);
        }
        if (sum < *distance) {
            *distance = sum;
            nearest = i;
        }
    }
    return nearest;
}

// Assigns each sample to its nearest centroid. Returns how many assignments changed.
static inline size_t kmeans_assign(const uint8_t *values, size_t n_samples, const uint8_t *centroids,
                                   size_t n_clusters, size_t n_features, uint8_t *assignments) {
    size_t changes = 0;
    for (size_t i = 0; i < n_samples; i++, values += n_features) {
        uint32_t distance;
        const size_t cluster = kmeans_nearest(centroids, n_clusters, values, n_features, &distance);
        changes += assignments[i] != cluster;
        assignments[i] = (uint8_t)cluster;
    }
    return changes;
}

// Moves each centroid to the mean of its samples, truncated to an integer; one without samples stays.
// `sums` is scratch of n_features + 1 for each cluster. Assignments to no cluster are ignored.
static inline void kmeans_move(const uint8_t *values, size_t n_samples, uint8_t *centroids, size_t n_clusters,
                               size_t n_features, const uint8_t *assignments, uint32_t *sums) {
    uint32_t *counts = sums + n_clusters * n_features;
    for (size_t i = 0; i < n_clusters * (n_features + 1); i++) {
        sums[i] = 0;
    }
    for (size_t i = 0; i < n_samples; i++, values += n_features) {
        if (assignments[i] < n_clusters) {
            uint32_t *sum = sums + assignments[i] * n_features;
            for (size_t j = 0; j < n_features; j++) {
                sum[j] += values[j];
            }
            counts[assignments[i]]++;
        }
    }
    for (size_t i = 0; i < n_clusters; i++, sums += n_features, centroids += n_features) {
        for (size_t j = 0; counts[i] > 0 && j < n_features; j++) {
            centroids[j] = (uint8_t)(sums[j] / counts[i]);
        }
    }
}

#endif
