// SPDX-License-Identifier: MIT
// A cascade of second-order sections on float samples, in plain C.
//
// Four sections run side by side as the lanes of a vector, a wavefront through the samples:
//
//   lane 0: sample t                          -> first section
//   lane 1: lane 0's result of two steps ago  -> second section
//   lane 2: lane 1's result of two steps ago  -> third section
//   lane 3: lane 2's result of two steps ago  -> fourth section, whose result is the output
//
// A section depends on its own last two results, which limits the speed; as each lane is two steps
// behind the one before it, it waits for nothing else. Groups of fewer than four are filled up with
// sections that pass their input on.
#ifndef SENSORD_CASCADE_H
#define SENSORD_CASCADE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CASCADE_LANES 4
#define CASCADE_LAG 2 // steps a lane is behind the one that feeds it
#define CASCADE_DELAY (CASCADE_LAG * (CASCADE_LANES - 1))

// Values that decay in silence become 0 below this, -400 dB below full scale: far below it lie the
// denormal numbers, on which x86 is ten times slower.
#define CASCADE_FLUSH_BELOW 1e-20f
#define CASCADE_FLUSH_EVERY 256

typedef float cascade_vec_t __attribute__((vector_size(16)));
typedef int32_t cascade_mask_t __attribute__((vector_size(16)));

// Four sections in direct form 1, y = b0 x + b1 x1 + b2 x2 - a1 y1 - a2 y2: its states are samples, so a
// call may end anywhere and the next one continues with the very same numbers. Plain arrays, because
// the memory may not be aligned for vectors.
typedef struct {
    float b0[CASCADE_LANES], b1[CASCADE_LANES], b2[CASCADE_LANES], a1[CASCADE_LANES], a2[CASCADE_LANES];
    float x1[CASCADE_LANES], x2[CASCADE_LANES], y1[CASCADE_LANES], y2[CASCADE_LANES];
} cascade_group_t;

// The values that the loops below keep in registers.
typedef struct {
    cascade_vec_t b0, b1, b2, a1, a2;
    cascade_vec_t x1, x2, y1, y2;
} cascade_regs_t;

static inline size_t cascade_n_groups(size_t n_sections) {
    return (n_sections + CASCADE_LANES - 1) / CASCADE_LANES;
}

static inline void cascade_rest(cascade_group_t *groups, size_t n_sections) {
    for (size_t i = 0; i < cascade_n_groups(n_sections); i++) {
        for (int lane = 0; lane < CASCADE_LANES; lane++) {
            groups[i].x1[lane] = groups[i].x2[lane] = groups[i].y1[lane] = groups[i].y2[lane] = 0.0f;
        }
    }
}

static inline bool cascade_is_finite(float value) {
    return value - value == 0.0f;
}

// Whether the states are all numbers: a NaN or infinity never leaves them.
static inline bool cascade_is_sound(const cascade_group_t *groups, size_t n_sections) {
    bool sound = true;
    for (size_t i = 0; i < cascade_n_groups(n_sections); i++) {
        for (int lane = 0; lane < CASCADE_LANES; lane++) {
            sound &= cascade_is_finite(groups[i].y1[lane]) && cascade_is_finite(groups[i].y2[lane]);
        }
    }
    return sound;
}

// Starts the groups at rest, from scipy's SOS: b0 b1 b2 a0 a1 a2 of each section. Returns
// false if a coefficient divided by a0 is not finite.
static inline bool cascade_init(cascade_group_t *groups, const float *sos, size_t n_sections) {
    const size_t n_groups = cascade_n_groups(n_sections);
    const size_t n_passing = n_groups * CASCADE_LANES - n_sections;
    bool finite = true;
    for (size_t place = 0; place < n_groups * CASCADE_LANES; place++) {
        cascade_group_t *group = &groups[place / CASCADE_LANES];
        const size_t lane = place % CASCADE_LANES;
        const float pass[6] = { 1.0f, 0.0f, 0.0f, 1.0f, 0.0f, 0.0f };
        const float *c = place < n_passing ? pass : sos + 6 * (place - n_passing);
        group->b0[lane] = c[0] / c[3];
        group->b1[lane] = c[1] / c[3];
        group->b2[lane] = c[2] / c[3];
        group->a1[lane] = c[4] / c[3];
        group->a2[lane] = c[5] / c[3];
        for (int i = 0; i < 6; i++) {
            finite &= cascade_is_finite(c[i] / c[3]);
        }
    }
    cascade_rest(groups, n_sections);
    return finite;
}

static inline cascade_vec_t cascade_load(const float *from) {
    return (cascade_vec_t){ from[0], from[1], from[2], from[3] };
}

