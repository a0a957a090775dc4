// SPDX-License-Identifier: MIT
// timebased: the 92 features of emlearn-micropython's human activity example, in C.

#include "natmod.h"
#include "timebased.h"

static timebased_window_t get_window(const mp_obj_t *axes, bool compat) {
    timebased_window_t window = { .compat = compat };
    for (int i = 0; i < TIMEBASED_N_AXES; i++) {
        mp_buffer_info_t buffer;
        mp_get_buffer_raise(axes[i], &buffer, MP_BUFFER_READ);
        if (buffer.typecode != 'h') {
            mp_raise_ValueError(MP_ERROR_TEXT("expecting int16 arrays"));
        }
        const size_t length = buffer.len / sizeof(int16_t);
        if (length < TIMEBASED_MIN_LENGTH || length > TIMEBASED_MAX_LENGTH) {
            mp_raise_ValueError(MP_ERROR_TEXT("window must be 4 to 2048 samples"));
        }
        if (i > 0 && length != window.length) {
            mp_raise_ValueError(MP_ERROR_TEXT("length mismatch"));
        }
        window.axes[i] = buffer.buf;
        window.length = length;
    }
    return window;
}

// calculate_features(x, y, z, out, compat=False): writes the 92 features of a window, three array('h')
// of one length from 4 to 2048, to `out`: an array('f') of 92, or an array('h') for a forest, truncated
// as in upstream, and saturated. ValueError for other types and lengths.
//
// For x, y and z: mean, max, min, median, 25 % and 75 % quantile, their distance, RMS, standard
// deviation, entropy. For the L1 norm and the squared L2 norm: mean, min, max, median, distance of the
// quantiles, RMS, standard deviation, entropy. Then the same for the jerk of each. Units are those of
// the samples, for the second norm their square, for the entropy nats (ten bins).
//
// With compat=True the features are upstream's, for forests trained on those: norms and jerks overflow
// in 16 bits, a jerk's last value is wrong, the standard deviation grows with the window, the entropy
// is 0, and values too large for an array('h') overflow too.
static mp_obj_t calculate_features(size_t n_args, const mp_obj_t *args) {
    const timebased_window_t window = get_window(args, n_args > 4 && mp_obj_is_true(args[4]));
    mp_buffer_info_t out;
    mp_get_buffer_raise(args[3], &out, MP_BUFFER_WRITE);
    const size_t element = out.typecode == 'f' ? sizeof(float) : out.typecode == 'h' ? sizeof(int16_t) : 0;
    if (element == 0 || out.len != TIMEBASED_N_FEATURES * element) {
        mp_raise_ValueError(MP_ERROR_TEXT("out must be an array of 92 floats or int16"));
    }
    float features[TIMEBASED_N_FEATURES];
    timebased_features(&window, features);
    for (int i = 0; i < TIMEBASED_N_FEATURES; i++) {
        if (out.typecode == 'f') {
            ((float *)out.buf)[i] = features[i];
        } else {
            ((int16_t *)out.buf)[i] = timebased_to_int16(features[i], window.compat);
        }
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(calculate_features_obj, 4, 5, calculate_features);

// calculate_features_xyz((x, y, z), compat=False): upstream's call, returns a new list of the 92
// features as floats. Unlike upstream's it does not change the window.
static mp_obj_t calculate_features_xyz(size_t n_args, const mp_obj_t *args) {
    size_t n_axes;
    mp_obj_t *axes;
    mp_obj_get_array(args[0], &n_axes, &axes);
    if (n_axes != TIMEBASED_N_AXES) {
        mp_raise_ValueError(MP_ERROR_TEXT("expecting x, y and z"));
    }
    const timebased_window_t window = get_window(axes, n_args > 1 && mp_obj_is_true(args[1]));
    float features[TIMEBASED_N_FEATURES];
    timebased_features(&window, features);
    mp_obj_t list = mp_obj_new_list(0, NULL);
    for (int i = 0; i < TIMEBASED_N_FEATURES; i++) {
        mp_obj_list_append(list, mp_obj_new_float_from_f(features[i]));
    }
    return list;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(calculate_features_xyz_obj, 1, 2, calculate_features_xyz);

#define FUNCTIONS(X)                                                                                         \
    X(MP_QSTR_calculate_features, calculate_features_obj)                                                    \
    X(MP_QSTR_calculate_features_xyz, calculate_features_xyz_obj)
#define VALUES(X)                                                                                            \
    X(MP_QSTR_N_FEATURES, MP_OBJ_NEW_SMALL_INT(TIMEBASED_N_FEATURES))                                        \
    X(MP_QSTR_DATA_TYPECODE, MP_OBJ_NEW_QSTR(MP_QSTR_h))
NATMOD_MODULE_WITH(timebased, FUNCTIONS, VALUES, )
