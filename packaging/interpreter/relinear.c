// SPDX-License-Identifier: MIT
// The module relinear: matches the patterns of re in linear time.
//
// re tries one way through a pattern after the other: some patterns take years on a line of 30
// characters, others need more stack than there is, and nothing interrupts them. Here all ways advance
// together, character by character (Pike's machine; Cox, "Regular Expression Matching: the Virtual
// Machine Approach", 2009), on the code that re.compile() made: at most the product of the data's length
// and the code's. The first way in re's order wins, so the groups are the same.

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/re1.5/re1.5.h"
#include "py/runtime.h"

#define NOWHERE UINT16_MAX

// As in extmod/modre.c.
typedef struct {
    mp_obj_base_t base;
    ByteProg re;
} re_t;

typedef struct {
    size_t n;
    uint16_t *at; // of each thread, its place in the code
    uint16_t *groups; // of each thread, where its groups begin and end
} threads_t;

typedef struct {
    const char *code, *data;
    size_t code_size, size, n_groups; // n_groups: numbers in `groups`, two a group
    uint8_t *seen; // of each place in the code
    threads_t now, next;
    uint16_t *groups, *best;
} machine_t;

static size_t width_of(const char *code) {
    switch (*code) {
        case Any:
        case Bol:
        case Eol:
        case Match:
            return 1;
        case Class:
        case ClassNot:
            return 2 + 2 * (size_t)(uint8_t)code[1];
        default:
            return 2;
    }
}

// How far behind the instruction a jump goes; a number below 0 wraps around.
static size_t jump_of(const char *code) {
    return (size_t)(ptrdiff_t)(int8_t)code[1];
}

// Follows what consumes no character, the preferred way first, and keeps the places where a character
// is needed, with the machine's groups as they are on the way there.
static void add(machine_t *m, threads_t *to, size_t at, size_t position) {
    if (m->seen[at]) {
        return;
    }
    m->seen[at] = 1;
    const char *code = m->code + at;
    const size_t following = at + width_of(code);
    switch (*code) {
        case Jmp:
            add(m, to, following + jump_of(code), position);
            return;
        case Split:
            add(m, to, following, position);
            add(m, to, following + jump_of(code), position);
            return;
        case RSplit:
            add(m, to, following + jump_of(code), position);
            add(m, to, following, position);
            return;
        case Save: {
            const size_t group = (uint8_t)code[1];
            if (group >= m->n_groups) {
                add(m, to, following, position);
                return;
            }
            const uint16_t before = m->groups[group];
            m->groups[group] = (uint16_t)position;
            add(m, to, following, position);
            m->groups[group] = before;
            return;
        }
        case Bol:
        case Eol:
            if (position == (*code == Bol ? 0 : m->size)) {
                add(m, to, following, position);
            }
            return;
        default:
            to->at[to->n] = (uint16_t)at;
            memcpy(to->groups + to->n * m->n_groups, m->groups, m->n_groups * sizeof(uint16_t));
            to->n++;
    }
}

static bool takes(const char *code, const char *character) {
    switch (*code) {
        case Char:
            return *character == code[1];
        case Any:
            return true;
        case NamedClass:
            return _re1_5_namedclassmatch(code + 1, character);
        default:
            return _re1_5_classmatch(code + 1, character);
    }
}

// Whether the data match; then `best` has the groups.
static bool run(machine_t *m, size_t start) {
    bool found = false;
    memset(m->groups, 0xff, m->n_groups * sizeof(uint16_t));
    memset(m->seen, 0, m->code_size);
    add(m, &m->now, start, 0);
    for (size_t position = 0; m->now.n > 0; position++) {
        memset(m->seen, 0, m->code_size);
        m->next.n = 0;
        for (size_t i = 0; i < m->now.n; i++) {
            const size_t at = m->now.at[i];
            const uint16_t *groups = m->now.groups + i * m->n_groups;
            if (m->code[at] == Match) {
                // The ways behind this one are of less preference.
                memcpy(m->best, groups, m->n_groups * sizeof(uint16_t));
                found = true;
                break;
            }
            if (position < m->size && takes(m->code + at, m->data + position)) {
                memcpy(m->groups, groups, m->n_groups * sizeof(uint16_t));
                add(m, &m->next, at + width_of(m->code + at), position + 1);
            }
        }
        const threads_t swapped = m->now;
        m->now = m->next;
        m->next = swapped;
    }
    return found;
}

