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

#if MICROPY_ENABLE_DYNRUNTIME
// Not static: the linker of .mpy files places no static variables.
mp_obj_full_type_t filter_type;
#else
extern const mp_obj_type_t emlearn_iir_filter_type;
#define filter_type emlearn_iir_filter_type
#endif

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
    filter_t *self = mp_obj_malloc_var(filter_t, sections, sos_t, n_sections, (mp_obj_type_t *)&filter_type);
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

#if MICROPY_ENABLE_DYNRUNTIME
mp_map_elem_t locals_table[1];
static MP_DEFINE_CONST_DICT(locals_dict, locals_table);

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    filter_type.base.type = (void *)&mp_type_type;
    filter_type.name = MP_QSTR_emliir;
    locals_table[0] = (mp_map_elem_t){ MP_OBJ_NEW_QSTR(MP_QSTR_run), MP_OBJ_FROM_PTR(&filter_run_obj) };
    MP_OBJ_TYPE_SET_SLOT(&filter_type, locals_dict, (void *)&locals_dict, 0);
    mp_store_global(MP_QSTR_new, MP_OBJ_FROM_PTR(&filter_new_obj));
    MP_DYNRUNTIME_INIT_EXIT
}
#else
static const mp_rom_map_elem_t locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_run), MP_ROM_PTR(&filter_run_obj) },
};
static MP_DEFINE_CONST_DICT(locals_dict, locals_table);

MP_DEFINE_CONST_OBJ_TYPE(emlearn_iir_filter_type, MP_QSTR_emliir, MP_TYPE_FLAG_NONE, locals_dict,
                         &locals_dict);

static const mp_rom_map_elem_t globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_emlearn_iir) },
    { MP_ROM_QSTR(MP_QSTR_new), MP_ROM_PTR(&filter_new_obj) },
};
static MP_DEFINE_CONST_DICT(globals, globals_table);

const mp_obj_module_t emlearn_iir_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&globals,
};
MP_REGISTER_MODULE(MP_QSTR_emlearn_iir, emlearn_iir_module);
#endif
