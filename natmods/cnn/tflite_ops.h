// SPDX-License-Identifier: MIT
// The operators of TensorFlow Lite models, one function each: reads an operator's options from the
// file, checks shapes and types, and adds what runs it. Meanings are those of the schema and of
// https://ai.google.dev/edge/litert/conversion/tensorflow/quantization/quantization_spec.
#ifndef SENSORD_CNN_TFLITE_OPS_H
#define SENSORD_CNN_TFLITE_OPS_H

#include "flatbuffer.h"
#include "ops.h"

// The numbers of the options' fields, as the schema has them.
enum { CONV_PADDING, CONV_STRIDE_W, CONV_STRIDE_H, CONV_ACTIVATION, CONV_DILATION_W, CONV_DILATION_H };
enum { DEPTHWISE_MULTIPLIER = 3, DEPTHWISE_ACTIVATION, DEPTHWISE_DILATION_W, DEPTHWISE_DILATION_H };
enum { POOL_FILTER_W = 3, POOL_FILTER_H, POOL_ACTIVATION };
enum { CONCATENATION_AXIS, CONCATENATION_ACTIVATION };
enum { FULLY_CONNECTED_ACTIVATION, FULLY_CONNECTED_FORMAT };
enum { BINARY_ACTIVATION = 0 };
enum { SOFTMAX_BETA = 0 };
enum { PADDING_SAME = 0 };

typedef struct {
    cnn_model_t *model;
    fb_t *fb;
    uint32_t code;
    fb_vector_t inputs, outputs;
    fb_table_t options;
} tflite_op_t;

static inline bool tflite_fail(const tflite_op_t *o, const char *text) {
    return cnn_fail(o->model, tflite_operator_name(o->code), text);
}

// The tensor that is element `i` of a vector; CNN_NONE if it is absent or there is no such tensor.
static inline uint16_t tflite_tensor(const tflite_op_t *o, const fb_vector_t *v, uint32_t i) {
    const uint32_t index = i < v->n ? fb_u32(o->fb, v->at + 4 * i) : CNN_NONE;
    return index < o->model->n_tensors ? (uint16_t)index : CNN_NONE;
}

// A new operator with the first input and the first output.
static inline cnn_op_t *tflite_new(const tflite_op_t *o, uint8_t kind) {
    cnn_op_t *op = cnn_next_op(o->model, kind, (uint8_t)o->code);
    if (op != NULL) {
        op->a = tflite_tensor(o, &o->inputs, 0);
        op->out = tflite_tensor(o, &o->outputs, 0);
    }
    return op;
}

// Input `i`, which must be a constant of this type.
static inline const cnn_tensor_t *tflite_constant(const tflite_op_t *o, uint32_t i, uint8_t type) {
    const uint16_t index = tflite_tensor(o, &o->inputs, i);
    if (index == CNN_NONE || o->model->tensors[index].constant == NULL) {
        tflite_fail(o, " with weights or sizes that are not constants is not supported");
        return NULL;
    }
    const cnn_tensor_t *t = &o->model->tensors[index];
    if (t->type != type) {
        cnn_fail_about(o->model, tflite_operator_name(o->code), " is not supported with constants of type ",
                       tflite_type_name(t->file_type));
        return NULL;
    }
    return t;
}

static inline bool tflite_set_activation(const tflite_op_t *o, cnn_op_t *op, uint32_t activation) {
    const float inf = CNN_INFINITY;
    switch (activation) {
        case 0:
            cnn_set_range(o->model, op, -inf, inf);
            return true;
        case 1: // RELU
            cnn_set_range(o->model, op, 0.0f, inf);
            return true;
        case 2: // RELU_N1_TO_1
            cnn_set_range(o->model, op, -1.0f, 1.0f);
            return true;
        case 3: // RELU6
            cnn_set_range(o->model, op, 0.0f, 6.0f);
            return true;
        default:
            return tflite_fail(o, " with this fused activation is not supported");
    }
}

