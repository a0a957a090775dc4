// SPDX-License-Identifier: MIT
// Places tensors in the scratch memory: only tensors that are never alive together may overlap.
#ifndef SENSORD_CNN_PLAN_H
#define SENSORD_CNN_PLAN_H

#include "model.h"

#define CNN_ALIGNMENT 16

static inline bool cnn_needs_place(const cnn_model_t *model, uint32_t i) {
    const cnn_tensor_t *t = &model->tensors[i];
    return t->constant == NULL && t->first != CNN_NONE && t->storage == i;
}

static inline uint32_t cnn_rounded(uint32_t size) {
    return (size + CNN_SLACK + CNN_ALIGNMENT - 1) & ~(uint32_t)(CNN_ALIGNMENT - 1);
}

// The lowest place for tensor `t` beside those already placed, which `order` lists by their offsets.
static inline uint32_t cnn_lowest_place(const cnn_model_t *model, const cnn_tensor_t *t,
                                        const uint16_t *order, uint32_t n) {
    uint32_t at = 0;
    for (uint32_t i = 0; i < n; i++) {
        const cnn_tensor_t *other = &model->tensors[order[i]];
        if (other->last < t->first || other->first > t->last) {
            continue;
        }
        if (other->offset >= at + cnn_rounded(t->size)) {
            break;
        }
        const uint32_t end = other->offset + cnn_rounded(other->size);
        at = end > at ? end : at;
    }
    return at;
}

// Greedy, the largest first, which for networks is at or near the optimum (Pisarchyk and Lee, 2020,
// "greedy by size"). Allocates the scratch memory with the largest workspace at its end.
static inline bool cnn_plan(cnn_model_t *model) {
    uint16_t *order = cnn_allocate(model, model->n_tensors, sizeof(uint16_t));
    uint8_t *placed = cnn_allocate(model, model->n_tensors, 1);
    if (order == NULL || placed == NULL) {
        return false;
    }
    uint32_t end = 0;
    for (uint32_t n = 0;; n++) {
        uint32_t best = CNN_NONE;
        for (uint32_t i = 0; i < model->n_tensors; i++) {
            if (!placed[i] && cnn_needs_place(model, i) &&
                (best == CNN_NONE || model->tensors[i].size > model->tensors[best].size)) {
                best = i;
            }
        }
        if (best == CNN_NONE) {
            break;
        }
        cnn_tensor_t *t = &model->tensors[best];
        placed[best] = 1;
        t->offset = cnn_lowest_place(model, t, order, n);
        // Offsets stay below twice the limit, so they cannot overflow.
        if (t->offset + cnn_rounded(t->size) > CNN_MAX_MEMORY) {
            return cnn_fail(model, "", "the model needs more than 32 MiB of memory");
        }
        end = t->offset + cnn_rounded(t->size) > end ? t->offset + cnn_rounded(t->size) : end;
        uint32_t i = n;
        for (; i > 0 && model->tensors[order[i - 1]].offset > t->offset; i--) {
            order[i] = order[i - 1];
        }
        order[i] = (uint16_t)best;
    }
    uint32_t workspace = 0;
    for (uint32_t i = 0; i < model->n_ops; i++) {
        workspace = model->ops[i].workspace > workspace ? model->ops[i].workspace : workspace;
    }
    model->workspace_at = end;
    model->scratch_size = end + workspace;
    model->scratch = cnn_allocate(model, model->scratch_size, 1);
    return model->scratch != NULL;
}

#endif
