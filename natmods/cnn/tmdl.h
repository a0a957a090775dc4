// SPDX-License-Identifier: MIT
// Loads TinyMaix models (.tmdl). The format, all little endian, is that of TinyMaix's tinymaix.h: a
// header of 64 bytes, then layers, each a head of 48 bytes, its parameters, scales, weights and biases.
//
// Layers name their inputs by places in TinyMaix's own buffer. Here they become tensors: a layer reads
// the tensor that was written to its place last. The int8 arithmetic is TinyMaix's, which rounds
// towards zero, but a result beyond int8 saturates instead of overflowing.
#ifndef SENSORD_CNN_TMDL_H
#define SENSORD_CNN_TMDL_H

#include "ops.h"

enum { TMDL_INT8 = 0, TMDL_FP32 = 2 }; // mdl_type
enum { TMDL_CONV2D, TMDL_GAP, TMDL_FC, TMDL_SOFTMAX, TMDL_RESHAPE, TMDL_DWCONV2D, TMDL_ADD };
enum { TMDL_HEADER = 64, TMDL_HEAD = 48 }; // bytes
enum { TMDL_NONE, TMDL_RELU, TMDL_RELU6 = 3 }; // activations

typedef struct {
    const uint8_t *p; // the layer
    uint32_t type, size;
    uint32_t in_at, out_at; // places in TinyMaix's buffer
} tmdl_layer_t;