static inline bool tflite_set_shapes(const tflite_op_t *o, cnn_op_t *op) {
    const cnn_tensor_t *a = &o->model->tensors[op->a], *out = &o->model->tensors[op->out];
    if (a->rank != 4 || out->rank != 4 || a->dims[0] != 1 || out->dims[0] != 1) {
        return tflite_fail(o, " needs 4 dimensions, the first of which is 1");
    }
    op->in = (cnn_shape_t){ a->dims[1], a->dims[2], a->dims[3] };
    op->result = (cnn_shape_t){ out->dims[1], out->dims[2], out->dims[3] };
    return true;
}

// One direction of a sliding window: checks the size of the result and sets the padding before.
static inline bool tflite_window(const tflite_op_t *o, uint32_t in, uint32_t out, uint32_t kernel,
                                 uint32_t stride, uint32_t dilation, int32_t *pad) {
    const uint64_t span = (uint64_t)(kernel - 1) * dilation + 1;
    if (kernel == 0 || stride == 0 || dilation == 0 || stride > CNN_MAX_ELEMENTS || span > CNN_MAX_ELEMENTS) {
        return tflite_fail(o, " with an impossible kernel, stride or dilation");
    }
    const bool same = fb_byte(o->fb, &o->options, CONV_PADDING) == PADDING_SAME;
    *pad = 0;
    if (same) {
        const int64_t needed = (int64_t)(out - 1) * stride + (int64_t)span - in;
        *pad = needed > 0 ? (int32_t)(needed / 2) : 0;
    }
    const uint32_t covered = same ? in : in + 1 - (uint32_t)span;
    if ((!same && in < span) || out != (covered - 1) / stride + 1) {
        return tflite_fail(o, " with an impossible shape");
    }
    return true;
}

static inline bool tflite_windows(const tflite_op_t *o, cnn_op_t *op) {
    return tflite_window(o, op->in.height, op->result.height, op->kernel_h, op->stride_h, op->dilation_h,
                         &op->pad_top) &&
           tflite_window(o, op->in.width, op->result.width, op->kernel_w, op->stride_w, op->dilation_w,
                         &op->pad_left);
}

// Weights (input 1) and biases (input 2, may be absent) of an operator whose shapes are set.
static inline bool tflite_set_constants(const tflite_op_t *o, cnn_op_t *op, const cnn_tensor_t *weights) {
    const bool is_int8 = weights->type == CNN_INT8;
    const cnn_tensor_t *bias = NULL;
    const uint32_t n = op->result.channels;
    if (o->inputs.n > 2 && fb_u32(o->fb, o->inputs.at + 8) != UINT32_MAX) {
        bias = tflite_constant(o, 2, is_int8 ? CNN_INT32 : CNN_FP32);
        if (bias == NULL || bias->n != n) {
            return tflite_fail(o, " with biases of another number than its outputs");
        }
    }
    if (is_int8 && ((weights->n_scales != 1 && weights->n_scales != n) || weights->zero_point != 0)) {
        return tflite_fail(o, " with weights quantised like this is not supported");
    }
    const cnn_constants_t constants = {
        .weights = weights->constant,
        .bias = bias == NULL ? NULL : bias->constant,
        .scales = o->fb->data + weights->scales_at,
        .n_weights = weights->n,
        .n_outputs = n,
        .n_scales = weights->n_scales,
    };
    op->factor = 1.0f;
    return cnn_set_constants(o->model, op, &constants);
}

// Checked input and output of one type, and the weights, which must have it too. Or NULL.
static inline const cnn_tensor_t *tflite_weights(const tflite_op_t *o, cnn_op_t *op) {
    if (op == NULL || !cnn_unary(o->model, op)) {
        return NULL;
    }
    return tflite_constant(o, 1, o->model->tensors[op->a].type);
}

