// SPDX-License-Identifier: MIT
// emlearn_kmeans: emlearn-micropython's k-means clustering of uint8 vectors.

#include "natmod.h"
#include "kmeans.h"

#define MAX_ITER 10 // the default
#define NO_CLUSTER 255

// A run of cluster_iter(). Each step looks up the buffers again: a bytearray may have moved.
typedef struct {
    mp_obj_base_t base;
    mp_obj_t values, centroids, assignments;
    size_t n_features, n_clusters, n_samples;
    mp_int_t left, stop_changes;
    size_t changes;
    bool started;
    uint32_t sums[];
} clustering_t;

NATMOD_DECLARE_CLASS(emlearn_kmeans_clustering_type);

static uint8_t *get_bytes(mp_obj_t obj, size_t *length, mp_uint_t flags) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(obj, &buffer, flags);
    if (!natmod_is_bytes(&buffer)) {
        mp_raise_ValueError(MP_ERROR_TEXT("expecting uint8 array"));
    }
    *length = buffer.len;
    return buffer.buf;
}

// euclidean_argmin(vectors, point): a tuple of the index of the vector nearest to `point` and the square
// of its distance. Both are uint8: array('B'), bytes or bytearray. ValueError for another type, and if
// `vectors` is not one or more vectors of the length of `point`, at most 65535.
static mp_obj_t euclidean_argmin(mp_obj_t vectors_obj, mp_obj_t point_obj) {
    size_t length, n_features;
    const uint8_t *vectors = get_bytes(vectors_obj, &length, MP_BUFFER_READ);
    const uint8_t *point = get_bytes(point_obj, &n_features, MP_BUFFER_READ);
    if (n_features == 0 || n_features > KMEANS_MAX_FEATURES || length == 0 || length % n_features != 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("vectors must be one or more of the length of point"));
    }
    uint32_t distance;
    const size_t nearest = kmeans_nearest(vectors, length / n_features, point, n_features, &distance);
    mp_obj_t items[2] = { mp_obj_new_int_from_uint(nearest), mp_obj_new_int_from_uint(distance) };
    return mp_obj_new_tuple(2, items);
}
static MP_DEFINE_CONST_FUN_OBJ_2(euclidean_argmin_obj, euclidean_argmin);

static mp_obj_t clustering_next(mp_obj_t self_obj) {
    clustering_t *self = MP_OBJ_TO_PTR(self_obj);
    size_t n_values, n_centroids, n_assignments;
    const uint8_t *values = get_bytes(self->values, &n_values, MP_BUFFER_READ);
    uint8_t *centroids = get_bytes(self->centroids, &n_centroids, MP_BUFFER_RW);
    uint8_t *assignments = get_bytes(self->assignments, &n_assignments, MP_BUFFER_RW);
    const size_t n_features = self->n_features, n_clusters = self->n_clusters, n_samples = self->n_samples;
    if (n_values < n_samples * n_features || n_centroids < n_clusters * n_features ||
        n_assignments < n_samples) {
        mp_raise_ValueError(MP_ERROR_TEXT("an array has shrunk"));
    }
    if (self->started) {
        if (self->left == 0 || (mp_int_t)self->changes <= self->stop_changes) {
            return MP_OBJ_STOP_ITERATION;
        }
        kmeans_move(values, n_samples, centroids, n_clusters, n_features, assignments, self->sums);
    }
    if (self->left <= 0) {
        return MP_OBJ_STOP_ITERATION;
    }
    self->started = true;
    self->left--;
    self->changes = kmeans_assign(values, n_samples, centroids, n_clusters, n_features, assignments);
    return mp_obj_new_int_from_uint(self->changes);
}

static mp_obj_t clustering_new(mp_obj_t values_obj, mp_obj_t centroids_obj, mp_obj_t assignments_obj,
                               mp_int_t n_features, mp_int_t max_iter, mp_int_t stop_changes) {
    size_t n_values, n_centroids, n_samples;
    get_bytes(values_obj, &n_values, MP_BUFFER_READ);
    get_bytes(centroids_obj, &n_centroids, MP_BUFFER_RW);
    get_bytes(assignments_obj, &n_samples, MP_BUFFER_RW);
    if (n_features < 1 || n_features > KMEANS_MAX_FEATURES || n_values > KMEANS_MAX_VALUES ||
        n_values % (size_t)n_features != 0 || n_centroids % (size_t)n_features != 0) {
        mp_raise_ValueError(
            MP_ERROR_TEXT("values and centroids must be vectors of features, 16 MiB at most"));
    }
    const size_t n_clusters = n_centroids / (size_t)n_features;
    if (n_clusters < 1 || n_clusters > KMEANS_MAX_CLUSTERS) {
        mp_raise_ValueError(MP_ERROR_TEXT("there must be 1 to 254 centroids"));
    }
    if (n_samples != n_values / (size_t)n_features) {
        mp_raise_ValueError(MP_ERROR_TEXT("assignments must be one for each sample"));
    }
    clustering_t *self = mp_obj_malloc_var(clustering_t, sums, uint32_t, n_clusters *((size_t)n_features + 1),
                                           (mp_obj_type_t *)&emlearn_kmeans_clustering_type);
    self->values = values_obj;
    self->centroids = centroids_obj;
    self->assignments = assignments_obj;
    self->n_features = (size_t)n_features;
    self->n_clusters = n_clusters;
    self->n_samples = n_samples;
    self->left = max_iter;
    self->stop_changes = stop_changes;
    self->changes = 0;
    self->started = false;
    return MP_OBJ_FROM_PTR(self);
}

