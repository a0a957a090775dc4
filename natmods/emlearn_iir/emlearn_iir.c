// SPDX-License-Identifier: MIT
// emlearn_iir: emlearn-micropython's cascade of second-order sections (SOS) on float arrays.

#include "natmod.h"
#include "cascade.h"

#define N_COEFFICIENTS 6 // b0 b1 b2 a0 a1 a2, the order of scipy's SOS
#define MAX_SECTIONS 64

typedef struct {
    mp_obj_base_t base;
    size_t n_sections;
    cascade_group_t groups[];
} filter_t;

NATMOD_DECLARE_CLASS(emlearn_iir_filter_type);

// new(coefficients): coefficients is an array('f') of 6 floats a section (b0 b1 b2 a0 a1 a2), as
// scipy.signal designs them with output='sos', for 1 to 64 sections. Returns a filter at rest.
// ValueError for another length, an a0 of 0 or a coefficient that is not finite. Unlike in upstream, an
// a0 other than 1 divides its section.
static mp_obj_t filter_new(mp_obj_t coefficients_obj) {
    mp_buffer_info_t buffer;
    const size_t n_values = natmod_get_floats(coefficients_obj, &buffer, MP_BUFFER_READ);
    const size_t n_sections = n_values / N_COEFFICIENTS;
    if (n_sections == 0 || n_sections > MAX_SECTIONS || n_values % N_COEFFICIENTS != 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("filter coefficients must be 6 per section, 1 to 64 sections"));
    }
    filter_t *self = mp_obj_malloc_var(filter_t, groups, cascade_group_t, cascade_n_groups(n_sections),
                                       (mp_obj_type_t *)&emlearn_iir_filter_type);
    self->n_sections = n_sections;
    if (!cascade_init(self->groups, buffer.buf, n_sections)) {
        mp_raise_ValueError(MP_ERROR_TEXT("filter coefficients must be finite, a0 not 0"));
    }
    return MP_OBJ_FROM_PTR(self);
}
static MP_DEFINE_CONST_FUN_OBJ_1(filter_new_obj, filter_new);

// filter.run(values): filters an array('f') in place; the state carries over to the next call. If a
// value is NaN or infinite, or the filter grows without bounds, raises ValueError and resets the
// filter; the values are then lost.
static mp_obj_t filter_run(mp_obj_t self_obj, mp_obj_t values_obj) {
    filter_t *self = MP_OBJ_TO_PTR(self_obj);
    mp_buffer_info_t buffer;
    const size_t n = natmod_get_floats(values_obj, &buffer, MP_BUFFER_RW);
    cascade_run(self->groups, self->n_sections, buffer.buf, n);
    if (!cascade_is_sound(self->groups, self->n_sections)) {
        cascade_rest(self->groups, self->n_sections);
        mp_raise_ValueError(MP_ERROR_TEXT("the samples or the filtered samples are not finite"));
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(filter_run_obj, filter_run);

#define METHODS(X) X(MP_QSTR_run, filter_run_obj)
NATMOD_CLASS(emlearn_iir_filter_type, MP_QSTR_emliir, METHODS)

#define FUNCTIONS(X) X(MP_QSTR_new, filter_new_obj)
NATMOD_MODULE(emlearn_iir, FUNCTIONS, NATMOD_USE(emlearn_iir_filter_type))