static inline bool tflite_conv(const tflite_op_t *o, bool is_depthwise) {
    fb_t *fb = o->fb;
    const fb_table_t *options = &o->options;
    cnn_op_t *op = tflite_new(o, is_depthwise ? CNN_DEPTHWISE : CNN_CONV);
    const cnn_tensor_t *w = tflite_weights(o, op);
    if (w == NULL || !tflite_set_shapes(o, op)) {
        return false;
    }
    const uint32_t channels = is_depthwise ? w->dims[3] : w->dims[0];
    op->kernel_h = w->dims[1];
    op->kernel_w = w->dims[2];
    op->stride_w = fb_int(fb, options, CONV_STRIDE_W, 0);
    op->stride_h = fb_int(fb, options, CONV_STRIDE_H, 0);
    op->dilation_w = fb_int(fb, options, is_depthwise ? DEPTHWISE_DILATION_W : CONV_DILATION_W, 1);
    op->dilation_h = fb_int(fb, options, is_depthwise ? DEPTHWISE_DILATION_H : CONV_DILATION_H, 1);
    // The multiplier follows from the shapes; the option may say something else.
    op->multiplier = is_depthwise ? op->result.channels / op->in.channels : 0;
    const uint64_t expected = is_depthwise ? (uint64_t)op->multiplier * op->in.channels : op->in.channels;
    if (w->rank != 4 || channels != op->result.channels ||
        (is_depthwise ? w->dims[0] != 1 || expected != channels : w->dims[3] != expected)) {
        return tflite_fail(o, " with weights of this shape (groups?) is not supported");
    }
    const uint32_t activation = is_depthwise ? DEPTHWISE_ACTIVATION : CONV_ACTIVATION;
    return tflite_windows(o, op) && cnn_plan_conv(o->model, op) &&
           tflite_set_activation(o, op, fb_byte(fb, options, activation)) && tflite_set_constants(o, op, w);
}

static inline bool tflite_fully_connected(const tflite_op_t *o) {
    cnn_op_t *op = tflite_new(o, CNN_CONV);
    const cnn_tensor_t *w = tflite_weights(o, op);
    if (w == NULL) {
        return false;
    }
    const uint32_t n_inputs = w->dims[3], n_outputs = w->dims[2];
    const uint32_t rows = o->model->tensors[op->a].n / n_inputs;
    if (w->rank != 2 || o->model->tensors[op->a].n != rows * n_inputs ||
        o->model->tensors[op->out].n != (uint64_t)rows * n_outputs ||
        fb_byte(o->fb, &o->options, FULLY_CONNECTED_FORMAT) != 0) {
        return tflite_fail(o, " with weights of this shape or format is not supported");
    }
    op->in = (cnn_shape_t){ 1, rows, n_inputs };
    op->result = (cnn_shape_t){ 1, rows, n_outputs };
    op->kernel_h = op->kernel_w = op->stride_h = op->stride_w = op->dilation_h = op->dilation_w = 1;
    const uint32_t activation = fb_byte(o->fb, &o->options, FULLY_CONNECTED_ACTIVATION);
    return cnn_plan_conv(o->model, op) && tflite_set_activation(o, op, activation) &&
           tflite_set_constants(o, op, w);
}

static inline bool tflite_pool(const tflite_op_t *o, uint8_t kind) {
    fb_t *fb = o->fb;
    cnn_op_t *op = tflite_new(o, kind);
    if (op == NULL || !cnn_unary(o->model, op) || !cnn_same_scale(o->model, op) ||
        !tflite_set_shapes(o, op)) {
        return false;
    }
    if (op->in.channels != op->result.channels) {
        return tflite_fail(o, " with an impossible shape");
    }
    op->stride_w = fb_int(fb, &o->options, CONV_STRIDE_W, 0);
    op->stride_h = fb_int(fb, &o->options, CONV_STRIDE_H, 0);
    op->kernel_w = fb_int(fb, &o->options, POOL_FILTER_W, 0);
    op->kernel_h = fb_int(fb, &o->options, POOL_FILTER_H, 0);
    op->dilation_h = op->dilation_w = 1;
    if (!tflite_windows(o, op) || !cnn_add_workspace(o->model, op, ((uint64_t)op->in.channels + 4) * 4)) {
        return false;
    }
    const uint64_t inside = (uint64_t)(op->kernel_h < op->in.height ? op->kernel_h : op->in.height) *
                            (op->kernel_w < op->in.width ? op->kernel_w : op->in.width);
    return cnn_add_work(o->model, o->model->tensors[op->out].n, inside) &&
           tflite_set_activation(o, op, fb_byte(fb, &o->options, POOL_ACTIVATION));
}

