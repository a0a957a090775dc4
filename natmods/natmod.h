// SPDX-License-Identifier: MIT
// What differs between a module linked into sensord's interpreter and the same source as a loadable
// .mpy for a stock micropython: which header declares the runtime, and how a module and its one
// class are registered.
#ifndef SENSORD_NATMOD_H
#define SENSORD_NATMOD_H

#if MICROPY_ENABLE_DYNRUNTIME
#include "py/dynruntime.h"
#else
#include "py/runtime.h"
#endif
#include "py/binary.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Raw bytes (bytes, bytearray) come with one of these two typecodes, arrays with their own.
static inline bool natmod_is_bytes(const mp_buffer_info_t *buffer) {
    return buffer->typecode == 'B' || buffer->typecode == BYTEARRAY_TYPECODE;
}

// Fills `buffer` from an array('f') and returns the number of floats in it.
static inline size_t natmod_get_floats(mp_obj_t obj, mp_buffer_info_t *buffer, mp_uint_t flags) {
    mp_get_buffer_raise(obj, buffer, flags);
    if (buffer->typecode != 'f') {
        mp_raise_ValueError(MP_ERROR_TEXT("expecting float array"));
    }
    return buffer->len / sizeof(float);
}

#endif
