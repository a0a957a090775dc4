// SPDX-License-Identifier: MIT
// vibration: statistics of windows of vibration. The maths is in vibration.h, this is its Python API.

#include "natmod.h"
#include "vibration.h"

typedef struct {
    mp_obj_base_t base;
    vibration_t vibration;
    float memory[];
} vibration_obj_t;

NATMOD_DECLARE_CLASS(vibration_window_type);

// new(length, rate, edges): windows of `length` samples, a power of two from 16 to 65536, taken at
// `rate` Hz. `edges` is an array('f') of 2 to 65 rising frequencies in Hz, from 0 to half the rate, the
// edges of the bands. ValueError for other values. Takes 18 bytes a sample.
static mp_obj_t vibration_new(mp_obj_t length_obj, mp_obj_t rate_obj, mp_obj_t edges_obj) {
    const mp_int_t length = mp_obj_get_int(length_obj);
    if (length < VIBRATION_MIN || length > VIBRATION_MAX || !vibration_size_ok((size_t)length)) {
        mp_raise_ValueError(MP_ERROR_TEXT("length must be a power of two from 16 to 65536"));
    }
    const double rate = mp_obj_get_float_to_d(rate_obj);
    if (!(rate > 0.0 && rate < 1e9)) {
        mp_raise_ValueError(MP_ERROR_TEXT("rate must be above 0"));
    }
    mp_buffer_info_t edges;
    const size_t n_edges = natmod_get_floats(edges_obj, &edges, MP_BUFFER_READ);
    if (n_edges < 2 || n_edges > VIBRATION_MAX_BANDS + 1) {
        mp_raise_ValueError(MP_ERROR_TEXT("bands need 2 to 65 edges"));
    }
    vibration_obj_t *self =
        mp_obj_malloc_var(vibration_obj_t, memory, float, vibration_n_floats((size_t)length),
                          (mp_obj_type_t *)&vibration_window_type);
    if (!vibration_init(&self->vibration, (size_t)length, rate, edges.buf, n_edges - 1, self->memory)) {
        mp_raise_ValueError(MP_ERROR_TEXT("edges must rise from 0 to half the rate"));
    }
    return MP_OBJ_FROM_PTR(self);
}
static MP_DEFINE_CONST_FUN_OBJ_3(vibration_new_obj, vibration_new);

// vibration.run(samples, out): statistics of a window, an array('f') or array('h') of `length`, into
// an array('f') of 6 numbers and one for each band:
//
//   mean
//   RMS, peak, crest factor (peak / RMS) and kurtosis (3 for noise) of the deviations from the mean;
//   the last two are 0 if there is no vibration
//   RMS of the velocity from 10 to 1000 Hz, or to half the rate (ISO 20816-1)
//   RMS of each band, from edge to edge (the lower one included), by a Hann window and an FFT. It is
//   scaled so that the bands' squares add up to the square of a steady vibration's RMS (Parseval); a
//   tone extends over three lines, rate / length apart
//
// All but crest factor and kurtosis are in the unit of the samples, the velocity in that unit times a
// second. ValueError for other types and lengths, and if a sample is NaN or infinite.
static mp_obj_t vibration_run_method(mp_obj_t self_obj, mp_obj_t samples_obj, mp_obj_t out_obj) {
    vibration_obj_t *self = MP_OBJ_TO_PTR(self_obj);
    vibration_t *v = &self->vibration;
    float *out = natmod_get_n_floats(out_obj, VIBRATION_BANDS + v->n_bands, MP_BUFFER_WRITE);
    mp_buffer_info_t samples;
    mp_get_buffer_raise(samples_obj, &samples, MP_BUFFER_READ);
    const size_t n = v->rfft.n;
    if (samples.typecode == 'f' && samples.len == n * sizeof(float)) {
        for (size_t i = 0; i < n; i++) {
            v->window[i] = ((const float *)samples.buf)[i];
        }
    } else if (samples.typecode == 'h' && samples.len == n * sizeof(int16_t)) {
        for (size_t i = 0; i < n; i++) {
            v->window[i] = ((const int16_t *)samples.buf)[i];
        }
    } else {
        mp_raise_ValueError(MP_ERROR_TEXT("samples must be an array of floats or int16 of the length"));
    }
    if (!vibration_run(v, out)) {
        mp_raise_ValueError(MP_ERROR_TEXT("samples are not finite"));
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(vibration_run_obj, vibration_run_method);

#define METHODS(X) X(MP_QSTR_run, vibration_run_obj)
NATMOD_CLASS(vibration_window_type, MP_QSTR_Vibration, METHODS)

#define FUNCTIONS(X) X(MP_QSTR_new, vibration_new_obj)
NATMOD_MODULE(vibration, FUNCTIONS, NATMOD_USE(vibration_window_type))