// cluster_iter(values, centroids, assignments, features, max_iter=10, stop_changes=0): clusters by
// k-means. It is an iterator: each step does one round and yields how many assignments changed. It ends
// after `max_iter` rounds, or after a round with at most `stop_changes` changes.
//
//   values: the samples, `features` uint8 each
//   centroids: the initial ones, 1 to 254 of `features`; each round moves them
//   assignments: one uint8 a sample, the index of its cluster
//
// uint8 are array('B') or bytearray. ValueError for other types and lengths.
static mp_obj_t cluster_iter(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    const mp_arg_t allowed[] = {
        { MP_QSTR_values, MP_ARG_REQUIRED | MP_ARG_OBJ, { .u_int = 0 } },
        { MP_QSTR_centroids, MP_ARG_REQUIRED | MP_ARG_OBJ, { .u_int = 0 } },
        { MP_QSTR_assignments, MP_ARG_REQUIRED | MP_ARG_OBJ, { .u_int = 0 } },
        { MP_QSTR_features, MP_ARG_REQUIRED | MP_ARG_INT, { .u_int = 0 } },
        { MP_QSTR_max_iter, MP_ARG_INT, { .u_int = MAX_ITER } },
        { MP_QSTR_stop_changes, MP_ARG_INT, { .u_int = 0 } },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed), allowed, args);
    return clustering_new(args[0].u_obj, args[1].u_obj, args[2].u_obj, args[3].u_int, args[4].u_int,
                          args[5].u_int);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(cluster_iter_obj, 1, cluster_iter);

// cluster(values, centroids, features, max_iter=10, stop_changes=0): runs cluster_iter() to its end and
// returns the assignments, a new array('B').
static mp_obj_t cluster(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    const mp_arg_t allowed[] = {
        { MP_QSTR_values, MP_ARG_REQUIRED | MP_ARG_OBJ, { .u_int = 0 } },
        { MP_QSTR_centroids, MP_ARG_REQUIRED | MP_ARG_OBJ, { .u_int = 0 } },
        { MP_QSTR_features, MP_ARG_REQUIRED | MP_ARG_INT, { .u_int = 0 } },
        { MP_QSTR_max_iter, MP_ARG_INT, { .u_int = MAX_ITER } },
        { MP_QSTR_stop_changes, MP_ARG_INT, { .u_int = 0 } },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed), allowed, args);
    size_t n_values;
    get_bytes(args[0].u_obj, &n_values, MP_BUFFER_READ);
    if (args[2].u_int < 1 || args[2].u_int > KMEANS_MAX_FEATURES) {
        mp_raise_ValueError(MP_ERROR_TEXT("features must be 1 to 65535"));
    }
    mp_buffer_info_t made;
    mp_obj_t assignments =
        natmod_new_array(MP_QSTR_array, MP_QSTR_B, n_values / (size_t)args[2].u_int, 1, &made);
    for (size_t i = 0; i < made.len; i++) {
        ((uint8_t *)made.buf)[i] = NO_CLUSTER;
    }
    mp_obj_t clustering = clustering_new(args[0].u_obj, args[1].u_obj, assignments, args[2].u_int,
                                         args[3].u_int, args[4].u_int);
    while (clustering_next(clustering) != MP_OBJ_STOP_ITERATION) {
    }
    return assignments;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(cluster_obj, 1, cluster);

NATMOD_ITERATOR_CLASS(emlearn_kmeans_clustering_type, MP_QSTR_clustering, clustering_next)

#define FUNCTIONS(X)                                                                                         \
    X(MP_QSTR_euclidean_argmin, euclidean_argmin_obj)                                                        \
    X(MP_QSTR_cluster_iter, cluster_iter_obj)                                                                \
    X(MP_QSTR_cluster, cluster_obj)
NATMOD_MODULE(emlearn_kmeans, FUNCTIONS, NATMOD_USE(emlearn_kmeans_clustering_type))