static inline uint32_t tmdl_u16(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static inline uint32_t tmdl_u32(const uint8_t *p) {
    return (uint32_t)cnn_int_at(p);
}

// Adds a tensor of four uint16, "dims, h, w, c", with its scale and zero point, at a place in TinyMaix's
// buffer.
static inline bool tmdl_add_tensor(cnn_model_t *model, const uint8_t *dims, const uint8_t *quantization,
                                   uint32_t place) {
    cnn_tensor_t *t = &model->tensors[model->n_tensors];
    const bool is_int8 = model->file[4] == TMDL_INT8;
    t->type = is_int8 ? CNN_INT8 : CNN_FP32;
    t->file_type = is_int8 ? 9 : 0;
    const uint32_t rank = tmdl_u16(dims);
    if (rank < 1 || rank > 3) {
        return cnn_fail(model, "", "a layer of the model must have 1 to 3 dimensions");
    }
    t->rank = (uint8_t)(rank + 1); // with the batch, which TinyMaix does not have
    t->dims[0] = 1;
    for (int i = 1; i < CNN_MAX_RANK; i++) {
        t->dims[i] = tmdl_u16(dims + 2 * i);
    }
    t->first = CNN_NONE;
    t->storage = (uint16_t)model->n_tensors;
    t->scales_at = place; // this format has no other use for it
    if (is_int8) {
        t->scale = cnn_float_at(quantization);
        t->zero_point = cnn_int_at(quantization + 4);
        if (!cnn_is_scale(t->scale) || t->zero_point < -128 || t->zero_point > 127) {
            return cnn_fail(model, "", "a layer of the model has a scale or zero point out of range");
        }
    }
    model->n_tensors++;
    return cnn_measure(model, t);
}

// The tensor written last to a place.
static inline uint16_t tmdl_tensor_at(const cnn_model_t *model, uint32_t place) {
    for (uint32_t i = model->n_tensors; i-- > 0;) {
        if (model->tensors[i].scales_at == place) {
            return (uint16_t)i;
        }
    }
    return CNN_NONE;
}

static inline bool tmdl_needs(cnn_model_t *model, const tmdl_layer_t *layer, uint64_t at, uint64_t n) {
    if (at > layer->size || n > layer->size - at) {
        return cnn_fail(model, "", "a layer of the model ends too early");
    }
    return true;
}

// Sets the weights and their scales and biases; `at` is where the layer states their offsets. Biases
// include the input's zero point.
static inline bool tmdl_set_constants(cnn_model_t *model, cnn_op_t *op, const tmdl_layer_t *layer,
                                      uint32_t at, uint64_t n_weights, bool per_channel) {
    const uint32_t width = cnn_type_size(model->tensors[op->a].type);
    const bool is_int8 = width == 1;
    const uint32_t scales = tmdl_u32(layer->p + at), weights = tmdl_u32(layer->p + at + 4);
    const uint32_t bias = tmdl_u32(layer->p + at + 8), n = op->result.channels;
    const uint32_t n_scales = is_int8 ? (per_channel ? n : 1) : 0;
    if (!tmdl_needs(model, layer, scales, 4 * (uint64_t)n_scales) ||
        !tmdl_needs(model, layer, weights, n_weights * width) ||
        !tmdl_needs(model, layer, bias, 4 * (uint64_t)n)) {
        return false;
    }
    cnn_constants_t constants = { .weights = layer->p + weights, .bias = layer->p + bias };
    constants.scales = layer->p + scales;
    constants.n_weights = (uint32_t)n_weights;
    constants.n_outputs = n;
    constants.n_scales = n_scales;
    op->factor = 1.0f;
    if (op->name == TFLITE_FULLY_CONNECTED && is_int8) {
        // TinyMaix multiplies with the two scales in turn here: keep both, for the same rounding.
        op->factor = cnn_float_at(constants.scales);
        static const uint8_t one[4] = { 0, 0, 0x80, 0x3f };
        constants.scales = one;
        if (!cnn_is_scale(op->factor)) {
            return cnn_fail(model, "", "a layer of the model has a scale out of range");
        }
    }
    return cnn_set_constants(model, op, &constants);
}

static inline bool tmdl_set_activation(cnn_model_t *model, cnn_op_t *op, uint32_t activation) {
    if (activation > TMDL_RELU6 || activation == 2) {
        return cnn_fail(model, tflite_operator_name(op->name), " with this activation is not supported");
    }
    cnn_set_range(model, op, activation == TMDL_NONE ? -CNN_INFINITY : 0.0f,
                  activation == TMDL_RELU6 ? 6.0f : CNN_INFINITY);
    return true;
}

static inline void tmdl_set_shapes(const cnn_model_t *model, cnn_op_t *op) {
    const cnn_tensor_t *a = &model->tensors[op->a], *out = &model->tensors[op->out];
    op->in = (cnn_shape_t){ a->dims[1], a->dims[2], a->dims[3] };
    op->result = (cnn_shape_t){ out->dims[1], out->dims[2], out->dims[3] };
}

static inline bool tmdl_fits(uint32_t padded, uint32_t kernel, uint32_t stride, uint32_t out) {
    return kernel != 0 && stride != 0 && padded >= kernel && out == (padded - kernel) / stride + 1;
}

static inline bool tmdl_conv(cnn_model_t *model, cnn_op_t *op, const tmdl_layer_t *layer) {
    if (!tmdl_needs(model, layer, TMDL_HEAD, 32)) {
        return false;
    }
    const uint8_t *p = layer->p + TMDL_HEAD;
    tmdl_set_shapes(model, op);
    op->kernel_w = p[0];
    op->kernel_h = p[1];
    op->stride_w = p[2];
    op->stride_h = p[3];
    op->dilation_w = op->dilation_h = 1;
    op->pad_top = p[8];
    op->pad_left = p[10];
    op->multiplier = tmdl_u32(p + 12);
    const bool is_depthwise = op->multiplier != 0;
    op->kind = is_depthwise ? CNN_DEPTHWISE : CNN_CONV;
    op->name = is_depthwise ? TFLITE_DEPTHWISE_CONV_2D : TFLITE_CONV_2D;
    if (p[4] != 1 || p[5] != 1) {
        return cnn_fail(model, tflite_operator_name(op->name), " with dilation is not supported here");
    }
    if (!tmdl_fits(op->in.height + p[8] + p[9], op->kernel_h, op->stride_h, op->result.height) ||
        !tmdl_fits(op->in.width + p[10] + p[11], op->kernel_w, op->stride_w, op->result.width) ||
        (is_depthwise && (uint64_t)op->in.channels * op->multiplier != op->result.channels)) {
        return cnn_fail(model, tflite_operator_name(op->name), " with an impossible shape");
    }
    if (!cnn_plan_conv(model, op)) {
        return false;
    }
    const uint64_t n_weights = (uint64_t)cnn_dot_length(op) * op->result.channels;
    return tmdl_set_activation(model, op, tmdl_u16(p + 6)) &&
           tmdl_set_constants(model, op, layer, TMDL_HEAD + 20, n_weights, true);
}

static inline bool tmdl_fc(cnn_model_t *model, cnn_op_t *op, const tmdl_layer_t *layer) {
    if (!tmdl_needs(model, layer, TMDL_HEAD, 16)) {
        return false;
    }
    op->in = (cnn_shape_t){ 1, 1, model->tensors[op->a].n };
    op->result = (cnn_shape_t){ 1, 1, model->tensors[op->out].n };
    op->kernel_h = op->kernel_w = op->stride_h = op->stride_w = op->dilation_h = op->dilation_w = 1;
    return cnn_plan_conv(model, op) && tmdl_set_activation(model, op, TMDL_NONE) &&
           tmdl_set_constants(model, op, layer, TMDL_HEAD, (uint64_t)op->in.channels * op->result.channels,
                              false);
}

static inline bool tmdl_add(cnn_model_t *model, cnn_op_t *op, const tmdl_layer_t *layer) {
    if (!tmdl_needs(model, layer, TMDL_HEAD, 16)) {
        return false;
    }
    op->b = tmdl_tensor_at(model, tmdl_u32(layer->p + TMDL_HEAD));
    if (op->b == op->out || !cnn_take(model, op, op->b)) {
        return cnn_fail(model, "ADD", " reads a tensor that nothing wrote before");
    }
    if (model->tensors[op->b].n != model->tensors[op->a].n ||
        model->tensors[op->out].n != model->tensors[op->a].n) {
        return cnn_fail(model, "ADD", " of different shapes is not supported here");
    }
    return tmdl_set_activation(model, op, TMDL_NONE);
}

// Sets kind and name of a layer's operator.
static inline bool tmdl_set_kind(cnn_model_t *model, cnn_op_t *op, uint32_t type) {
    static const uint8_t kinds[][2] = {
        { CNN_CONV, TFLITE_CONV_2D },
        { CNN_MEAN, TFLITE_MEAN },
        { CNN_CONV, TFLITE_FULLY_CONNECTED },
        { CNN_SOFTMAX, TFLITE_SOFTMAX },
        { CNN_ALIAS, TFLITE_RESHAPE },
        { CNN_DEPTHWISE, TFLITE_DEPTHWISE_CONV_2D },
        { CNN_ADD, TFLITE_ADD },
    };
    if (type >= sizeof(kinds) / sizeof(kinds[0])) {
        return cnn_fail(model, "", "a TinyMaix layer of an unknown type is not supported");
    }
    op->kind = kinds[type][0];
    op->name = kinds[type][1];
    return true;
}

static inline bool tmdl_finish(cnn_model_t *model, cnn_op_t *op, const tmdl_layer_t *layer) {
    cnn_tensor_t *a = &model->tensors[op->a], *out = &model->tensors[op->out];
    switch (layer->type) {
        case TMDL_CONV2D:
        case TMDL_DWCONV2D:
            return tmdl_conv(model, op, layer);
        case TMDL_FC:
            return tmdl_fc(model, op, layer);
        case TMDL_ADD:
            return tmdl_add(model, op, layer);
        case TMDL_GAP:
            op->reduced = 1 << 1 | 1 << 2;
            return out->n == a->dims[3] || cnn_fail(model, "MEAN", " with an impossible shape");
        case TMDL_SOFTMAX:
            op->factor = 1.0f;
            return out->n == a->n || cnn_fail(model, "SOFTMAX", " with an impossible shape");
        default:
            out->storage = a->storage;
            return out->n == a->n || cnn_fail(model, "RESHAPE", " to another size");
    }
}

static inline bool tmdl_add_layer(cnn_model_t *model, const tmdl_layer_t *layer) {
    cnn_op_t *op = cnn_next_op(model, 0, 0);
    if (op == NULL || !tmdl_set_kind(model, op, layer->type)) {
        return false;
    }
    const uint8_t *q = layer->p + 32;
    op->truncates = true;
    op->a = model->n_ops == 1 ? model->input : tmdl_tensor_at(model, layer->in_at);
    op->out = (uint16_t)model->n_tensors;
    if (!tmdl_add_tensor(model, layer->p + 24, q + 8, layer->out_at) || !cnn_unary(model, op)) {
        return false;
    }
    const cnn_tensor_t *a = &model->tensors[op->a];
    uint64_t n = 1;
    for (int i = 1; i < CNN_MAX_RANK; i++) {
        n *= tmdl_u16(layer->p + 16 + 2 * i);
    }
    if (n != a->n) {
        return cnn_fail(model, tflite_operator_name(op->name), " reads a tensor of another size");
    }
    return tmdl_finish(model, op, layer);
}

// Whether a file is a TinyMaix model, by its first bytes.
static inline bool tmdl_is(const uint8_t *data, size_t size) {
    return size >= TMDL_HEADER && data[0] == 'M' && data[1] == 'A' && data[2] == 'I' && data[3] == 'X';
}

static inline bool tmdl_read_header(cnn_model_t *model, uint32_t n_layers) {
    const uint8_t *file = model->file;
    if (file[4] != TMDL_INT8 && file[4] != TMDL_FP32) {
        return cnn_fail(model, "", "a TinyMaix model of this type of number is not supported");
    }
    if (tmdl_u16(file + 6) != 1 || tmdl_u16(file + 8) != 1) {
        return cnn_fail(model, "", "a model with more than one input or output is not supported");
    }
    if (n_layers == 0 || n_layers > CNN_MAX_OPERATORS ||
        n_layers > (model->file_size - TMDL_HEADER) / TMDL_HEAD) {
        return cnn_fail(model, "", "the model has no layers or more than 1024, or ends too early");
    }
    return true;
}

static inline bool tmdl_read_layers(cnn_model_t *model, uint32_t n_layers) {
    uint32_t at = TMDL_HEADER;
    model->output = CNN_NONE;
    for (uint32_t i = 0; i < n_layers; i++) {
        const uint8_t *p = model->file + at;
        if (model->file_size - at < TMDL_HEAD) {
            return cnn_fail(model, "", "the model ends too early");
        }
        tmdl_layer_t layer = { .p = p, .type = tmdl_u16(p), .size = tmdl_u32(p + 4) };
        layer.in_at = tmdl_u32(p + 8);
        layer.out_at = tmdl_u32(p + 12);
        if (layer.size < TMDL_HEAD || layer.size > model->file_size - at) {
            return cnn_fail(model, "", "the model ends too early");
        }
        if (!tmdl_add_layer(model, &layer)) {
            return false;
        }
        if (tmdl_u16(p + 2) != 0) {
            if (model->output != CNN_NONE) {
                return cnn_fail(model, "", "a model with more than one output is not supported");
            }
            model->output = model->ops[i].out;
        }
        at += layer.size;
    }
    return model->output != CNN_NONE || cnn_fail(model, "", "the model has no output");
}

static inline bool tmdl_load(cnn_model_t *model) {
    const uint32_t n_layers = tmdl_u16(model->file + 10);
    if (!tmdl_read_header(model, n_layers)) {
        return false;
    }
    model->max_ops = n_layers;
    model->ops = cnn_allocate(model, n_layers, sizeof(cnn_op_t));
    model->tensors = cnn_allocate(model, n_layers + 1, sizeof(cnn_tensor_t));
    if (model->ops == NULL || model->tensors == NULL) {
        return false;
    }
    // The first layer has the input's scale, and states the place of the input.
    if (!tmdl_add_tensor(model, model->file + 20, model->file + TMDL_HEADER + 32,
                         tmdl_u32(model->file + TMDL_HEADER + 8))) {
        return false;
    }
    model->input = 0;
    model->tensors[0].first = 0;
    return tmdl_read_layers(model, n_layers);
}

#endif
