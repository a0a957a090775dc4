// SPDX-License-Identifier: MIT
// The module mapguard: a mapped file that loses its end, or cannot be read any more, ends no process.
//
// The kernel sends SIGBUS to whoever touches a page of a mapped file that was cut off behind the
// program's back, or that the disk does not give any more. For guarded ranges the handler puts a page
// of zeros there and notes it, and the program goes on; hal_linux/linux/mapping.py asks afterwards.

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "py/runtime.h"

#define MOST_RANGES 32

typedef struct {
    uintptr_t start, end; // start is 0: free
    bool lost;
} range_t;

// Read by the handler, which runs within an access to one of the ranges and nowhere else.
static volatile range_t ranges[MOST_RANGES];
static uintptr_t page_size;

static void on_bus_error(int number, siginfo_t *info, void *context) {
    (void)context;
    const uintptr_t page = (uintptr_t)info->si_addr & ~(page_size - 1);
    for (int i = 0; i < MOST_RANGES; i++) {
        if (ranges[i].start == 0 || page < ranges[i].start || page >= ranges[i].end) {
            continue;
        }
        const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
        if (mmap((void *)page, page_size, PROT_READ, flags, -1, 0) != MAP_FAILED) {
            ranges[i].lost = true;
            return;
        }
    }
    // Another access: it is repeated, and ends the process as without a handler.
    signal(number, SIG_DFL);
}

static int find(uintptr_t start) {
    for (int i = 0; i < MOST_RANGES; i++) {
        if (ranges[i].start == start) {
            return i;
        }
    }
    return -1;
}

// guard(address, length): whether the range is guarded from now on; false if too many are.
static mp_obj_t mapguard_guard(mp_obj_t address, mp_obj_t length) {
    const uintptr_t start = (uintptr_t)mp_obj_int_get_uint_checked(address);
    const uintptr_t size = (uintptr_t)mp_obj_int_get_uint_checked(length);
    const int i = find(0);
    if (i < 0 || start == 0) {
        return mp_const_false;
    }
    if (page_size == 0) {
        page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
        struct sigaction action = { .sa_flags = SA_SIGINFO };
        action.sa_sigaction = on_bus_error;
        sigemptyset(&action.sa_mask);
        sigaction(SIGBUS, &action, NULL);
    }
    ranges[i].end = start + size;
    ranges[i].lost = false;
    ranges[i].start = start;
    return mp_const_true;
}
static MP_DEFINE_CONST_FUN_OBJ_2(mapguard_guard_obj, mapguard_guard);

// lost(address): whether a page of the range was replaced by zeros.
static mp_obj_t mapguard_lost(mp_obj_t address) {
    const int i = find((uintptr_t)mp_obj_int_get_uint_checked(address));
    return mp_obj_new_bool(i >= 0 && ranges[i].lost);
}
static MP_DEFINE_CONST_FUN_OBJ_1(mapguard_lost_obj, mapguard_lost);

// release(address): ends the guard, before the range is unmapped.
static mp_obj_t mapguard_release(mp_obj_t address) {
    const int i = find((uintptr_t)mp_obj_int_get_uint_checked(address));
    if (i >= 0) {
        ranges[i].start = 0;
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(mapguard_release_obj, mapguard_release);

static const mp_rom_map_elem_t mapguard_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_mapguard) },
    { MP_ROM_QSTR(MP_QSTR_guard), MP_ROM_PTR(&mapguard_guard_obj) },
    { MP_ROM_QSTR(MP_QSTR_lost), MP_ROM_PTR(&mapguard_lost_obj) },
    { MP_ROM_QSTR(MP_QSTR_release), MP_ROM_PTR(&mapguard_release_obj) },
};
static MP_DEFINE_CONST_DICT(mapguard_globals, mapguard_table);

const mp_obj_module_t mapguard_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&mapguard_globals,
};
MP_REGISTER_MODULE(MP_QSTR_mapguard, mapguard_module);
