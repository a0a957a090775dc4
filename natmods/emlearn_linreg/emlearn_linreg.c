// SPDX-License-Identifier: MIT
// emlearn_linreg: emlearn-micropython's linear regression with an elastic net penalty.

#include "natmod.h"
#include "linreg.h"

#define MAX_FEATURES 65535
#define MAX_STEPS 0x3fffffff

typedef struct {
    mp_obj_base_t base;
    linreg_t model;
    double memory[];
} model_t;

NATMOD_DECLARE_CLASS(emlearn_linreg_model_type);

static float get_number(mp_obj_t obj, float least, float most) {
    const float number = mp_obj_get_float_to_f(obj);
    if (!(number >= least && number <= most)) {
        mp_raise_ValueError(MP_ERROR_TEXT("number out of range"));
    }
    return number;
}

static float *get_finite(mp_obj_t obj, size_t *n) {
    mp_buffer_info_t buffer;
    *n = natmod_get_floats(obj, &buffer, MP_BUFFER_READ);
    if (!linreg_is_finite(buffer.buf, *n)) {
        mp_raise_ValueError(MP_ERROR_TEXT("a value is NaN or infinite"));
    }
    return buffer.buf;
}

typedef struct {
    const float *x, *y;
    size_t n;
} samples_t;

static samples_t get_samples(const model_t *self, mp_obj_t x_obj, mp_obj_t y_obj) {
    samples_t samples;
    size_t n_x;
    samples.x = get_finite(x_obj, &n_x);
    samples.y = get_finite(y_obj, &samples.n);
    const size_t n_features = self->model.n_features;
    if (samples.n == 0 || n_x % n_features != 0 || n_x / n_features != samples.n) {
        mp_raise_ValueError(MP_ERROR_TEXT("X and y dimensions don't match"));
    }
    return samples;
}

