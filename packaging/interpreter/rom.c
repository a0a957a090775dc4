// SPDX-License-Identifier: MIT
// The module sensord_rom: mounts the modules of the daemon that are not frozen.
//
// They are a ROMFS within the program, made by generate.py. Importing sensord_rom mounts it.

#include <stdbool.h>
#include <string.h>

#include "extmod/vfs.h"
#include "extmod/vfs_rom.h"
#include "py/runtime.h"

#define MOUNTED_AT "/sensord.rom"

// The makefile names the image.
__asm__(".section .rodata\n"
        ".global sensord_rom_image, sensord_rom_end\n"
        "sensord_rom_image: .incbin \"" SENSORD_ROM "\"\n"
        "sensord_rom_end:\n"
        ".previous\n");
extern const uint8_t sensord_rom_image[], sensord_rom_end[];

static mp_obj_t mount(void) {
    // MicroPython calls a module's __init__ each time that it is imported anew.
    static bool is_mounted;
    if (!is_mounted) {
        // Memoryviews of constants are read only: their functions for writing are not used here.
        mp_obj_t image = mp_obj_new_memoryview('B', (size_t)(sensord_rom_end - sensord_rom_image),
                                               (void *)sensord_rom_image);
        mp_obj_t at = mp_obj_new_str(MOUNTED_AT, strlen(MOUNTED_AT));
        mp_call_function_2(MP_OBJ_FROM_PTR(&mp_vfs_mount_obj),
                           mp_call_function_1(MP_OBJ_FROM_PTR(&mp_type_vfs_rom), image), at);
        is_mounted = true;
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(mount_obj, mount);

static const mp_rom_map_elem_t globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_sensord_rom) },
    { MP_ROM_QSTR(MP_QSTR___init__), MP_ROM_PTR(&mount_obj) },
};
static MP_DEFINE_CONST_DICT(globals, globals_table);

const mp_obj_module_t sensord_rom_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&globals,
};

MP_REGISTER_MODULE(MP_QSTR_sensord_rom, sensord_rom_module);
