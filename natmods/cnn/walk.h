// SPDX-License-Identifier: MIT
// Iterators over tensors: two operands that broadcast, the window of a pooling, the inputs of a mean.
#ifndef SENSORD_CNN_WALK_H
#define SENSORD_CNN_WALK_H

#include "model.h"

// Goes through the result's rows (its last dimension), with the operands' elements for each. A dimension
// of 1 is repeated: its step is 0.
typedef struct {
    size_t a, b; // index of the first elements
    size_t n, a_step, b_step;
    uint32_t dims[3], at[3];
    size_t a_steps[3], b_steps[3];
    bool started;
} cnn_walk_t;

static inline void cnn_walk_start(cnn_walk_t *walk, const cnn_model_t *model, const cnn_op_t *op) {
    const cnn_tensor_t *a = &model->tensors[op->a], *b = &model->tensors[op->b];
    const cnn_tensor_t *out = &model->tensors[op->out];
    size_t a_step = a->dims[3], b_step = b->dims[3];
    walk->n = out->dims[3];
    walk->a_step = a->dims[3] == 1 ? 0 : 1;
    walk->b_step = b->dims[3] == 1 ? 0 : 1;
    for (int i = 2; i >= 0; i--) {
        walk->dims[i] = out->dims[i];
        walk->at[i] = 0;
        walk->a_steps[i] = a->dims[i] == 1 ? 0 : a_step;
        walk->b_steps[i] = b->dims[i] == 1 ? 0 : b_step;
        a_step *= a->dims[i];
        b_step *= b->dims[i];
    }
    if (a->n == out->n && b->n == out->n) {
        // No broadcasting: one long row.
        walk->n = out->n;
        walk->a_step = walk->b_step = 1;
        walk->dims[0] = walk->dims[1] = walk->dims[2] = 1;
    }
    walk->a = walk->b = 0;
    walk->started = false;
}

static inline bool cnn_walk_row(cnn_walk_t *walk) {
    if (!walk->started) {
        walk->started = true;
        return true;
    }
    for (int i = 2; i >= 0; i--) {
        walk->a += walk->a_steps[i];
        walk->b += walk->b_steps[i];
        if (++walk->at[i] < walk->dims[i]) {
            return true;
        }
        walk->a -= walk->a_steps[i] * walk->dims[i];
        walk->b -= walk->b_steps[i] * walk->dims[i];
        walk->at[i] = 0;
    }
    return false;
}

// The part of a pooling's window inside the input. It is never empty.
typedef struct {
    uint32_t top, bottom, left, right;
} cnn_window_t;

static inline cnn_window_t cnn_window(const cnn_op_t *op, uint32_t y, uint32_t x) {
    const int32_t top = (int32_t)(y * op->stride_h) - op->pad_top;
    const int32_t left = (int32_t)(x * op->stride_w) - op->pad_left;
    const int32_t bottom = top + (int32_t)op->kernel_h, right = left + (int32_t)op->kernel_w;
    return (cnn_window_t){
        .top = top<0 ? 0 : (uint32_t)top, .bottom = bottom>(int32_t) op->in.height ? op->in.height
                                                                                   : (uint32_t)bottom,
        .left = left<0 ? 0 : (uint32_t)left, .right = right>(int32_t) op->in.width ? op->in.width
                                                                                   : (uint32_t)right,
    };
}

// The elements of each mean: `outer` times `inner` of them, over the reduced dimensions. The results
// step over the other dimensions.
typedef struct {
    uint32_t dims[CNN_MAX_RANK], at[CNN_MAX_RANK];
    size_t steps[CNN_MAX_RANK];
    uint32_t reduced;
    uint32_t outer, inner; // inner: the last reduced dimension; outer: the product of the others
    size_t inner_step, base;
    int inner_dim;
    bool started;
} cnn_reduction_t;

static inline void cnn_reduction_start(cnn_reduction_t *r, const cnn_tensor_t *a, uint32_t reduced) {
    size_t step = 1;
    r->reduced = reduced;
    r->outer = r->inner = 1;
    r->inner_step = r->base = 0;
    r->inner_dim = -1;
    r->started = false;
    for (int i = CNN_MAX_RANK - 1; i >= 0; i--) {
        r->dims[i] = a->dims[i];
        r->at[i] = 0;
        r->steps[i] = step;
        step *= a->dims[i];
        if (reduced >> i & 1) {
            if (r->inner_dim < 0) {
                r->inner_dim = i;
                r->inner = a->dims[i];
                r->inner_step = r->steps[i];
            } else {
                r->outer *= a->dims[i];
            }
        }
    }
}

// Goes to the next result; false after the last.
static inline bool cnn_reduction_next(cnn_reduction_t *r) {
    if (!r->started) {
        r->started = true;
        return true;
    }
    for (int i = CNN_MAX_RANK - 1; i >= 0; i--) {
        if (r->reduced >> i & 1) {
            continue;
        }
        r->base += r->steps[i];
        if (++r->at[i] < r->dims[i]) {
            return true;
        }
        r->base -= r->steps[i] * r->dims[i];
        r->at[i] = 0;
    }
    return false;
}

// The first element of run `i` of `outer`.
static inline size_t cnn_reduction_at(const cnn_reduction_t *r, uint32_t i) {
    size_t at = r->base;
    for (int d = r->inner_dim - 1; d >= 0; d--) {
        if (r->reduced >> d & 1) {
            at += i % r->dims[d] * r->steps[d];
            i /= r->dims[d];
        }
    }
    return at;
}

#endif
