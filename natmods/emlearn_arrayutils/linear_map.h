// SPDX-License-Identifier: MIT
// linear_map()'s arithmetic on arrays of four types, in plain C.
#ifndef SENSORD_LINEAR_MAP_H
#define SENSORD_LINEAR_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The size of linear_map()'s array types: int8, uint8, int16 and float32; 0 for others.
static inline size_t map_element_size(char typecode) {
    return typecode == 'b' || typecode == 'B' ? 1 : typecode == 'h' ? 2 : typecode == 'f' ? 4 : 0;
}

static inline float map_clamp(float value, float low, float high) {
    return !(value >= low) ? low : value > high ? high : value; // NaN becomes low
}

static inline float map_load(const void *values, char typecode, size_t i) {
    switch (typecode) {
        case 'b':
            return (float)((const int8_t *)values)[i];
        case 'B':
            return (float)((const uint8_t *)values)[i];
        case 'h':
            return (float)((const int16_t *)values)[i];
        default:
            return ((const float *)values)[i];
    }
}

// Stores to an integer type round to nearest and saturate: a plain cast out of range is undefined.
static inline void map_store(void *values, char typecode, size_t i, float value) {
    const float rounded = value < 0.0f ? value - 0.5f : value + 0.5f;
    switch (typecode) {
        case 'b':
            ((int8_t *)values)[i] = (int8_t)map_clamp(rounded, -128.0f, 127.0f);
            break;
        case 'B':
            ((uint8_t *)values)[i] = (uint8_t)map_clamp(rounded, 0.0f, 255.0f);
            break;
        case 'h':
            ((int16_t *)values)[i] = (int16_t)map_clamp(rounded, -32768.0f, 32767.0f);
            break;
        default:
            ((float *)values)[i] = value;
            break;
    }
}

typedef struct {
    float in_min, in_max, out_min, out_max;
} map_range_t;

// Whether all ends are finite, and the range of the input is not empty.
static inline bool map_range_ok(const map_range_t *r) {
    const float scale = (r->out_max - r->out_min) / (r->in_max - r->in_min);
    const float doubt =
        (r->in_max - r->in_max) + (scale - scale) + (r->in_min - r->in_min) + (r->out_min - r->out_min);
    return doubt == 0.0f; // NaN, if one of them is not finite
}

// Maps `length` elements of `in` into `out`, which may be `in`. The typecodes have a size, and the range
// must be a valid one.
static inline void map_linear(const void *in, char in_type, void *out, char out_type, size_t length,
                              const map_range_t *r) {
    const float scale = (r->out_max - r->out_min) / (r->in_max - r->in_min);
    const float low = r->out_min < r->out_max ? r->out_min : r->out_max;
    const float high = r->out_min < r->out_max ? r->out_max : r->out_min;
    for (size_t i = 0; i < length; i++) {
        const float mapped = (map_load(in, in_type, i) - r->in_min) * scale + r->out_min;
        map_store(out, out_type, i, map_clamp(mapped, low, high));
    }
}

#endif