static inline bool tflite_mean(const tflite_op_t *o) {
    cnn_op_t *op = tflite_new(o, CNN_MEAN);
    const cnn_tensor_t *axes = tflite_constant(o, 1, CNN_INT32);
    if (op == NULL || axes == NULL || !cnn_unary(o->model, op)) {
        return false;
    }
    const cnn_tensor_t *a = &o->model->tensors[op->a];
    for (uint32_t i = 0; i < axes->n; i++) {
        const int32_t axis = cnn_int_at(axes->constant + 4 * i);
        if (axis < -(int32_t)a->rank || axis >= a->rank) {
            return tflite_fail(o, " over an axis that does not exist");
        }
        op->reduced |= 1u << (axis < 0 ? axis + CNN_MAX_RANK : axis + CNN_MAX_RANK - a->rank);
    }
    uint64_t n = 1;
    for (int i = 0; i < CNN_MAX_RANK; i++) {
        n *= op->reduced >> i & 1 ? 1 : a->dims[i];
    }
    return o->model->tensors[op->out].n == n || tflite_fail(o, " with an impossible shape");
}

static inline bool tflite_softmax(const tflite_op_t *o) {
    cnn_op_t *op = tflite_new(o, CNN_SOFTMAX);
    if (op == NULL || !cnn_unary(o->model, op)) {
        return false;
    }
    const uint32_t at = fb_field(o->fb, &o->options, SOFTMAX_BETA, 4);
    op->factor = at == 0 ? 0.0f : cnn_float_at(o->fb->data + at);
    if (!(op->factor >= 0.0f && op->factor < 1e30f)) {
        return tflite_fail(o, " with this beta is not supported");
    }
    return o->model->tensors[op->a].n == o->model->tensors[op->out].n ||
           tflite_fail(o, " with an impossible shape");
}

// A function of 256 values is a table of them.
static inline bool tflite_set_sigmoid_table(const tflite_op_t *o, cnn_op_t *op) {
    const cnn_tensor_t *a = &o->model->tensors[op->a], *out = &o->model->tensors[op->out];
    int8_t *table = cnn_allocate(o->model, 256, 1);
    for (int q = -128; table != NULL && q < 128; q++) {
        const float value = cnn_sigmoid((float)(q - a->zero_point) * a->scale) / out->scale;
        const float zero = (float)out->zero_point;
        table[q + 128] =
            (int8_t)(cnn_round(cnn_clamp(value, -128.0f - zero, 127.0f - zero)) + out->zero_point);
    }
    op->weights = table;
    return table != NULL;
}

static inline bool tflite_logistic(const tflite_op_t *o) {
    cnn_op_t *op = tflite_new(o, CNN_LOGISTIC);
    if (op == NULL || !cnn_unary(o->model, op)) {
        return false;
    }
    if (o->model->tensors[op->a].n != o->model->tensors[op->out].n) {
        return tflite_fail(o, " with an impossible shape");
    }
    return o->model->tensors[op->a].type != CNN_INT8 || tflite_set_sigmoid_table(o, op);
}

static inline bool tflite_binary(const tflite_op_t *o, uint8_t kind) {
    cnn_op_t *op = tflite_new(o, kind);
    if (op == NULL) {
        return false;
    }
    op->b = tflite_tensor(o, &o->inputs, 1);
    if (!cnn_take(o->model, op, op->b) || !cnn_unary(o->model, op) ||
        !cnn_has_type(o->model, op, op->b, o->model->tensors[op->a].type)) {
        return false;
    }
    const cnn_tensor_t *a = &o->model->tensors[op->a], *b = &o->model->tensors[op->b];
    const cnn_tensor_t *out = &o->model->tensors[op->out];
    for (int i = 0; i < CNN_MAX_RANK; i++) {
        const uint32_t larger = a->dims[i] > b->dims[i] ? a->dims[i] : b->dims[i];
        if ((a->dims[i] != larger && a->dims[i] != 1) || (b->dims[i] != larger && b->dims[i] != 1) ||
            out->dims[i] != larger) {
            return tflite_fail(o, " of shapes that do not fit each other");
        }
    }
    return tflite_set_activation(o, op, fb_byte(o->fb, &o->options, BINARY_ACTIVATION));
}

