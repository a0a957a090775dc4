// SPDX-License-Identifier: MIT
// Reads FlatBuffers without trusting them: checks every position and length against the file before use.
// An unreadable value is 0 or empty and sets `broken`, which stays set: a reader may check it once, at the
// end. The format is described in flatbuffers.dev's "internals".
#ifndef SENSORD_CNN_FLATBUFFER_H
#define SENSORD_CNN_FLATBUFFER_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    const uint8_t *data;
    uint32_t size; // below 2^31, so that sums of two positions do not overflow
    bool broken;
} fb_t;

typedef struct {
    uint32_t at; // 0: there is no such table; all its fields have their defaults
    uint32_t size;
    uint32_t vtable, vtable_size;
} fb_table_t;

typedef struct {
    uint32_t at; // of the first element
    uint32_t n;
} fb_vector_t;

static inline bool fb_has(fb_t *fb, uint32_t at, uint64_t n) {
    if (at > fb->size || n > fb->size - at) {
        fb->broken = true;
        return false;
    }
    return true;
}

static inline uint32_t fb_u16(fb_t *fb, uint32_t at) {
    return fb_has(fb, at, 2) ? (uint32_t)fb->data[at] | (uint32_t)fb->data[at + 1] << 8 : 0;
}

static inline uint32_t fb_u32(fb_t *fb, uint32_t at) {
    return fb_has(fb, at, 4) ? fb_u16(fb, at) | fb_u16(fb, at + 2) << 16 : 0;
}

// The target of the offset stored at `at`, or 0. Offsets point forwards: there are no loops.
static inline uint32_t fb_follow(fb_t *fb, uint32_t at) {
    const uint32_t offset = fb_u32(fb, at);
    if (offset < 4 || !fb_has(fb, at, (uint64_t)offset + 4)) {
        fb->broken = true;
        return 0;
    }
    return at + offset;
}

static inline fb_table_t fb_table(fb_t *fb, uint32_t at) {
    const fb_table_t none = { 0, 0, 0, 0 };
    if (at == 0 || !fb_has(fb, at, 4)) {
        return none;
    }
    const int64_t vtable = (int64_t)at - (int32_t)fb_u32(fb, at);
    if (vtable < 0 || vtable > fb->size || !fb_has(fb, (uint32_t)vtable, 4)) {
        fb->broken = true;
        return none;
    }
    fb_table_t t = { at, 0, (uint32_t)vtable, 0 };
    t.vtable_size = fb_u16(fb, t.vtable);
    t.size = fb_u16(fb, t.vtable + 2);
    if (t.vtable_size < 4 || !fb_has(fb, t.vtable, t.vtable_size) || !fb_has(fb, at, t.size)) {
        fb->broken = true;
        return none;
    }
    return t;
}

// The position of a field of `width` bytes, or 0 if the table does not have it.
static inline uint32_t fb_field(fb_t *fb, const fb_table_t *t, uint32_t index, uint32_t width) {
    const uint32_t entry = 4 + 2 * index;
    if (t->at == 0 || entry + 2 > t->vtable_size) {
        return 0;
    }
    const uint32_t offset = fb_u16(fb, t->vtable + entry);
    if (offset == 0) {
        return 0;
    }
    if (offset + width > t->size) {
        fb->broken = true;
        return 0;
    }
    return t->at + offset;
}

static inline uint32_t fb_byte(fb_t *fb, const fb_table_t *t, uint32_t index) {
    const uint32_t at = fb_field(fb, t, index, 1);
    return at == 0 ? 0 : fb->data[at];
}

static inline uint32_t fb_int(fb_t *fb, const fb_table_t *t, uint32_t index, uint32_t absent) {
    const uint32_t at = fb_field(fb, t, index, 4);
    return at == 0 ? absent : fb_u32(fb, at);
}

static inline fb_table_t fb_subtable(fb_t *fb, const fb_table_t *t, uint32_t index) {
    const uint32_t at = fb_field(fb, t, index, 4);
    return fb_table(fb, at == 0 ? 0 : fb_follow(fb, at));
}

// A vector of elements of `width` bytes each; empty if the table does not have it.
static inline fb_vector_t fb_vector(fb_t *fb, const fb_table_t *t, uint32_t index, uint32_t width) {
    const fb_vector_t none = { 0, 0 };
    uint32_t at = fb_field(fb, t, index, 4);
    at = at == 0 ? 0 : fb_follow(fb, at);
    if (at == 0) {
        return none;
    }
    const fb_vector_t v = { at + 4, fb_u32(fb, at) };
    return fb_has(fb, v.at, (uint64_t)v.n * width) ? v : none;
}

static inline fb_table_t fb_table_in(fb_t *fb, const fb_vector_t *v, uint32_t index) {
    if (index >= v->n) {
        fb->broken = true;
        return fb_table(fb, 0);
    }
    return fb_table(fb, fb_follow(fb, v->at + 4 * index));
}

#endif
