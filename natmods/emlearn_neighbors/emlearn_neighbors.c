// SPDX-License-Identifier: MIT
// emlearn_neighbors: emlearn-micropython's k nearest neighbours of int16 vectors.

#include "natmod.h"
#include "neighbors.h"

#define MAX_SIZE 0x10000000 // bytes

typedef struct {
    mp_obj_base_t base;
    neighbors_t model;
    uint64_t memory[];
} model_t;

NATMOD_DECLARE_CLASS(emlearn_neighbors_model_type);

static size_t get_count(mp_obj_t obj, size_t most) {
    const mp_int_t count = mp_obj_get_int(obj);
    if (count < 1 || (size_t)count > most) {
        mp_raise_ValueError(
            MP_ERROR_TEXT("items must be 1 to 32767, features 1 to 65535, neighbors 1 to items"));
    }
    return (size_t)count;
}

// new(items, features, neighbors): an empty model with room for `items` of `features` numbers; the
// nearest `neighbors` vote. ValueError for numbers out of range. Takes 12 bytes an item and 2 for each
// of its features, 256 MiB at most.
static mp_obj_t model_new(mp_obj_t items_obj, mp_obj_t features_obj, mp_obj_t neighbors_obj) {
    const size_t items = get_count(items_obj, NEIGHBORS_MAX_ITEMS);
    const size_t features = get_count(features_obj, NEIGHBORS_MAX_FEATURES);
    const size_t neighbors = get_count(neighbors_obj, items);
    const uint64_t size = neighbors_size(items, features);
    if (size > MAX_SIZE) {
        mp_raise_ValueError(MP_ERROR_TEXT("model would be above 256 MiB"));
    }
    const size_t n_words = ((size_t)size + sizeof(uint64_t) - 1) / sizeof(uint64_t);
    model_t *self =
        mp_obj_malloc_var(model_t, memory, uint64_t, n_words, (mp_obj_type_t *)&emlearn_neighbors_model_type);
    neighbors_init(&self->model, items, features, neighbors, self->memory);
    return MP_OBJ_FROM_PTR(self);
}
static MP_DEFINE_CONST_FUN_OBJ_3(model_new_obj, model_new);

static int16_t *get_features(const model_t *self, mp_obj_t obj, mp_uint_t flags) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(obj, &buffer, flags);
    if (buffer.typecode != 'h') {
        mp_raise_ValueError(MP_ERROR_TEXT("expecting int16 array"));
    }
    if (buffer.len != self->model.n_features * sizeof(int16_t)) {
        mp_raise_ValueError(MP_ERROR_TEXT("wrong number of features"));
    }
    return buffer.buf;
}

// model.additem(features, label): adds an item, an array('h'), and returns its index. The label is an
// int16 (upstream: 0 to 9). ValueError for another type, length or label, and if the model is full.
static mp_obj_t model_additem(mp_obj_t self_obj, mp_obj_t features_obj, mp_obj_t label_obj) {
    model_t *self = MP_OBJ_TO_PTR(self_obj);
    // Before the buffer: a label's __int__() may resize the array.
    const mp_int_t label = mp_obj_get_int(label_obj);
    const int16_t *features = get_features(self, features_obj, MP_BUFFER_READ);
    if (label < INT16_MIN || label > INT16_MAX) {
        mp_raise_ValueError(MP_ERROR_TEXT("label must fit an int16"));
    }
    if (self->model.n_items == self->model.max_items) {
        mp_raise_ValueError(MP_ERROR_TEXT("model is full"));
    }
    return mp_obj_new_int_from_uint(neighbors_add(&self->model, features, (int16_t)label));
}
static MP_DEFINE_CONST_FUN_OBJ_3(model_additem_obj, model_additem);

// model.getitem(index, out): copies the features of an item into an array('h'). ValueError for another
// type or length, and if there is no such item.
static mp_obj_t model_getitem(mp_obj_t self_obj, mp_obj_t index_obj, mp_obj_t out_obj) {
    const model_t *self = MP_OBJ_TO_PTR(self_obj);
    const mp_int_t index = mp_obj_get_int(index_obj);
    int16_t *out = get_features(self, out_obj, MP_BUFFER_WRITE);
    if (index < 0 || (size_t)index >= self->model.n_items) {
        mp_raise_ValueError(MP_ERROR_TEXT("index out of range"));
    }
    const int16_t *item = self->model.data + (size_t)index * self->model.n_features;
    for (size_t i = 0; i < self->model.n_features; i++) {
        out[i] = item[i];
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(model_getitem_obj, model_getitem);

// model.predict(features): the most frequent label among the items nearest to an array('h'), the lowest
// if several are. Distances are Euclidean; of items at the same distance the first added is nearer.
// ValueError for another type or length, and if there are fewer items than neighbours.
static mp_obj_t model_predict(mp_obj_t self_obj, mp_obj_t features_obj) {
    model_t *self = MP_OBJ_TO_PTR(self_obj);
    const int16_t *features = get_features(self, features_obj, MP_BUFFER_READ);
    if (self->model.n_items < self->model.k) {
        mp_raise_ValueError(MP_ERROR_TEXT("fewer items than neighbors"));
    }
    return mp_obj_new_int(neighbors_predict(&self->model, features));
}
static MP_DEFINE_CONST_FUN_OBJ_2(model_predict_obj, model_predict);

// model.getresult(i): a tuple of index, distance (truncated to an integer) and label of the i-th nearest
// item of the last prediction. ValueError if there is none.
static mp_obj_t model_getresult(mp_obj_t self_obj, mp_obj_t index_obj) {
    const model_t *self = MP_OBJ_TO_PTR(self_obj);
    const mp_int_t index = mp_obj_get_int(index_obj);
    if (index < 0 || (size_t)index >= self->model.n_results) {
        mp_raise_ValueError(MP_ERROR_TEXT("index out of range"));
    }
    const size_t item = neighbors_result_index(&self->model, (size_t)index);
    mp_obj_t items[3] = {
        mp_obj_new_int_from_uint(item),
        mp_obj_new_int_from_uint(neighbors_result_distance(&self->model, (size_t)index)),
        mp_obj_new_int(self->model.labels[item]),
    };
    return mp_obj_new_tuple(3, items);
}
static MP_DEFINE_CONST_FUN_OBJ_2(model_getresult_obj, model_getresult);

#define METHODS(X)                                                                                           \
    X(MP_QSTR_additem, model_additem_obj)                                                                    \
    X(MP_QSTR_getitem, model_getitem_obj)                                                                    \
    X(MP_QSTR_predict, model_predict_obj)                                                                    \
    X(MP_QSTR_getresult, model_getresult_obj)
NATMOD_CLASS(emlearn_neighbors_model_type, MP_QSTR_emlneighbors, METHODS)

#define FUNCTIONS(X) X(MP_QSTR_new, model_new_obj)
NATMOD_MODULE(emlearn_neighbors, FUNCTIONS, NATMOD_USE(emlearn_neighbors_model_type))