// The number of places in the code where a character is needed, and of the end.
static size_t count_threads(const machine_t *m) {
    size_t n = 0;
    for (size_t at = 0; at < m->code_size; at += width_of(m->code + at)) {
        n += m->code[at] < ASSERTS || m->code[at] == Match;
    }
    return n;
}

static mp_obj_t match_from(mp_obj_t pattern, mp_obj_t data, bool is_anchored) {
    if (mp_obj_get_type(pattern)->name != MP_QSTR_re) {
        mp_raise_TypeError(MP_ERROR_TEXT("needs what re.compile() returns"));
    }
    const re_t *re = MP_OBJ_TO_PTR(pattern);
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(data, &buffer, MP_BUFFER_READ);
    if (buffer.len >= NOWHERE || re->re.bytelen >= NOWHERE) {
        mp_raise_ValueError(MP_ERROR_TEXT("pattern or data too long"));
    }
    machine_t m = { .code = re->re.insts, .data = buffer.buf, .size = buffer.len };
    m.code_size = (size_t)re->re.bytelen;
    m.n_groups = 2 * ((size_t)re->re.sub + 1);
    const size_t n = count_threads(&m), each = m.n_groups + 1;
    uint16_t *memory = malloc((2 * n * each + 2 * m.n_groups) * sizeof(uint16_t) + m.code_size);
    if (memory == NULL) {
        mp_raise_type(&mp_type_MemoryError);
    }
    m.now = (threads_t){ 0, memory, memory + n };
    m.next = (threads_t){ 0, memory + n * each, memory + n * each + n };
    m.groups = memory + 2 * n * each;
    m.best = m.groups + m.n_groups;
    m.seen = (uint8_t *)(m.best + m.n_groups);
    uint16_t best[2 * 64];
    const bool found = run(&m, is_anchored ? NON_ANCHORED_PREFIX : 0);
    const size_t kept = m.n_groups < 2 * 64 ? m.n_groups : 2 * 64;
    memcpy(best, m.best, kept * sizeof(uint16_t));
    // Before anything is allocated that could raise an exception.
    free(memory);
    if (!found) {
        return mp_const_none;
    }
    mp_obj_t groups = mp_obj_new_tuple(kept / 2, NULL);
    mp_obj_tuple_t *tuple = MP_OBJ_TO_PTR(groups);
    for (size_t i = 0; i < kept / 2; i++) {
        const uint16_t from = best[2 * i], to = best[2 * i + 1];
        tuple->items[i] = from == NOWHERE || to == NOWHERE
                              ? mp_const_none
                              : mp_obj_new_bytes((const byte *)buffer.buf + from, (size_t)(to - from));
    }
    return groups;
}

// match(pattern, data): the groups of a compiled pattern that matches from the beginning of the data, a
// tuple of bytes, the whole match first, None for each without a part; None without a match. At most 63
// groups are returned. ValueError for data or a pattern of 64 KiB and more, MemoryError.
static mp_obj_t relinear_match(mp_obj_t pattern, mp_obj_t data) {
    return match_from(pattern, data, true);
}
static MP_DEFINE_CONST_FUN_OBJ_2(relinear_match_obj, relinear_match);

// search(pattern, data): the same of the first place where it matches.
static mp_obj_t relinear_search(mp_obj_t pattern, mp_obj_t data) {
    return match_from(pattern, data, false);
}
static MP_DEFINE_CONST_FUN_OBJ_2(relinear_search_obj, relinear_search);

static const mp_rom_map_elem_t relinear_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_relinear) },
    { MP_ROM_QSTR(MP_QSTR_match), MP_ROM_PTR(&relinear_match_obj) },
    { MP_ROM_QSTR(MP_QSTR_search), MP_ROM_PTR(&relinear_search_obj) },
};
static MP_DEFINE_CONST_DICT(relinear_globals, relinear_table);

const mp_obj_module_t relinear_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&relinear_globals,
};
MP_REGISTER_MODULE(MP_QSTR_relinear, relinear_module);