static inline void cascade_store(float *to, cascade_vec_t v) {
    for (int i = 0; i < CASCADE_LANES; i++) {
        to[i] = v[i];
    }
}

static inline cascade_vec_t cascade_select(cascade_mask_t mask, cascade_vec_t yes, cascade_vec_t no) {
    return (cascade_vec_t)((mask & (cascade_mask_t)yes) | (~mask & (cascade_mask_t)no));
}

static inline cascade_vec_t cascade_flush(cascade_vec_t v) {
    const cascade_vec_t limit = { CASCADE_FLUSH_BELOW, CASCADE_FLUSH_BELOW, CASCADE_FLUSH_BELOW,
                                  CASCADE_FLUSH_BELOW };
    const cascade_mask_t small = (v < limit) & (v > -limit); // NaN stays NaN
    return (cascade_vec_t)(~small & (cascade_mask_t)v);
}

static inline void cascade_flush_states(cascade_regs_t *r) {
    r->x1 = cascade_flush(r->x1);
    r->x2 = cascade_flush(r->x2);
    r->y1 = cascade_flush(r->y1);
    r->y2 = cascade_flush(r->y2);
}

static inline cascade_vec_t cascade_feed(float sample, cascade_vec_t y) {
    const cascade_vec_t first = { sample, 0.0f, 0.0f, 0.0f };
    return __builtin_shufflevector(first, y, 0, 4, 5, 6);
}

// The order of the terms makes it fast: only the last product waits for the step before.
static inline cascade_vec_t cascade_result(const cascade_regs_t *r, cascade_vec_t x) {
    return ((r->b0 * x + (r->b1 * r->x1 + r->b2 * r->x2)) - r->a2 * r->y2) - r->a1 * r->y1;
}

// Steps in which not all lanes have a sample: steps `first` to `last` of those for n samples.
static inline void cascade_edge(cascade_regs_t *r, float *values, size_t n, size_t first, size_t last) {
    cascade_vec_t was1 = r->y1, was2 = r->y2; // the lanes' last results
    for (size_t t = first; t < last; t++) {
        cascade_mask_t at_work;
        for (size_t lane = 0; lane < CASCADE_LANES; lane++) {
            at_work[lane] = t >= lane * CASCADE_LAG && t - lane * CASCADE_LAG < n ? -1 : 0;
        }
        const cascade_vec_t x = cascade_feed(t < n ? values[t] : 0.0f, was2);
        const cascade_vec_t y = cascade_result(r, x);
        was2 = was1;
        was1 = y;
        r->x2 = cascade_select(at_work, r->x1, r->x2);
        r->x1 = cascade_select(at_work, x, r->x1);
        r->y2 = cascade_select(at_work, r->y1, r->y2);
        r->y1 = cascade_select(at_work, y, r->y1);
        if (t >= CASCADE_DELAY) {
            values[t - CASCADE_DELAY] = y[CASCADE_LANES - 1];
        }
    }
}

static inline void cascade_run_group(cascade_group_t *group, float *values, size_t n) {
    cascade_regs_t r = {
        cascade_load(group->b0), cascade_load(group->b1), cascade_load(group->b2),
        cascade_load(group->a1), cascade_load(group->a2), cascade_load(group->x1),
        cascade_load(group->x2), cascade_load(group->y1), cascade_load(group->y2),
    };
    cascade_edge(&r, values, n, 0, n < CASCADE_DELAY ? n : CASCADE_DELAY);
    for (size_t start = CASCADE_DELAY; start < n; start += CASCADE_FLUSH_EVERY) {
        const size_t end = n - start < CASCADE_FLUSH_EVERY ? n : start + CASCADE_FLUSH_EVERY;
        for (size_t t = start; t < end; t++) {
            const cascade_vec_t x = cascade_feed(values[t], r.y2);
            const cascade_vec_t y = cascade_result(&r, x);
            r.x2 = r.x1;
            r.x1 = x;
            r.y2 = r.y1;
            r.y1 = y;
            values[t - CASCADE_DELAY] = y[CASCADE_LANES - 1];
        }
        cascade_flush_states(&r);
    }
    cascade_edge(&r, values, n, n, n + CASCADE_DELAY);
    cascade_flush_states(&r);
    cascade_store(group->x1, r.x1);
    cascade_store(group->x2, r.x2);
    cascade_store(group->y1, r.y1);
    cascade_store(group->y2, r.y2);
}

// Filters n samples in place; the states stay in the groups for the next call.
static inline void cascade_run(cascade_group_t *groups, size_t n_sections, float *values, size_t n) {
    for (size_t i = 0; n > 0 && i < cascade_n_groups(n_sections); i++) {
        cascade_run_group(&groups[i], values, n);
    }
}

#endif
