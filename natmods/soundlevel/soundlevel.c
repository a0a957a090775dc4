// SPDX-License-Identifier: MIT
// soundlevel: an integrating sound level meter. The maths is in meter.h, this is its Python API.

#include "natmod.h"
#include "meter.h"

#define N_LEVELS 8

typedef struct {
    mp_obj_base_t base;
    meter_t meter;
} meter_obj_t;

NATMOD_DECLARE_CLASS(soundlevel_meter_type);

static int lane_of(mp_obj_t weighting_obj) {
    size_t length;
    const char *weighting = mp_obj_str_get_data(weighting_obj, &length);
    if (length == 1) {
        switch (weighting[0]) {
            case 'A':
                return METER_LANE_A;
            case 'C':
                return METER_LANE_C;
            case 'Z':
                return METER_LANE_Z;
        }
    }
    mp_raise_ValueError(MP_ERROR_TEXT("weighting must be A, C or Z"));
}

// new(sections, weighting, smoothing, steps_per_level): a meter at rest.
//
//   sections: array('f') of 4 x 6, the SOS of C's two halves, of A's part that C lacks, and of Z
//   weighting: 'A', 'C' or 'Z'
//   smoothing: 1 - exp(-8 / (rate tau)), the time weighting's share of each step of 8 samples
//   steps_per_level: steps between two levels taken for L10, L50 and L90
//
// ValueError for another length or weighting, or a number out of range.
static mp_obj_t meter_new(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    // Before the buffer: a number's __float__() may resize the array.
    const double smoothing = mp_obj_get_float_to_d(args[2]);
    const mp_int_t steps_per_level = mp_obj_get_int(args[3]);
    mp_buffer_info_t sections;
    if (natmod_get_floats(args[0], &sections, MP_BUFFER_READ) != METER_N_COEFFICIENTS) {
        mp_raise_ValueError(MP_ERROR_TEXT("sections must be 4 x 6 floats"));
    }
    for (int i = 0; i < METER_LANES; i++) {
        if (!(((const float *)sections.buf)[i * 6 + 3] != 0.0f)) {
            mp_raise_ValueError(MP_ERROR_TEXT("section coefficient a0 is 0"));
        }
    }
    const int lane = lane_of(args[1]);
    if (!(smoothing > 0.0 && smoothing < 1.0)) {
        mp_raise_ValueError(MP_ERROR_TEXT("smoothing must be between 0 and 1"));
    }
    if (steps_per_level < 1 || steps_per_level > 1000000) {
        mp_raise_ValueError(MP_ERROR_TEXT("steps_per_level must be 1 to 1000000"));
    }
    meter_obj_t *self = mp_obj_malloc(meter_obj_t, (mp_obj_type_t *)&soundlevel_meter_type);
    meter_init(&self->meter, sections.buf, lane, smoothing, (unsigned)steps_per_level);
    return MP_OBJ_FROM_PTR(self);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(meter_new_obj, 4, 4, meter_new);

// meter.process(pcm): processes samples, an array('h') or the same as bytes in native order.
static mp_obj_t meter_process_method(mp_obj_t self_obj, mp_obj_t pcm_obj) {
    meter_obj_t *self = MP_OBJ_TO_PTR(self_obj);
    mp_buffer_info_t pcm;
    mp_get_buffer_raise(pcm_obj, &pcm, MP_BUFFER_READ);
    if ((pcm.typecode != 'h' && !natmod_is_bytes(&pcm)) || pcm.len % sizeof(int16_t) != 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("expecting int16 samples"));
    }
    meter_process(&self->meter, pcm.buf, pcm.len / sizeof(int16_t));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(meter_process_obj, meter_process_method);

// meter.settle(): restarts the time weighting from the mean of the samples since read() or new().
static mp_obj_t meter_settle_method(mp_obj_t self_obj) {
    meter_obj_t *self = MP_OBJ_TO_PTR(self_obj);
    meter_settle(&self->meter);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(meter_settle_obj, meter_settle_method);

// meter.read(levels): ends the interval and writes its levels to an array('f') of 8: Leq, Lmax,
// Lmin, LCpeak, L10, L50, L90 in dB relative to a full-scale sine's RMS, and the largest input
// sample (1.0 is full scale). Returns the number of samples; if it is 0, `levels` is unchanged.
static mp_obj_t meter_read_method(mp_obj_t self_obj, mp_obj_t levels_obj) {
    meter_obj_t *self = MP_OBJ_TO_PTR(self_obj);
    mp_buffer_info_t out;
    if (natmod_get_floats(levels_obj, &out, MP_BUFFER_WRITE) != N_LEVELS) {
        mp_raise_ValueError(MP_ERROR_TEXT("levels must be 8 floats"));
    }
    meter_levels_t levels;
    const uint64_t n_samples = meter_read(&self->meter, &levels);
    if (n_samples > 0) {
        const float values[N_LEVELS] = {
            levels.leq, levels.max, levels.min, levels.c_peak,
            levels.l10, levels.l50, levels.l90, levels.input_peak,
        };
        for (int i = 0; i < N_LEVELS; i++) {
            ((float *)out.buf)[i] = values[i];
        }
    }
    return mp_obj_new_int_from_uint((mp_uint_t)n_samples);
}
static MP_DEFINE_CONST_FUN_OBJ_2(meter_read_obj, meter_read_method);

#define METHODS(X)                                                                                           \
    X(MP_QSTR_process, meter_process_obj)                                                                    \
    X(MP_QSTR_settle, meter_settle_obj)                                                                      \
    X(MP_QSTR_read, meter_read_obj)
NATMOD_CLASS(soundlevel_meter_type, MP_QSTR_Meter, METHODS)

#define FUNCTIONS(X) X(MP_QSTR_new, meter_new_obj)
NATMOD_MODULE(soundlevel, FUNCTIONS, NATMOD_USE(soundlevel_meter_type))
