// SPDX-License-Identifier: MIT
// The differences between a module linked into sensord's interpreter and the same source as a loadable
// .mpy for a stock micropython: the header that declares the runtime, and how a module and its classes
// are registered.
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

#if MICROPY_ENABLE_DYNRUNTIME
// The table of functions has it, the header does not.
#define mp_call_method_n_kw(n_args, n_kw, args) (mp_fun_table.call_method_n_kw((n_args), (n_kw), (args)))
#endif

// A module ends with lists of its names, with MP_QSTR_ spelled out because the .mpy linker searches the
// source for it, and with the macros that register them:
//
//   #define METHODS(X) X(MP_QSTR_run, filter_run_obj)
//   NATMOD_CLASS(emlearn_iir_filter_type, MP_QSTR_emliir, METHODS)
//   #define FUNCTIONS(X) X(MP_QSTR_new, filter_new_obj)
//   NATMOD_MODULE(emlearn_iir, FUNCTIONS, NATMOD_USE(emlearn_iir_filter_type))
//
// A class whose objects the module itself makes is declared at the top of the module. Class names are
// global among all modules of the interpreter. A class that Python code calls comes from
// NATMOD_CALLABLE_CLASS and is listed in the module's FUNCTIONS; an iterator class, with a function for
// the next element, comes from NATMOD_ITERATOR_CLASS. NATMOD_MODULE_WITH takes one more list, of
// numbers and names: X(MP_QSTR_N_FEATURES, MP_OBJ_NEW_SMALL_INT(92)).
#if MICROPY_ENABLE_DYNRUNTIME

// Not static: the linker of .mpy files places no static variables.
#define NATMOD_DECLARE_CLASS(cls) mp_obj_full_type_t cls

#define NATMOD_COUNT(name, object) +1
#define NATMOD_FILL(name, object)                                                                            \
    *entry++ = (mp_map_elem_t){ MP_OBJ_NEW_QSTR(name), MP_OBJ_FROM_PTR(&object) };
#define NATMOD_STORE(name, object) mp_store_global(name, MP_OBJ_FROM_PTR(&object));

#define NATMOD_CLASS(cls, class_name, METHODS)                                                               \
    mp_map_elem_t cls##_table[0 METHODS(NATMOD_COUNT)];                                                      \
    static MP_DEFINE_CONST_DICT(cls##_dict, cls##_table);                                                    \
    static void cls##_use(void) {                                                                            \
        cls.base.type = (void *)&mp_type_type;                                                               \
        cls.name = class_name;                                                                               \
        mp_map_elem_t *entry = cls##_table;                                                                  \
        METHODS(NATMOD_FILL)                                                                                 \
        MP_OBJ_TYPE_SET_SLOT(&cls, locals_dict, (void *)&cls##_dict, 0);                                     \
    }
#define NATMOD_CALLABLE_CLASS(cls, class_name, make, METHODS)                                                \
    NATMOD_CLASS(cls, class_name, METHODS)                                                                   \
    static void cls##_use_callable(void) {                                                                   \
        cls##_use();                                                                                         \
        MP_OBJ_TYPE_SET_SLOT(&cls, make_new, make, 1);                                                       \
    }
#define NATMOD_USE(cls) cls##_use();
#define NATMOD_ITERATOR_CLASS(cls, class_name, next)                                                         \
    static void cls##_use(void) {                                                                            \
        cls.base.type = (void *)&mp_type_type;                                                               \
        cls.name = class_name;                                                                               \
        cls.flags = MP_TYPE_FLAG_ITER_IS_ITERNEXT;                                                           \
        MP_OBJ_TYPE_SET_SLOT(&cls, iter, next, 0);                                                           \
    }
#define NATMOD_USE_CALLABLE(cls) cls##_use_callable();
#define NATMOD_STORE_VALUE(name, value) mp_store_global(name, value);

#define NATMOD_MODULE_WITH(module, FUNCTIONS, VALUES, classes)                                               \
    mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {                   \
        MP_DYNRUNTIME_INIT_ENTRY                                                                             \
        classes FUNCTIONS(NATMOD_STORE) VALUES(NATMOD_STORE_VALUE) MP_DYNRUNTIME_INIT_EXIT                   \
    }

#else

#define NATMOD_DECLARE_CLASS(cls) extern const mp_obj_type_t cls

#define NATMOD_ENTRY(name, object) { MP_ROM_QSTR(name), MP_ROM_PTR(&object) },
#define NATMOD_VALUE_ENTRY(name, value) { MP_ROM_QSTR(name), value },

