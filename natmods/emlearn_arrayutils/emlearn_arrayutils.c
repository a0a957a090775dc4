// SPDX-License-Identifier: MIT
// emlearn_arrayutils: emlearn-micropython's linear_map().

#include "natmod.h"

// The size of linear_map()'s array types: int8, uint8, int16 and float32; 0 for others.
static size_t element_size(char typecode) {
    return typecode == 'b' || typecode == 'B' ? 1 : typecode == 'h' ? 2 : typecode == 'f' ? 4 : 0;
}

static float clamp(float value, float low, float high) {
    return !(value >= low) ? low : value > high ? high : value; // NaN becomes low
}

static float load(const void *values, char typecode, size_t i) {
    switch (typecode) {
        case 'b':
            return (float)((const int8_t *)values)[i];
        case 'B':
            return (float)((const uint8_t *)values)[i];
        case 'h':
            return (float)((const int16_t *)values)[i];
        default:
            return ((const float *)values)[i];
    }
}

// Stores to an integer type round to nearest and saturate: a plain cast out of range is undefined.
static void store(void *values, char typecode, size_t i, float value) {
    const float rounded = value < 0.0f ? value - 0.5f : value + 0.5f;
    switch (typecode) {
        case 'b':
            ((int8_t *)values)[i] = (int8_t)clamp(rounded, -128.0f, 127.0f);
            break;
        case 'B':
            ((uint8_t *)values)[i] = (uint8_t)clamp(rounded, 0.0f, 255.0f);
            break;
        case 'h':
            ((int16_t *)values)[i] = (int16_t)clamp(rounded, -32768.0f, 32767.0f);
            break;
        default:
            ((float *)values)[i] = value;
            break;
    }
}

// linear_map(in, out, in_min, in_max, out_min, out_max): maps each element of `in` linearly from
// [in_min, in_max] to [out_min, out_max] into `out`, clamped to that range. Arrays have type 'b', 'B',
// 'h' or 'f' (bytes are 'B'), in any combination, and equal length; `out` may be `in`. Integers are
// rounded and saturate; NaN becomes the lower end. ValueError for other types and lengths, and for a
// range that is empty or not finite.
static mp_obj_t linear_map(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    mp_buffer_info_t in, out;
    mp_get_buffer_raise(args[0], &in, MP_BUFFER_READ);
    mp_get_buffer_raise(args[1], &out, MP_BUFFER_WRITE);
    const float in_min = mp_obj_get_float_to_f(args[2]);
    const float in_max = mp_obj_get_float_to_f(args[3]);
    const float out_min = mp_obj_get_float_to_f(args[4]);
    const float out_max = mp_obj_get_float_to_f(args[5]);

    const char in_type = natmod_is_bytes(&in) ? 'B' : (char)in.typecode;
    const char out_type = natmod_is_bytes(&out) ? 'B' : (char)out.typecode;
    if (element_size(in_type) == 0 || element_size(out_type) == 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("unsupported array typecode"));
    }
    const size_t length = in.len / element_size(in_type);
    if (length != out.len / element_size(out_type)) {
        mp_raise_ValueError(MP_ERROR_TEXT("length mismatch"));
    }
    const float scale = (out_max - out_min) / (in_max - in_min);
    const float doubt = (in_max - in_max) + (scale - scale) + (in_min - in_min) + (out_min - out_min);
    if (doubt != 0.0f) { // NaN, if one of them is not finite
        mp_raise_ValueError(MP_ERROR_TEXT("range is empty or not finite"));
    }
    const float low = out_min < out_max ? out_min : out_max;
    const float high = out_min < out_max ? out_max : out_min;
    for (size_t i = 0; i < length; i++) {
        const float mapped = (load(in.buf, in_type, i) - in_min) * scale + out_min;
        store(out.buf, out_type, i, clamp(mapped, low, high));
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(linear_map_obj, 6, 6, linear_map);

#define FUNCTIONS(X) X(MP_QSTR_linear_map, linear_map_obj)
NATMOD_MODULE(emlearn_arrayutils, FUNCTIONS, )