// new(n_features, alpha, l1_ratio, learning_rate): a model of 1 to 65535 features, weights and bias 0.
// `alpha` (from 0) is the strength of the penalty, `l1_ratio` (0 to 1) the part of it that is L1, as in
// scikit-learn's ElasticNet. ValueError for numbers out of range. Takes 12 bytes a feature.
static mp_obj_t model_new(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    const mp_int_t n_features = mp_obj_get_int(args[0]);
    if (n_features < 1 || n_features > MAX_FEATURES) {
        mp_raise_ValueError(MP_ERROR_TEXT("features must be 1 to 65535"));
    }
    const size_t n = (size_t)n_features;
    const float alpha = get_number(args[1], 0.0f, 1e30f), l1_ratio = get_number(args[2], 0.0f, 1.0f);
    const float learning_rate = get_number(args[3], 0.0f, 1e30f);
    model_t *self = mp_obj_malloc_var(model_t, memory, double, n + (n + 1) / 2,
                                      (mp_obj_type_t *)&emlearn_linreg_model_type);
    self->model = (linreg_t){
        .n_features = n,
        .alpha = alpha,
        .l1_ratio = l1_ratio,
        .learning_rate = learning_rate,
        .weights = (float *)(self->memory + n),
        .gradients = self->memory,
    };
    for (size_t i = 0; i < n; i++) {
        self->model.weights[i] = 0.0f;
    }
    return MP_OBJ_FROM_PTR(self);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(model_new_obj, 4, 4, model_new);

// model.step(X, y): one step of gradient descent on samples, array('f') of n x n_features and of n.
// ValueError for other types and lengths, no samples, and NaN or infinity.
static mp_obj_t model_step(mp_obj_t self_obj, mp_obj_t x_obj, mp_obj_t y_obj) {
    model_t *self = MP_OBJ_TO_PTR(self_obj);
    const samples_t samples = get_samples(self, x_obj, y_obj);
    linreg_step(&self->model, samples.x, samples.y, samples.n);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(model_step_obj, model_step);

// model.predict(features): the prediction for an array('f') of n_features, a float. ValueError for
// another type or length, and NaN or infinity.
static mp_obj_t model_predict(mp_obj_t self_obj, mp_obj_t features_obj) {
    const model_t *self = MP_OBJ_TO_PTR(self_obj);
    size_t n;
    const float *features = get_finite(features_obj, &n);
    if (n != self->model.n_features) {
        mp_raise_ValueError(MP_ERROR_TEXT("wrong number of features"));
    }
    return mp_obj_new_float_from_f(linreg_predict(&self->model, features));
}
static MP_DEFINE_CONST_FUN_OBJ_2(model_predict_obj, model_predict);

// model.score_mse(X, y): the mean squared error of samples as in step(), a float. ValueError as there.
static mp_obj_t model_score_mse(mp_obj_t self_obj, mp_obj_t x_obj, mp_obj_t y_obj) {
    const model_t *self = MP_OBJ_TO_PTR(self_obj);
    const samples_t samples = get_samples(self, x_obj, y_obj);
    return mp_obj_new_float_from_d(linreg_mse(&self->model, samples.x, samples.y, samples.n));
}
static MP_DEFINE_CONST_FUN_OBJ_3(model_score_mse_obj, model_score_mse);

// model.get_weights(out): copies the weights into an array('f') of n_features; else ValueError.
static mp_obj_t model_get_weights(mp_obj_t self_obj, mp_obj_t out_obj) {
    const model_t *self = MP_OBJ_TO_PTR(self_obj);
    float *out = natmod_get_n_floats(out_obj, self->model.n_features, MP_BUFFER_WRITE);
    for (size_t i = 0; i < self->model.n_features; i++) {
        out[i] = self->model.weights[i];
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(model_get_weights_obj, model_get_weights);

// model.set_weights(weights): sets them from an array('f') of n_features; ValueError for another type
// or length, and NaN or infinity.
static mp_obj_t model_set_weights(mp_obj_t self_obj, mp_obj_t weights_obj) {
    model_t *self = MP_OBJ_TO_PTR(self_obj);
    size_t n;
    const float *weights = get_finite(weights_obj, &n);
    if (n != self->model.n_features) {
        mp_raise_ValueError(MP_ERROR_TEXT("wrong number of features"));
    }
    for (size_t i = 0; i < n; i++) {
        self->model.weights[i] = weights[i];
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(model_set_weights_obj, model_set_weights);

// model.get_bias(): a float.
static mp_obj_t model_get_bias(mp_obj_t self_obj) {
    const model_t *self = MP_OBJ_TO_PTR(self_obj);
    return mp_obj_new_float_from_f(self->model.bias);
}
static MP_DEFINE_CONST_FUN_OBJ_1(model_get_bias_obj, model_get_bias);

// model.set_bias(bias): a finite number, else ValueError.
static mp_obj_t model_set_bias(mp_obj_t self_obj, mp_obj_t bias_obj) {
    model_t *self = MP_OBJ_TO_PTR(self_obj);
    self->model.bias = get_number(bias_obj, -3.4e38f, 3.4e38f);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(model_set_bias_obj, model_set_bias);

// model.get_n_features(): an int.
static mp_obj_t model_get_n_features(mp_obj_t self_obj) {
    const model_t *self = MP_OBJ_TO_PTR(self_obj);
    return mp_obj_new_int_from_uint(self->model.n_features);
}
static MP_DEFINE_CONST_FUN_OBJ_1(model_get_n_features_obj, model_get_n_features);

static mp_int_t get_steps(mp_int_t steps) {
    if (steps < 1 || steps > MAX_STEPS) {
        mp_raise_ValueError(MP_ERROR_TEXT("max_iterations and check_interval must be 1 or more"));
    }
    return steps;
}

static double get_double(mp_obj_t obj, double otherwise) {
    return obj == MP_OBJ_NULL || obj == mp_const_none ? otherwise : mp_obj_get_float_to_d(obj);
}

// train(model, X_train, y_train, max_iterations=100, tolerance=1e-6, check_interval=10,
// divergence_factor=10.0, score_limit=None, verbose=0): steps until the mean squared error, computed
// every `check_interval` steps, changes by less than `tolerance`, is at most `score_limit`, or grows by
// `divergence_factor`. Returns a tuple of the number of the last step, from 0, and the last error
// (upstream: the one before); after divergence the last good one. verbose=1 prints how it ended.
// ValueError as from step(), TypeError if `model` is not from this module.
static mp_obj_t train(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    const mp_arg_t allowed[] = {
        { MP_QSTR_model, MP_ARG_REQUIRED | MP_ARG_OBJ, { .u_int = 0 } },
        { MP_QSTR_X_train, MP_ARG_REQUIRED | MP_ARG_OBJ, { .u_int = 0 } },
        { MP_QSTR_y_train, MP_ARG_REQUIRED | MP_ARG_OBJ, { .u_int = 0 } },
        { MP_QSTR_max_iterations, MP_ARG_INT, { .u_int = 100 } },
        { MP_QSTR_tolerance, MP_ARG_OBJ, { .u_int = 0 } },
        { MP_QSTR_check_interval, MP_ARG_INT, { .u_int = 10 } },
        { MP_QSTR_divergence_factor, MP_ARG_OBJ, { .u_int = 0 } },
        { MP_QSTR_score_limit, MP_ARG_OBJ, { .u_int = 0 } },
        { MP_QSTR_verbose, MP_ARG_INT, { .u_int = 0 } },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed), allowed, args);
    if (mp_obj_get_type(args[0].u_obj) != (mp_obj_type_t *)&emlearn_linreg_model_type) {
        mp_raise_TypeError(MP_ERROR_TEXT("expecting a model"));
    }
    model_t *self = MP_OBJ_TO_PTR(args[0].u_obj);
    linreg_training_t training = {
        .max_iterations = (uint32_t)get_steps(args[3].u_int),
        .check_interval = (uint32_t)get_steps(args[5].u_int),
        .tolerance = get_double(args[4].u_obj, 1e-6),
        .divergence_factor = get_double(args[6].u_obj, 10.0),
        .score_limit = get_double(args[7].u_obj, -1.0),
    };
    // After the numbers, whose __float__() may resize an array.
    const samples_t samples = get_samples(self, args[1].u_obj, args[2].u_obj);
    const uint32_t last = linreg_train(&self->model, samples.x, samples.y, samples.n, &training);
    if (args[8].u_int >= 1 && (training.converged || training.diverged)) {
        mp_printf(&mp_plat_print, "emlearn_linreg: %s at iteration %u\n",
                  training.converged ? "converged" : "diverged", (unsigned)last);
    }
    mp_obj_t items[2] = { mp_obj_new_int_from_uint(last), mp_obj_new_float_from_d(training.mse) };
    return mp_obj_new_tuple(2, items);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(train_obj, 1, train);

#define METHODS(X)                                                                                           \
    X(MP_QSTR_predict, model_predict_obj)                                                                    \
    X(MP_QSTR_step, model_step_obj)                                                                          \
    X(MP_QSTR_score_mse, model_score_mse_obj)                                                                \
    X(MP_QSTR_get_weights, model_get_weights_obj)                                                            \
    X(MP_QSTR_set_weights, model_set_weights_obj)                                                            \
    X(MP_QSTR_get_bias, model_get_bias_obj)                                                                  \
    X(MP_QSTR_set_bias, model_set_bias_obj)                                                                  \
    X(MP_QSTR_get_n_features, model_get_n_features_obj)
NATMOD_CLASS(emlearn_linreg_model_type, MP_QSTR_elasticnet, METHODS)

#define FUNCTIONS(X)                                                                                         \
    X(MP_QSTR_new, model_new_obj)                                                                            \
    X(MP_QSTR_train, train_obj)                                                                              \
    X(MP_QSTR_elasticnet, emlearn_linreg_model_type)
NATMOD_MODULE(emlearn_linreg, FUNCTIONS, NATMOD_USE(emlearn_linreg_model_type))
