// SPDX-License-Identifier: MIT
// emlearn_arrayutils: emlearn-micropython's linear_map(). The arithmetic is in linear_map.h.

#include "natmod.h"
#include "linear_map.h"

// linear_map(in, out, in_min, in_max, out_min, out_max): maps each element of `in` linearly from
// [in_min, in_max] to [out_min, out_max] into `out`, clamped to that range. Arrays have type 'b', 'B',
// 'h' or 'f' (bytes are 'B'), in any combination, and equal length; `out` may be `in`. Integers are
// rounded and saturate; NaN becomes the lower end. ValueError for other types and lengths, and for a
// range that is empty or not finite.
static mp_obj_t linear_map(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    // Before the buffers: a number's __float__() may resize an array.
    const map_range_t range = {
        mp_obj_get_float_to_f(args[2]),
        mp_obj_get_float_to_f(args[3]),
        mp_obj_get_float_to_f(args[4]),
        mp_obj_get_float_to_f(args[5]),
    };
    mp_buffer_info_t in, out;
    mp_get_buffer_raise(args[0], &in, MP_BUFFER_READ);
    mp_get_buffer_raise(args[1], &out, MP_BUFFER_WRITE);
    const char in_type = natmod_is_bytes(&in) ? 'B' : (char)in.typecode;
    const char out_type = natmod_is_bytes(&out) ? 'B' : (char)out.typecode;
    if (map_element_size(in_type) == 0 || map_element_size(out_type) == 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("unsupported array typecode"));
    }
    const size_t length = in.len / map_element_size(in_type);
    if (length != out.len / map_element_size(out_type)) {
        mp_raise_ValueError(MP_ERROR_TEXT("length mismatch"));
    }
    if (!map_range_ok(&range)) {
        mp_raise_ValueError(MP_ERROR_TEXT("range is empty or not finite"));
    }
    map_linear(in.buf, in_type, out.buf, out_type, length, &range);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(linear_map_obj, 6, 6, linear_map);

#define FUNCTIONS(X) X(MP_QSTR_linear_map, linear_map_obj)
NATMOD_MODULE(emlearn_arrayutils, FUNCTIONS, )