// QUANTIZE, DEQUANTIZE, RELU and the like: the same values in another type, scale or range.
static inline bool tflite_convert(const tflite_op_t *o, uint32_t activation) {
    cnn_op_t *op = tflite_new(o, CNN_CONVERT);
    if (op == NULL || !cnn_take(o->model, op, op->a) || !cnn_give(o->model, op, op->out)) {
        return false;
    }
    const uint16_t tensors[2] = { op->a, op->out };
    for (int i = 0; i < 2; i++) {
        const uint8_t type = o->model->tensors[tensors[i]].type;
        if (type != CNN_FP32 && type != CNN_INT8 && type != CNN_UINT8) {
            return cnn_computes(o->model, op, tensors[i]); // says what is not supported
        }
        if (!cnn_has_type(o->model, op, tensors[i], type)) {
            return false;
        }
    }
    if (o->model->tensors[op->a].n != o->model->tensors[op->out].n) {
        return tflite_fail(o, " with an impossible shape");
    }
    return tflite_set_activation(o, op, activation);
}

// RESHAPE and the like. The new shape is the result's; where the file computes it, nothing is to do.
static inline bool tflite_reshape(const tflite_op_t *o) {
    cnn_op_t *op = tflite_new(o, CNN_ALIAS);
    if (op == NULL || !cnn_take(o->model, op, op->a) || !cnn_give(o->model, op, op->out)) {
        return false;
    }
    cnn_tensor_t *a = &o->model->tensors[op->a], *out = &o->model->tensors[op->out];
    if (a->n != out->n || a->type != out->type || a->type == CNN_OTHER_TYPE || a->constant != NULL) {
        return tflite_fail(o, " of a constant, or to another size or type, is not supported");
    }
    out->storage = a->storage;
    return cnn_same_scale(o->model, op);
}

// PAD and PADV2: places the input in a result that is filled before.
static inline bool tflite_pad(const tflite_op_t *o) {
    cnn_op_t *op = tflite_new(o, CNN_PLACE);
    const cnn_tensor_t *pads = tflite_constant(o, 1, CNN_INT32);
    if (op == NULL || pads == NULL || !cnn_unary(o->model, op) || !cnn_same_scale(o->model, op)) {
        return false;
    }
    const cnn_tensor_t *a = &o->model->tensors[op->a], *out = &o->model->tensors[op->out];
    bool fits = pads->n == 2u * a->rank && a->rank == out->rank;
    for (uint32_t i = 0; fits && i < a->rank; i++) {
        const uint32_t d = i + CNN_MAX_RANK - a->rank;
        const int64_t before = cnn_int_at(pads->constant + 8 * i);
        const int64_t after = cnn_int_at(pads->constant + 8 * i + 4);
        fits = before >= 0 && after >= 0 && before + a->dims[d] + after == out->dims[d];
        op->start[d] = (uint32_t)before;
    }
    if (!fits) {
        return tflite_fail(o, " with an impossible shape");
    }
    op->fills = true;
    op->fill = (uint8_t)out->zero_point;
    if (o->inputs.n > 2) {
        const cnn_tensor_t *value = tflite_constant(o, 2, a->type);
        if (value == NULL || value->n != 1) {
            return tflite_fail(o, " with more than one value");
        }
        op->fill = value->constant[0];
        op->lowest = a->type == CNN_FP32 ? cnn_float_at(value->constant) : 0.0f;
    }
    return true;
}

