// SPDX-License-Identifier: MIT
// emlearn_iir: emlearn-micropython's cascade of second-order sections (SOS) on float arrays.

#include "natmod.h"
#include "sos.h"

#define N_COEFFICIENTS 6 // b0 b1 b2 a0 a1 a2, the order of scipy's SOS
#define MAX_SECTIONS 64

typedef struct {
    mp_obj_base_t base;
    size_t n_sections;
    sos_t sections[];
} filter_t;

NATMOD_DECLARE_CLASS(emlearn_iir_filter_type);

// new(coefficients): coefficients is an array('f') of 6 floats a section (b0 b1 b2 a0 a1 a2), as
// scipy.signal designs them with output='sos'. Returns a filter at rest. ValueError if the length
// is no positive multiple of 6 or an a0 is 0; a0 other than 1 divides its section, unlike upstream.
static mp_obj_t filter_new(mp_obj_t coefficients_obj) {
    mp_buffer_info_t buffer;
    const size_t n_values = natmod_get_floats(coefficients_obj, &buffer, MP_BUFFER_READ);
    const size_t n_sections = n_values / N_COEFFICIENTS;
    if (n_sections == 0 || n_sections > MAX_SECTIONS || n_values % N_COEFFICIENTS != 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("filter coefficients must be 6 per section, 1 to 64 sections"));
    }
    const float *values = buffer.buf;
    for (size_t i = 0; i < n_sections; i++) {
        if (!(values[i * N_COEFFICIENTS + 3] != 0.0f)) {
            mp_raise_ValueError(MP_ERROR_TEXT("filter coefficient a0 is 0"));
        }
    }
    filter_t *self =
        mp_obj_malloc_var(filter_t, sections, sos_t, n_sections, (mp_obj_type_t *)&emlearn_iir_filter_type);
    self->n_sections = n_sections;
    for (size_t i = 0; i < n_sections; i++) {
        const float *c = values + i * N_COEFFICIENTS;
        self->sections[i] =
            (sos_t){ c[0] / c[3], c[1] / c[3], c[2] / c[3], c[4] / c[3], c[5] / c[3], 0.0f, 0.0f };
    }
    return MP_OBJ_FROM_PTR(self);
}
static MP_DEFINE_CONST_FUN_OBJ_1(filter_new_obj, filter_new);

// filter.run(values): filters an array('f') in place; the state carries over to the next call.
static mp_obj_t filter_run(mp_obj_t self_obj, mp_obj_t values_obj) {
    filter_t *self = MP_OBJ_TO_PTR(self_obj);
    mp_buffer_info_t buffer;
    const size_t n = natmod_get_floats(values_obj, &buffer, MP_BUFFER_WRITE);
    for (size_t i = 0; i < self->n_sections; i++) {
        sos_run(&self->sections[i], buffer.buf, n);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(filter_run_obj, filter_run);

#define METHODS(X) X(MP_QSTR_run, filter_run_obj)
NATMOD_CLASS(emlearn_iir_filter_type, MP_QSTR_emliir, METHODS)

#define FUNCTIONS(X) X(MP_QSTR_new, filter_new_obj)
NATMOD_MODULE(emlearn_iir, FUNCTIONS, NATMOD_USE(emlearn_iir_filter_type))
