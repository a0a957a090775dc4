// SPDX-License-Identifier: MIT
// sensord's interpreter: the Unix port's usual features without those the daemon never uses.

#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)

// No code is generated at run time, so the service can forbid it (MemoryDenyWriteExecute). The emitters
// go with the native code loader that needs them.
#define MICROPY_EMIT_X64 (0)
#define MICROPY_EMIT_X86 (0)
#define MICROPY_EMIT_THUMB (0)
#define MICROPY_EMIT_ARM (0)

#include "ports/unix/variants/mpconfigvariant_common.h"

// No threads: name look-up and audio are processes, everything else is one asyncio loop.
// A collection after every 32 KiB keeps the dirty part of the heap small, see sensord_main.c.
