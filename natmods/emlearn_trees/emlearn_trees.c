// SPDX-License-Identifier: MIT
// emlearn_trees: emlearn-micropython's forests of decision trees, for classes and for regression.
// The maths is in forest*.h, this is its Python API; loading and saving are in model_files.h.

#include "natmod.h"

// Memory of the garbage collector; raises MemoryError if there is none left.
#define FOREST_RENEW(pointer, old_size, new_size) ((void *)m_renew(uint8_t, pointer, old_size, new_size))
#define FOREST_FREE(pointer, size) m_del(uint8_t, pointer, size)

#include "forest.h"
#include "forest_build.h"
#include "forest_predict.h"

typedef struct {
    mp_obj_base_t base;
    forest_builder_t builder;
    forest_t forest; // valid if is_ready
    bool is_ready;
    // The memory of the forest's arrays, if it is not the builder's
    const void *memory;
    mp_obj_t owner;
} model_t;

NATMOD_DECLARE_CLASS(emlearn_trees_model_type);

static model_t *get_model(mp_obj_t obj) {
    if (!mp_obj_is_obj(obj) || mp_obj_get_type(obj) != (mp_obj_type_t *)&emlearn_trees_model_type) {
        mp_raise_TypeError(MP_ERROR_TEXT("expecting a model"));
    }
    return MP_OBJ_TO_PTR(obj);
}

// In a .mpy mp_obj_get_int() returns an unsigned number.
static mp_int_t get_int(mp_obj_t obj) {
    return (mp_int_t)mp_obj_get_int(obj);
}

static void raise_if(const char *error) {
    if (error != NULL) {
        size_t length = 0;
        while (error[length] != '\0') {
            length++;
        }
        mp_raise_type_arg(&mp_type_ValueError, mp_obj_new_str(error, length));
    }
}

// The forest, which this completes. ValueError if it is invalid.
static const forest_t *get_forest(model_t *self) {
    if (!self->is_ready) {
        raise_if(forest_builder_finish(&self->builder, &self->forest));
        self->is_ready = true;
    }
    return &self->forest;
}

#include "model_files.h"

