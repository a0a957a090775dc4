// SPDX-License-Identifier: MIT
// emlearn_fft: emlearn-micropython's FFT of complex floats, and one of real floats.

#include "natmod.h"
#include "rfft.h"

#define TABLE_TOLERANCE 1e-3f

typedef struct {
    mp_obj_base_t base;
    fft_t fft;
    float memory[];
} fft_obj_t;

typedef struct {
    mp_obj_base_t base;
    rfft_t rfft;
    float memory[];
} rfft_obj_t;

NATMOD_DECLARE_CLASS(emlearn_fft_fft_type);
NATMOD_DECLARE_CLASS(emlearn_fft_rfft_type);

static size_t get_size(size_t n_args, size_t n_kw, const mp_obj_t *args, size_t least) {
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    const mp_int_t n = mp_obj_get_int(args[0]);
    if (n < (mp_int_t)least || n > FFT_MAX || !fft_size_ok((size_t)n)) {
        mp_raise_ValueError(MP_ERROR_TEXT("length must be a power of two up to 65536"));
    }
    return (size_t)n;
}

// FFT(n): transforms of n complex values, n a power of two from 2 to 65536. ValueError for any other
// n (upstream raises it in run()). Takes 16 n bytes.
static mp_obj_t fft_make(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    (void)type;
    const size_t n = get_size(n_args, n_kw, args, FFT_MIN);
    fft_obj_t *self =
        mp_obj_malloc_var(fft_obj_t, memory, float, fft_n_floats(n), (mp_obj_type_t *)&emlearn_fft_fft_type);
    fft_init(&self->fft, n, self->memory);
    return MP_OBJ_FROM_PTR(self);
}

// fft.fill(sin, cos): for code written for upstream. FFT() has made its own tables; ValueError if these
// two array('f') of n / 2 are not sin and cos of 2 pi i / n.
static mp_obj_t fft_fill(mp_obj_t self_obj, mp_obj_t sin_obj, mp_obj_t cos_obj) {
    fft_obj_t *self = MP_OBJ_TO_PTR(self_obj);
    const size_t n = self->fft.n;
    const float *sine = natmod_get_n_floats(sin_obj, n / 2, MP_BUFFER_READ);
    const float *cosine = natmod_get_n_floats(cos_obj, n / 2, MP_BUFFER_READ);
    fft_angles_t angles;
    fft_angles_init(&angles);
    for (size_t i = 0; i < n / 2; i++) {
        float re, im;
        fft_root(&angles, (uint32_t)i, (uint32_t)n, &re, &im);
        const float difference_re = cosine[i] - re, difference_im = sine[i] + im;
        const float square = difference_re * difference_re + difference_im * difference_im;
        if (!(square < TABLE_TOLERANCE * TABLE_TOLERANCE)) {
            mp_raise_ValueError(MP_ERROR_TEXT("not the sines and cosines of this length"));
        }
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(fft_fill_obj, fft_fill);

// fft.run(real, imag): transforms two array('f') of n in place, X[k] = sum of x[i] exp(-2 pi j i k / n),
// not scaled. ValueError for other types and lengths. Unlike upstream's it needs no fill() before.
static mp_obj_t fft_run_method(mp_obj_t self_obj, mp_obj_t real_obj, mp_obj_t imag_obj) {
    fft_obj_t *self = MP_OBJ_TO_PTR(self_obj);
    float *real = natmod_get_n_floats(real_obj, self->fft.n, MP_BUFFER_RW);
    float *imag = natmod_get_n_floats(imag_obj, self->fft.n, MP_BUFFER_RW);
    fft_run(&self->fft, real, imag);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(fft_run_obj, fft_run_method);

// fill(fft, n): for code written for upstream; the tables exist already. TypeError if `fft` is not an
// FFT, ValueError if it is not of length n.
static mp_obj_t fill(mp_obj_t fft_obj, mp_obj_t n_obj) {
    if (mp_obj_get_type(fft_obj) != (mp_obj_type_t *)&emlearn_fft_fft_type) {
        mp_raise_TypeError(MP_ERROR_TEXT("expecting an FFT"));
    }
    const fft_obj_t *self = MP_OBJ_TO_PTR(fft_obj);
    if (mp_obj_get_int(n_obj) != (mp_int_t)self->fft.n) {
        mp_raise_ValueError(MP_ERROR_TEXT("wrong length"));
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(fill_obj, fill);

// RFFT(n): transforms of n real values, n a power of two from 4 to 65536. ValueError for any other n.
// Takes 10 n bytes. Not in upstream.
static mp_obj_t rfft_make(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    (void)type;
    const size_t n = get_size(n_args, n_kw, args, RFFT_MIN);
    rfft_obj_t *self = mp_obj_malloc_var(rfft_obj_t, memory, float, rfft_n_floats(n),
                                         (mp_obj_type_t *)&emlearn_fft_rfft_type);
    rfft_init(&self->rfft, n, self->memory);
    return MP_OBJ_FROM_PTR(self);
}

static bool overlap(const float *a, size_t n_a, const float *b, size_t n_b) {
    return a < b + n_b && b < a + n_a;
}

// rfft.run(values, real, imag): transforms an array('f') of n; lines 0 to n / 2 of the spectrum, as
// from numpy.fft.rfft, go to two array('f') of n / 2 + 1. ValueError for other types and lengths, and
// if two of them share memory.
static mp_obj_t rfft_run_method(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    rfft_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    const size_t n = self->rfft.n, lines = n / 2 + 1;
    const float *values = natmod_get_n_floats(args[1], n, MP_BUFFER_READ);
    float *real = natmod_get_n_floats(args[2], lines, MP_BUFFER_WRITE);
    float *imag = natmod_get_n_floats(args[3], lines, MP_BUFFER_WRITE);
    if (overlap(values, n, real, lines) || overlap(values, n, imag, lines) ||
        overlap(real, lines, imag, lines)) {
        mp_raise_ValueError(MP_ERROR_TEXT("the arrays share memory"));
    }
    rfft_run(&self->rfft, values, real, imag);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(rfft_run_obj, 4, 4, rfft_run_method);

#define FFT_METHODS(X)                                                                                       \
    X(MP_QSTR_fill, fft_fill_obj)                                                                            \
    X(MP_QSTR_run, fft_run_obj)
NATMOD_CALLABLE_CLASS(emlearn_fft_fft_type, MP_QSTR_FFT, fft_make, FFT_METHODS)

#define RFFT_METHODS(X) X(MP_QSTR_run, rfft_run_obj)
NATMOD_CALLABLE_CLASS(emlearn_fft_rfft_type, MP_QSTR_RFFT, rfft_make, RFFT_METHODS)

#define FUNCTIONS(X)                                                                                         \
    X(MP_QSTR_FFT, emlearn_fft_fft_type)                                                                     \
    X(MP_QSTR_RFFT, emlearn_fft_rfft_type)                                                                   \
    X(MP_QSTR_fill, fill_obj)
NATMOD_MODULE(emlearn_fft, FUNCTIONS,
              NATMOD_USE_CALLABLE(emlearn_fft_fft_type) NATMOD_USE_CALLABLE(emlearn_fft_rfft_type))
