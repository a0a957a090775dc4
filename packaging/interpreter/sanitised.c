// SPDX-License-Identifier: MIT
// `make test-sanitised`: with the address sanitizer each call takes several times the stack, and the
// limit for a plain build would end code that is nested as deeply as allowed.

#include "py/cstack.h"

#ifdef __SANITIZE_ADDRESS__

#define STACK_FACTOR 8

// The linker's --wrap makes upstream's main() call this. The stack's top, where the collector begins to
// look for objects, is that of a function called by main(), as in upstream.
void __wrap_mp_cstack_init_with_sp_here(size_t stack_size);
void __wrap_mp_cstack_init_with_sp_here(size_t stack_size) {
    mp_cstack_init_with_top(__builtin_frame_address(0), STACK_FACTOR * stack_size);
}

#endif