#define NATMOD_CLASS(cls, class_name, METHODS)                                                               \
    static const mp_rom_map_elem_t cls##_table[] = { METHODS(NATMOD_ENTRY) };                                \
    static MP_DEFINE_CONST_DICT(cls##_dict, cls##_table);                                                    \
    MP_DEFINE_CONST_OBJ_TYPE(cls, class_name, MP_TYPE_FLAG_NONE, locals_dict, &cls##_dict);
#define NATMOD_CALLABLE_CLASS(cls, class_name, make, METHODS)                                                \
    static const mp_rom_map_elem_t cls##_table[] = { METHODS(NATMOD_ENTRY) };                                \
    static MP_DEFINE_CONST_DICT(cls##_dict, cls##_table);                                                    \
    MP_DEFINE_CONST_OBJ_TYPE(cls, class_name, MP_TYPE_FLAG_NONE, make_new, make, locals_dict, &cls##_dict);
#define NATMOD_ITERATOR_CLASS(cls, class_name, next)                                                         \
    MP_DEFINE_CONST_OBJ_TYPE(cls, class_name, MP_TYPE_FLAG_ITER_IS_ITERNEXT, iter, next);
#define NATMOD_USE(cls)
#define NATMOD_USE_CALLABLE(cls)

#define NATMOD_MODULE_WITH(module, FUNCTIONS, VALUES, classes)                                               \
    static const mp_rom_map_elem_t module##_table[] = {                                                      \
        { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_##module) },                                    \
        FUNCTIONS(NATMOD_ENTRY) VALUES(NATMOD_VALUE_ENTRY)                                                   \
    };                                                                                                       \
    static MP_DEFINE_CONST_DICT(module##_globals, module##_table);                                           \
    const mp_obj_module_t module##_module = {                                                                \
        .base = { &mp_type_module },                                                                         \
        .globals = (mp_obj_dict_t *)&module##_globals,                                                       \
    };                                                                                                       \
    MP_REGISTER_MODULE(MP_QSTR_##module, module##_module);

#endif

#define NATMOD_NOTHING(X)
#define NATMOD_MODULE(module, FUNCTIONS, classes)                                                            \
    NATMOD_MODULE_WITH(module, FUNCTIONS, NATMOD_NOTHING, classes)

typedef struct {
    mp_obj_iter_buf_t buffer;
    mp_obj_t iterator;
} natmod_iter_t;

// Returns MP_OBJ_STOP_ITERATION after the last.
#if MICROPY_ENABLE_DYNRUNTIME
static inline void natmod_iterate(mp_obj_t iterable, natmod_iter_t *iter) {
    mp_fun_table.getiter(iterable, &iter->buffer);
}
static inline mp_obj_t natmod_next(natmod_iter_t *iter) {
    return mp_fun_table.iternext(&iter->buffer);
}
#else
static inline void natmod_iterate(mp_obj_t iterable, natmod_iter_t *iter) {
    iter->iterator = mp_getiter(iterable, &iter->buffer);
}
static inline mp_obj_t natmod_next(natmod_iter_t *iter) {
    return mp_iternext(iter->iterator);
}
#endif

// Raw bytes (bytes, bytearray) have one of these two typecodes, arrays have their own.
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

// The same for exactly `n` floats; returns them.
static inline float *natmod_get_n_floats(mp_obj_t obj, size_t n, mp_uint_t flags) {
    mp_buffer_info_t buffer;
    if (natmod_get_floats(obj, &buffer, flags) != n) {
        mp_raise_ValueError(MP_ERROR_TEXT("wrong array length"));
    }
    return buffer.buf;
}

// A new array of `n` zeros. The caller spells out the names, because its source is searched for them:
// natmod_new_array(MP_QSTR_array, MP_QSTR_h, n, sizeof(int16_t), &buffer)
static inline mp_obj_t natmod_new_array(qstr array, qstr typecode, size_t n, size_t element_size,
                                        mp_buffer_info_t *buffer) {
    mp_obj_t type = mp_load_attr(mp_import_name(array, mp_const_none, MP_OBJ_NEW_SMALL_INT(0)), array);
    const mp_obj_t size = mp_obj_new_int_from_uint(n * element_size);
    mp_obj_t args[2] = { MP_OBJ_NEW_QSTR(typecode),
                         mp_call_function_n_kw(MP_OBJ_FROM_PTR(&mp_type_bytes), 1, 0, &size) };
    mp_obj_t made = mp_call_function_n_kw(type, 2, 0, args);
    mp_get_buffer_raise(made, buffer, MP_BUFFER_WRITE);
    return made;
}

#endif