// One of the inputs of a concatenation, at `start` along dimension `d`.
static inline bool tflite_part(const tflite_op_t *o, uint32_t i, uint32_t d, uint32_t start) {
    cnn_op_t *op = tflite_new(o, CNN_PLACE);
    if (op == NULL) {
        return false;
    }
    op->a = tflite_tensor(o, &o->inputs, i);
    if (!cnn_take(o->model, op, op->a) || !cnn_computes(o->model, op, op->a) ||
        (i == 0 ? !cnn_give(o->model, op, op->out) : !cnn_take(o->model, op, op->out)) ||
        !cnn_has_type(o->model, op, op->out, o->model->tensors[op->a].type)) {
        return false;
    }
    const cnn_tensor_t *a = &o->model->tensors[op->a], *out = &o->model->tensors[op->out];
    op->start[d] = start;
    for (uint32_t k = 0; k < CNN_MAX_RANK; k++) {
        if (k == d ? a->dims[k] > out->dims[k] - start : a->dims[k] != out->dims[k]) {
            return tflite_fail(o, " with an impossible shape");
        }
    }
    return op->a != op->out ? cnn_same_scale(o->model, op) : tflite_fail(o, " of its own result");
}

static inline bool tflite_concatenation(const tflite_op_t *o) {
    const uint16_t out = tflite_tensor(o, &o->outputs, 0);
    if (out == CNN_NONE || fb_byte(o->fb, &o->options, CONCATENATION_ACTIVATION) != 0) {
        return tflite_fail(o, " with a fused activation is not supported");
    }
    const int32_t rank = o->model->tensors[out].rank;
    const int32_t axis = (int32_t)fb_int(o->fb, &o->options, CONCATENATION_AXIS, 0);
    if (axis < -rank || axis >= rank) {
        return tflite_fail(o, " along an axis that does not exist");
    }
    const uint32_t d = (uint32_t)(axis < 0 ? axis + CNN_MAX_RANK : axis + CNN_MAX_RANK - rank);
    uint32_t start = 0;
    for (uint32_t i = 0; i < o->inputs.n; i++) {
        if (!tflite_part(o, i, d, start)) {
            return false;
        }
        start += o->model->tensors[tflite_tensor(o, &o->inputs, i)].dims[d];
    }
    return start == o->model->tensors[out].dims[d] || tflite_fail(o, " with an impossible shape");
}

// Converters compute the shape of a RESHAPE from the batch size. It is known: these are left out.
static inline bool tflite_shape_arithmetic(const tflite_op_t *o) {
    const uint16_t out = tflite_tensor(o, &o->outputs, 0);
    return (out != CNN_NONE && o->model->tensors[out].type == CNN_INT32) ||
           tflite_fail(o, " is not supported");
}

static inline bool tflite_add_operator(const tflite_op_t *o) {
    switch (o->code) {
        case TFLITE_CONV_2D:
            return tflite_conv(o, false);
        case TFLITE_DEPTHWISE_CONV_2D:
            return tflite_conv(o, true);
        case TFLITE_FULLY_CONNECTED:
            return tflite_fully_connected(o);
        case TFLITE_AVERAGE_POOL_2D:
            return tflite_pool(o, CNN_AVERAGE_POOL);
        case TFLITE_MAX_POOL_2D:
            return tflite_pool(o, CNN_MAX_POOL);
        case TFLITE_MEAN:
            return tflite_mean(o);
        case TFLITE_SOFTMAX:
            return tflite_softmax(o);
        case TFLITE_LOGISTIC:
            return tflite_logistic(o);
        case TFLITE_ADD:
            return tflite_binary(o, CNN_ADD);
        case TFLITE_MUL:
            return tflite_binary(o, CNN_MUL);
        case TFLITE_QUANTIZE:
        case TFLITE_DEQUANTIZE:
            return tflite_convert(o, 0);
        case TFLITE_RELU:
            return tflite_convert(o, 1);
        case TFLITE_RELU_N1_TO_1:
            return tflite_convert(o, 2);
        case TFLITE_RELU6:
            return tflite_convert(o, 3);
        case TFLITE_RESHAPE:
        case TFLITE_SQUEEZE:
        case TFLITE_EXPAND_DIMS:
            return tflite_reshape(o);
        case TFLITE_PAD:
        case TFLITE_PADV2:
            return tflite_pad(o);
        case TFLITE_CONCATENATION:
            return tflite_concatenation(o);
        case TFLITE_SHAPE:
        case TFLITE_STRIDED_SLICE:
        case TFLITE_PACK:
            return tflite_shape_arithmetic(o);
        default:
            return tflite_fail(o, " is not supported");
    }
}

#endif
