// SPDX-License-Identifier: MIT
// Any samples: neighbours, clusters and regression stay in their buffers, without undefined behaviour,
// and end.

#include "emlearn_kmeans/kmeans.h"
#include "emlearn_linreg/linreg.h"
#include "emlearn_neighbors/neighbors.h"

#include <stdlib.h>
#include <string.h>

// Memory of exactly that size, so that the sanitizer reports an access past its end.
static void *copy(const uint8_t *data, size_t size) {
    void *made = malloc(size > 0 ? size : 1);
    if (made == NULL) {
        abort();
    }
    memcpy(made, data, size);
    return made;
}

static void try_neighbors(const uint8_t *data, size_t size, size_t n_features, size_t k) {
    const size_t item_size = n_features * sizeof(int16_t), n_items = size / item_size;
    if (n_items < k) {
        return;
    }
    void *memory = malloc((size_t)neighbors_size(n_items, n_features));
    if (memory == NULL) {
        abort();
    }
    neighbors_t model;
    neighbors_init(&model, n_items, n_features, k, memory);
    int16_t *features = copy(data, item_size);
    for (size_t i = 0; i < n_items; i++) {
        memcpy(features, data + i * item_size, item_size);
        neighbors_add(&model, features, features[0]);
    }
    neighbors_predict(&model, features);
    for (size_t i = 0; i < model.n_results; i++) {
        const uint64_t square = model.results[i] >> NEIGHBORS_INDEX_BITS;
        const uint64_t root = neighbors_result_distance(&model, i);
        if (neighbors_result_index(&model, i) >= n_items || root * root > square ||
            (root + 1) * (root + 1) <= square) {
            abort();
        }
    }
    free(features);
    free(memory);
}

static void try_kmeans(const uint8_t *data, size_t size, size_t n_features, size_t n_clusters) {
    const size_t head = n_clusters * n_features;
    if (size < head) {
        return;
    }
    const size_t n_samples = (size - head) / n_features;
    uint8_t *centroids = copy(data, head), *values = copy(data + head, n_samples * n_features);
    uint8_t *assignments = copy(data, n_samples < size ? n_samples : size);
    uint32_t *sums = malloc(n_clusters * (n_features + 1) * sizeof(uint32_t));
    for (int round = 0; sums != NULL && round < 3; round++) {
        kmeans_move(values, n_samples, centroids, n_clusters, n_features, assignments, sums);
        kmeans_assign(values, n_samples, centroids, n_clusters, n_features, assignments);
    }
    free(sums);
    free(centroids);
    free(values);
    free(assignments);
}

static void try_linreg(const uint8_t *data, size_t size, size_t n_features) {
    float settings[4];
    if (size < sizeof(settings)) {
        return;
    }
    memcpy(settings, data, sizeof(settings));
    data += sizeof(settings);
    const size_t n = (size - sizeof(settings)) / sizeof(float) / (n_features + 1);
    if (n == 0) {
        return;
    }
    float *x = copy(data, n * n_features * sizeof(float));
    float *y = copy(data + n * n_features * sizeof(float), n * sizeof(float));
    float *weights = calloc(n_features, sizeof(float));
    double *gradients = calloc(n_features, sizeof(double));
    if (weights == NULL || gradients == NULL) {
        abort();
    }
    linreg_t model = {
        .n_features = n_features,
        .alpha = settings[0],
        .l1_ratio = settings[1],
        .learning_rate = settings[2],
        .weights = weights,
        .gradients = gradients,
    };
    linreg_training_t training = {
        .max_iterations = 20,
        .check_interval = 3,
        .tolerance = (double)settings[3],
        .divergence_factor = 10.0,
        .score_limit = -1.0,
    };
    linreg_train(&model, x, y, n, &training);
    linreg_is_finite(weights, n_features);
    free(gradients);
    free(weights);
    free(y);
    free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 3) {
        return 0;
    }
    const size_t what = data[0] % 3, n_features = 1 + data[1] % 32, count = 1 + data[2] % KMEANS_MAX_CLUSTERS;
    data += 3;
    size -= 3;
    if (what == 0) {
        try_neighbors(data, size, n_features, count);
    } else if (what == 1) {
        try_kmeans(data, size, n_features, count);
    } else {
        try_linreg(data, size, n_features);
    }
    return 0;
}
