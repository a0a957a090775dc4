// SPDX-License-Identifier: MIT
// thirdoctave: levels of third-octave bands. The maths is in bank.h, this is its Python API.

#include "natmod.h"
#include "bank.h"

typedef struct {
    mp_obj_base_t base;
    bank_t bank;
} bank_obj_t;

NATMOD_DECLARE_CLASS(thirdoctave_bank_type);

static bool all_finite(const float *values, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (values[i] - values[i] != 0.0f) {
            return false;
        }
    }
    return true;
}

// new(sections, allpasses): a bank at rest.
//
//   sections: array('f') of 1 to 14 octaves x 3 bands x 4 sections x (g, a1, a2), octaves and bands from
//       the highest down, each octave at half the rate of the one above: g (1 - z^-2) / (1 + a1 z^-1 +
//       a2 z^-2)
//   allpasses: array('f') of 2 to 16 coefficients of the half-band filter between the octaves,
//       alternating between its two branches
//
// ValueError for another length or a number that is not finite. Takes 550 bytes an octave.
static mp_obj_t bank_new(mp_obj_t sections_obj, mp_obj_t allpasses_obj) {
    mp_buffer_info_t sections, allpasses;
    const size_t n = natmod_get_floats(sections_obj, &sections, MP_BUFFER_READ);
    const size_t n_allpasses = natmod_get_floats(allpasses_obj, &allpasses, MP_BUFFER_READ);
    const size_t n_octaves = n / BANK_OCTAVE_COEFFICIENTS;
    if (n == 0 || n % BANK_OCTAVE_COEFFICIENTS != 0 || n_octaves > BANK_MAX_OCTAVES) {
        mp_raise_ValueError(MP_ERROR_TEXT("sections must be 1 to 14 octaves of 36 floats"));
    }
    if (n_allpasses < 2 || n_allpasses > BANK_MAX_ALLPASSES) {
        mp_raise_ValueError(MP_ERROR_TEXT("allpasses must be 2 to 16 floats"));
    }
    if (!all_finite(sections.buf, n) || !all_finite(allpasses.buf, n_allpasses)) {
        mp_raise_ValueError(MP_ERROR_TEXT("coefficients are not finite"));
    }
    bank_obj_t *self = mp_obj_malloc_var(bank_obj_t, bank.octaves, bank_octave_t, n_octaves,
                                         (mp_obj_type_t *)&thirdoctave_bank_type);
    bank_init(&self->bank, n_octaves, sections.buf, n_allpasses, allpasses.buf);
    return MP_OBJ_FROM_PTR(self);
}
static MP_DEFINE_CONST_FUN_OBJ_2(bank_new_obj, bank_new);

// bank.process(pcm): processes samples, an array('h') or the same as bytes in native order.
static mp_obj_t bank_process_method(mp_obj_t self_obj, mp_obj_t pcm_obj) {
    bank_obj_t *self = MP_OBJ_TO_PTR(self_obj);
    mp_buffer_info_t pcm;
    mp_get_buffer_raise(pcm_obj, &pcm, MP_BUFFER_READ);
    if ((pcm.typecode != 'h' && !natmod_is_bytes(&pcm)) || pcm.len % sizeof(int16_t) != 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("expecting int16 samples"));
    }
    bank_process(&self->bank, pcm.buf, pcm.len / sizeof(int16_t));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(bank_process_obj, bank_process_method);

// bank.read(levels): ends the interval and writes the level of each band, in the order of the sections,
// in dB relative to a full-scale sine's RMS into an array('f'). Returns the number of samples.
static mp_obj_t bank_read_method(mp_obj_t self_obj, mp_obj_t levels_obj) {
    bank_obj_t *self = MP_OBJ_TO_PTR(self_obj);
    float *levels = natmod_get_n_floats(levels_obj, BANK_BANDS * self->bank.n_octaves, MP_BUFFER_WRITE);
    return mp_obj_new_int_from_uint((mp_uint_t)bank_read(&self->bank, levels));
}
static MP_DEFINE_CONST_FUN_OBJ_2(bank_read_obj, bank_read_method);

#define METHODS(X)                                                                                           \
    X(MP_QSTR_process, bank_process_obj)                                                                     \
    X(MP_QSTR_read, bank_read_obj)
NATMOD_CLASS(thirdoctave_bank_type, MP_QSTR_Bank, METHODS)

#define FUNCTIONS(X) X(MP_QSTR_new, bank_new_obj)
NATMOD_MODULE(thirdoctave, FUNCTIONS, NATMOD_USE(thirdoctave_bank_type))