// new(trees, nodes, leaves): an empty model for at most that many, in upstream's order. It allocates
// memory only for what is added. new() has no limits but memory. ValueError if one is negative.
static mp_obj_t model_new(size_t n_args, const mp_obj_t *args) {
    uint32_t limits[3] = { FOREST_MAX_PIECES, FOREST_MAX_PIECES, FOREST_MAX_PIECES };
    if (n_args != 0 && n_args != 3) {
        mp_raise_TypeError(MP_ERROR_TEXT("expecting new(trees, nodes, leaves) or new()"));
    }
    for (size_t i = 0; i < n_args; i++) {
        const mp_int_t limit = get_int(args[i]);
        if (limit < 0) {
            mp_raise_ValueError(MP_ERROR_TEXT("a limit is negative"));
        }
        limits[i] = limit < (mp_int_t)FOREST_MAX_PIECES ? (uint32_t)limit : FOREST_MAX_PIECES;
    }
    model_t *self = mp_obj_malloc(model_t, (mp_obj_type_t *)&emlearn_trees_model_type);
    forest_builder_start(&self->builder, limits[0], limits[1], limits[2]);
    self->is_ready = false;
    self->memory = NULL;
    self->owner = MP_OBJ_NULL;
    return MP_OBJ_FROM_PTR(self);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(model_new_obj, 0, 3, model_new);

// To be called after all numbers are taken: their __int__() may complete the model.
static forest_builder_t *get_builder(mp_obj_t self_obj) {
    model_t *self = MP_OBJ_TO_PTR(self_obj);
    if (self->is_ready) {
        mp_raise_ValueError(MP_ERROR_TEXT("the model is complete"));
    }
    return &self->builder;
}

// model.setdata(n_features, n_classes, leaf_bits): sets the forest's dimensions, before its leaves.
// 1 to 65536 features, 1 to 255 classes or 0 for regression. Leaf bits: 0 for hard voting, 1 to 8
// for soft, 32 for regression. Returns the model. ValueError for other values.
static mp_obj_t model_setdata(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    const mp_int_t n_features = get_int(args[1]), n_classes = get_int(args[2]), leaf_bits = get_int(args[3]);
    raise_if(forest_builder_set_data(get_builder(args[0]), n_features, n_classes, leaf_bits));
    return args[0];
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(model_setdata_obj, 4, 4, model_setdata);

// model.addroot(node): adds a tree that starts at that node; nodes count from 0 in the order of
// addnode(). ValueError beyond the limit of new(). Pieces may be added in any order: the first call of
// predict() or classify() checks whether they fit together and completes the model, after which adding
// raises ValueError.
static mp_obj_t model_addroot(mp_obj_t self_obj, mp_obj_t root_obj) {
    const mp_int_t root = get_int(root_obj);
    raise_if(forest_builder_add_root(get_builder(self_obj), root));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(model_addroot_obj, model_addroot);

// model.addnode(left, right, feature, value): adds a node. A feature less than `value` goes to the left
// child, others to the right. A child is a number of nodes forward from this one, or if negative a
// leaf, -1 the first. ValueError beyond the limit of new(), for child 0 or a feature out of range.
static mp_obj_t model_addnode(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    const mp_int_t left = get_int(args[1]), right = get_int(args[2]), feature = get_int(args[3]);
    const mp_int_t value = get_int(args[4]);
    raise_if(forest_builder_add_node(get_builder(args[0]), left, right, feature,
                                     value > INT16_MIN ? value - 1 : INT16_MIN - 1));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(model_addnode_obj, 5, 5, model_addnode);

// model.addleaf(value): adds a leaf, after setdata(). Hard voting: a class, 0 to n_classes - 1. Soft
// voting: bytes, the proportion of each class, 255 is all. Regression: a number. ValueError beyond the
// limit of new() or for other values.
static mp_obj_t model_addleaf(mp_obj_t self_obj, mp_obj_t leaf_obj) {
    forest_builder_t *builder = get_builder(self_obj);
    const char *error;
    if (builder->has_data && builder->kind == FOREST_SOFT) {
        mp_buffer_info_t row;
        mp_get_buffer_raise(leaf_obj, &row, MP_BUFFER_READ);
        if (!natmod_is_bytes(&row) || row.len != builder->n_classes) {
            mp_raise_ValueError(MP_ERROR_TEXT("a leaf is a byte for each class"));
        }
        uint8_t *leaf = forest_builder_new_leaf(builder, FOREST_SOFT, &error);
        for (size_t i = 0; leaf != NULL && i < row.len; i++) {
            leaf[i] = ((const uint8_t *)row.buf)[i];
        }
    } else if (builder->has_data && builder->kind == FOREST_REGRESSION) {
        const float value = mp_obj_get_float_to_f(leaf_obj);
        error = forest_builder_add_value(get_builder(self_obj), value);
    } else {
        const mp_int_t class_number = get_int(leaf_obj);
        error = forest_builder_add_class(get_builder(self_obj), class_number);
    }
    raise_if(error);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(model_addleaf_obj, model_addleaf);

// model.outputs(): the number of floats from predict(): the number of classes, 1 for regression.
// ValueError if that is not set yet.
static mp_obj_t model_outputs(mp_obj_t self_obj) {
    model_t *self = MP_OBJ_TO_PTR(self_obj);
    if (self->is_ready) {
        return MP_OBJ_NEW_SMALL_INT(forest_outputs(&self->forest));
    }
    if (!self->builder.has_data) {
        mp_raise_ValueError(MP_ERROR_TEXT("model not loaded"));
    }
    return MP_OBJ_NEW_SMALL_INT(self->builder.n_classes > 0 ? self->builder.n_classes : 1);
}
static MP_DEFINE_CONST_FUN_OBJ_1(model_outputs_obj, model_outputs);

static const int16_t *get_features(const forest_t *forest, mp_obj_t features_obj) {
    mp_buffer_info_t features;
    mp_get_buffer_raise(features_obj, &features, MP_BUFFER_READ);
    if (features.typecode != 'h') {
        mp_raise_ValueError(MP_ERROR_TEXT("expecting int16 (h) array"));
    }
    if (features.len != forest->n_features * sizeof(int16_t)) {
        mp_raise_ValueError(MP_ERROR_TEXT("not the model's number of features"));
    }
    return features.buf;
}

// model.predict(features, out): evaluates the forest on an array('h') of its features. Fills `out`,
// an array('f') of outputs(): each class's share of the votes, for regression the mean of the
// trees' values. ValueError for other typecodes or lengths, or if the model is not complete.
static mp_obj_t model_predict(mp_obj_t self_obj, mp_obj_t features_obj, mp_obj_t out_obj) {
    const forest_t *forest = get_forest(MP_OBJ_TO_PTR(self_obj));
    const int16_t *features = get_features(forest, features_obj);
    mp_buffer_info_t out;
    if (natmod_get_floats(out_obj, &out, MP_BUFFER_WRITE) != forest_outputs(forest)) {
        mp_raise_ValueError(MP_ERROR_TEXT("out is not outputs() floats"));
    }
    forest_predict(forest, features, out.buf);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(model_predict_obj, model_predict);

// model.classify(features): the number of the class with the largest share of the votes, the first of
// equals: the argmax of predict(). ValueError as there, and for regression.
static mp_obj_t model_classify(mp_obj_t self_obj, mp_obj_t features_obj) {
    const forest_t *forest = get_forest(MP_OBJ_TO_PTR(self_obj));
    const int16_t *features = get_features(forest, features_obj);
    if (forest->kind == FOREST_REGRESSION) {
        mp_raise_ValueError(MP_ERROR_TEXT("regression has no classes"));
    }
    return MP_OBJ_NEW_SMALL_INT(forest_classify(forest, features));
}
static MP_DEFINE_CONST_FUN_OBJ_2(model_classify_obj, model_classify);

#define METHODS(X)                                                                                           \
    X(MP_QSTR_setdata, model_setdata_obj)                                                                    \
    X(MP_QSTR_addroot, model_addroot_obj)                                                                    \
    X(MP_QSTR_addnode, model_addnode_obj)                                                                    \
    X(MP_QSTR_addleaf, model_addleaf_obj)                                                                    \
    X(MP_QSTR_outputs, model_outputs_obj)                                                                    \
    X(MP_QSTR_predict, model_predict_obj)                                                                    \
    X(MP_QSTR_classify, model_classify_obj)
NATMOD_CLASS(emlearn_trees_model_type, MP_QSTR_emltrees, METHODS)

#define FUNCTIONS(X)                                                                                         \
    X(MP_QSTR_new, model_new_obj)                                                                            \
    X(MP_QSTR_load_model, load_model_obj)                                                                    \
    X(MP_QSTR_save_model, save_model_obj)
NATMOD_MODULE(emlearn_trees, FUNCTIONS, NATMOD_USE(emlearn_trees_model_type))
