// SPDX-License-Identifier: MIT
// emlearn_iir_q15: emlearn-micropython's cascade of second-order sections (SOS) on int16 arrays.

#include "natmod.h"
#include "cascade_q15.h"

#define N_COEFFICIENTS 6
#define MAX_SECTIONS 64

typedef struct {
    mp_obj_base_t base;
    size_t n_sections;
    q15_section_t sections[];
} filter_t;

NATMOD_DECLARE_CLASS(emlearn_iir_q15_filter_type);

static size_t get_n_sections(size_t n_values) {
    const size_t n_sections = n_values / N_COEFFICIENTS;
    if (n_sections == 0 || n_sections > MAX_SECTIONS || n_values % N_COEFFICIENTS != 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("filter coefficients must be 6 per section, 1 to 64 sections"));
    }
    return n_sections;
}

static int16_t *get_int16s(mp_obj_t obj, mp_buffer_info_t *buffer, mp_uint_t flags) {
    mp_get_buffer_raise(obj, buffer, flags);
    if (buffer->typecode != 'h') {
        mp_raise_ValueError(MP_ERROR_TEXT("expecting int16 array"));
    }
    return buffer->buf;
}

// convert_coefficients(coefficients, scale=8192): converts an array('f') of scipy's SOS, b0 b1 b2 a0 a1
// a2 of each section, to new()'s array('h'), b0 0 b1 b2 -a1 -a2 times 8192 (Q13, from -4 to 4).
// ValueError for other types and lengths, an a0 of 0, and a coefficient out of that range. Upstream
// truncates, and scales by 8191, which moves the poles; this rounds, and any a0 divides its section.
// `scale` allows upstream's 8191.
static mp_obj_t convert_coefficients(size_t n_args, const mp_obj_t *args) {
    // Before the buffer: a number's __float__() may resize the array.
    const float scale = n_args > 1 ? mp_obj_get_float_to_f(args[1]) : (float)Q15_ONE;
    mp_buffer_info_t in, out;
    const size_t n_values = natmod_get_floats(args[0], &in, MP_BUFFER_READ);
    const size_t n_sections = get_n_sections(n_values);
    mp_obj_t made = natmod_new_array(MP_QSTR_array, MP_QSTR_h, n_values, sizeof(int16_t), &out);
    const float *c = in.buf;
    int16_t *q = out.buf;
    for (size_t i = 0; i < n_sections; i++, c += N_COEFFICIENTS, q += N_COEFFICIENTS) {
        const float factor = scale / c[3];
        if (!(q15_round(c[0] * factor, &q[0]) && q15_round(c[1] * factor, &q[2]) &&
              q15_round(c[2] * factor, &q[3]) && q15_round(-c[4] * factor, &q[4]) &&
              q15_round(-c[5] * factor, &q[5]))) {
            mp_raise_ValueError(MP_ERROR_TEXT("filter coefficients must be within -4 and 4 times a0"));
        }
    }
    return made;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(convert_coefficients_obj, 1, 2, convert_coefficients);

// new(coefficients): a filter at rest; `coefficients` is an array('h') from convert_coefficients(),
// for 1 to 64 sections. ValueError for other types and lengths, and if a second number of six is not 0.
static mp_obj_t filter_new(mp_obj_t coefficients_obj) {
    mp_buffer_info_t buffer;
    const int16_t *values = get_int16s(coefficients_obj, &buffer, MP_BUFFER_READ);
    const size_t n_sections = get_n_sections(buffer.len / sizeof(int16_t));
    for (size_t i = 0; i < n_sections; i++) {
        if (values[i * N_COEFFICIENTS + 1] != 0) {
            mp_raise_ValueError(MP_ERROR_TEXT("coefficients must be b0 0 b1 b2 -a1 -a2"));
        }
    }
    filter_t *self = mp_obj_malloc_var(filter_t, sections, q15_section_t, n_sections,
                                       (mp_obj_type_t *)&emlearn_iir_q15_filter_type);
    self->n_sections = n_sections;
    for (size_t i = 0; i < n_sections; i++) {
        q15_init(&self->sections[i], values + i * N_COEFFICIENTS);
    }
    return MP_OBJ_FROM_PTR(self);
}
static MP_DEFINE_CONST_FUN_OBJ_1(filter_new_obj, filter_new);

// filter.run(values): filters an array('h') in place, rounding and saturating after each section; the
// state carries over to the next call. ValueError for another type.
static mp_obj_t filter_run(mp_obj_t self_obj, mp_obj_t values_obj) {
    filter_t *self = MP_OBJ_TO_PTR(self_obj);
    mp_buffer_info_t buffer;
    int16_t *values = get_int16s(values_obj, &buffer, MP_BUFFER_RW);
    for (size_t i = 0; i < self->n_sections; i++) {
        q15_run(&self->sections[i], values, buffer.len / sizeof(int16_t));
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(filter_run_obj, filter_run);

#define METHODS(X) X(MP_QSTR_run, filter_run_obj)
NATMOD_CLASS(emlearn_iir_q15_filter_type, MP_QSTR_emliirq15, METHODS)

#define FUNCTIONS(X)                                                                                         \
    X(MP_QSTR_convert_coefficients, convert_coefficients_obj)                                                \
    X(MP_QSTR_new, filter_new_obj)
NATMOD_MODULE(emlearn_iir_q15, FUNCTIONS, NATMOD_USE(emlearn_iir_q15_filter_type))
