// SPDX-License-Identifier: MIT
// Loads TensorFlow Lite models (.tflite), FlatBuffers with the schema tensorflow/lite/schema/schema.fbs:
// the tables of the model, its tensors and its operators' codes. tflite_ops.h and tflite_layers.h build
// the operators.
#ifndef SENSORD_CNN_TFLITE_H
#define SENSORD_CNN_TFLITE_H

#include "tflite_ops.h"

// The numbers of the fields used here, from the schema.
enum { MODEL_OPERATOR_CODES = 1, MODEL_SUBGRAPHS = 2, MODEL_BUFFERS = 4 };
enum { CODE_DEPRECATED_BUILTIN = 0, CODE_BUILTIN = 3 };
enum { SUBGRAPH_TENSORS, SUBGRAPH_INPUTS, SUBGRAPH_OUTPUTS, SUBGRAPH_OPERATORS };
enum { TENSOR_SHAPE, TENSOR_TYPE, TENSOR_BUFFER, TENSOR_QUANTIZATION = 4, TENSOR_SPARSITY = 6 };
enum { QUANTIZATION_SCALE = 2, QUANTIZATION_ZERO_POINT = 3 };
enum { OPERATOR_CODE, OPERATOR_INPUTS, OPERATOR_OUTPUTS, OPERATOR_OPTIONS = 4 };
enum { BUFFER_DATA = 0 };

typedef struct {
    fb_vector_t codes, buffers, operators;
    fb_table_t subgraph;
} tflite_tables_t;

static inline bool tflite_is(const uint8_t *data, size_t size) {
    return size >= 8 && data[4] == 'T' && data[5] == 'F' && data[6] == 'L' && data[7] == '3';
}

static inline bool tflite_set_shape(cnn_model_t *model, fb_t *fb, const fb_table_t *table, cnn_tensor_t *t) {
    const fb_vector_t shape = fb_vector(fb, table, TENSOR_SHAPE, 4);
    if (shape.n > CNN_MAX_RANK) {
        return cnn_fail(model, "", "a tensor of more than 4 dimensions is not supported");
    }
    t->rank = (uint8_t)shape.n;
    for (uint32_t i = 0; i < CNN_MAX_RANK; i++) {
        const uint32_t missing = CNN_MAX_RANK - shape.n;
        t->dims[i] = i < missing ? 1 : fb_u32(fb, shape.at + 4 * (i - missing));
    }
    return cnn_measure(model, t);
}

static inline bool tflite_set_quantization(cnn_model_t *model, fb_t *fb, const fb_table_t *table,
                                           cnn_tensor_t *t) {
    const fb_table_t q = fb_subtable(fb, table, TENSOR_QUANTIZATION);
    const fb_vector_t scales = fb_vector(fb, &q, QUANTIZATION_SCALE, 4);
    const fb_vector_t zeros = fb_vector(fb, &q, QUANTIZATION_ZERO_POINT, 8);
    if (scales.n == 0 || (t->type != CNN_INT8 && t->type != CNN_UINT8)) {
        return true;
    }
    t->scales_at = scales.at;
    t->n_scales = scales.n;
    t->scale = cnn_float_at(fb->data + scales.at);
    t->zero_point = zeros.n == 0 ? 0 : (int32_t)fb_u32(fb, zeros.at);
    const int32_t least = t->type == CNN_INT8 ? -128 : 0;
    if (!cnn_is_scale(t->scale) || t->zero_point < least || t->zero_point > least + 255) {
        return cnn_fail(model, "", "a tensor has a scale or zero point out of range");
    }
    return true;
}

// Tensors with data in the file are constants; operators read only constants of these types.
static inline bool tflite_set_data(cnn_model_t *model, fb_t *fb, const tflite_tables_t *tables,
                                   const fb_table_t *table, cnn_tensor_t *t) {
    const uint32_t index = fb_int(fb, table, TENSOR_BUFFER, 0);
    if (index == 0) {
        return true; // the first buffer is empty by definition
    }
    const fb_table_t buffer = fb_table_in(fb, &tables->buffers, index);
    const fb_vector_t data = fb_vector(fb, &buffer, BUFFER_DATA, 1);
    if (data.n == 0 || t->type == CNN_OTHER_TYPE) {
        return true;
    }
    if (data.n < t->size || fb_subtable(fb, table, TENSOR_SPARSITY).at != 0) {
        return cnn_fail(model, "", "a tensor has less data than its shape needs");
    }
    t->constant = fb->data + data.at;
    return true;
}

static inline bool tflite_add_tensor(cnn_model_t *model, fb_t *fb, const tflite_tables_t *tables,
                                     const fb_table_t *table) {
    const uint16_t index = (uint16_t)model->n_tensors++;
    cnn_tensor_t *t = &model->tensors[index];
    t->first = CNN_NONE;
    t->storage = index;
    t->file_type = (uint8_t)fb_byte(fb, table, TENSOR_TYPE);
    switch (t->file_type) {
        case 0:
            t->type = CNN_FP32;
            break;
        case 2:
            t->type = CNN_INT32;
            break;
        case 3:
            t->type = CNN_UINT8;
            break;
        case 9:
            t->type = CNN_INT8;
            break;
        default:
            t->type = CNN_OTHER_TYPE;
    }
    return tflite_set_shape(model, fb, table, t) && tflite_set_quantization(model, fb, table, t) &&
           tflite_set_data(model, fb, tables, table, t);
}

static inline bool tflite_add_tensors(cnn_model_t *model, fb_t *fb, const tflite_tables_t *tables) {
    const fb_vector_t tensors = fb_vector(fb, &tables->subgraph, SUBGRAPH_TENSORS, 4);
    if (tensors.n == 0 || tensors.n > CNN_MAX_TENSORS) {
        return cnn_fail(model, "", "the model has no tensors, or more than 2048");
    }
    model->tensors = cnn_allocate(model, tensors.n, sizeof(cnn_tensor_t));
    for (uint32_t i = 0; model->tensors != NULL && i < tensors.n; i++) {
        const fb_table_t table = fb_table_in(fb, &tensors, i);
        if (!tflite_add_tensor(model, fb, tables, &table)) {
            return false;
        }
    }
    return model->tensors != NULL;
}

// The only element of the subgraph's inputs or outputs.
static inline bool tflite_only(cnn_model_t *model, fb_t *fb, const fb_table_t *subgraph, uint32_t field,
                               uint16_t *index) {
    const fb_vector_t v = fb_vector(fb, subgraph, field, 4);
    const uint32_t tensor = v.n == 1 ? fb_u32(fb, v.at) : CNN_NONE;
    if (tensor >= model->n_tensors) {
        return cnn_fail(model, "", "a model with more than one input or output is not supported");
    }
    *index = (uint16_t)tensor;
    return true;
}

static inline uint32_t tflite_code(fb_t *fb, const tflite_tables_t *tables, const fb_table_t *table) {
    const uint32_t index = fb_int(fb, table, OPERATOR_CODE, 0);
    const fb_table_t code = fb_table_in(fb, &tables->codes, index);
    // Old files have the code in a byte; new ones repeat it there if it fits.
    const uint32_t deprecated = fb_byte(fb, &code, CODE_DEPRECATED_BUILTIN);
    const uint32_t builtin = fb_int(fb, &code, CODE_BUILTIN, 0);
    return builtin > deprecated ? builtin : deprecated;
}

// The most operators the model can have: each input of a concatenation becomes one.
static inline bool tflite_count_operators(cnn_model_t *model, fb_t *fb, const tflite_tables_t *tables) {
    uint64_t n = 0;
    for (uint32_t i = 0; i < tables->operators.n && n <= CNN_MAX_OPERATORS; i++) {
        const fb_table_t table = fb_table_in(fb, &tables->operators, i);
        const bool is_many = tflite_code(fb, tables, &table) == TFLITE_CONCATENATION;
        n += is_many ? fb_vector(fb, &table, OPERATOR_INPUTS, 4).n : 1;
    }
    if (n == 0 || n > CNN_MAX_OPERATORS) {
        return cnn_fail(model, "", "the model has no operators, or more than 1024");
    }
    model->max_ops = (uint32_t)n;
    return true;
}

static inline bool tflite_add_operators(cnn_model_t *model, fb_t *fb, const tflite_tables_t *tables) {
    model->ops = cnn_allocate(model, model->max_ops, sizeof(cnn_op_t));
    for (uint32_t i = 0; model->ops != NULL && i < tables->operators.n; i++) {
        const fb_table_t table = fb_table_in(fb, &tables->operators, i);
        tflite_op_t o = { .model = model, .fb = fb };
        o.code = tflite_code(fb, tables, &table);
        o.inputs = fb_vector(fb, &table, OPERATOR_INPUTS, 4);
        o.outputs = fb_vector(fb, &table, OPERATOR_OUTPUTS, 4);
        o.options = fb_subtable(fb, &table, OPERATOR_OPTIONS);
        if (fb->broken || !tflite_add_operator(&o)) {
            return false;
        }
    }
    return model->ops != NULL;
}

static inline bool tflite_read(cnn_model_t *model, fb_t *fb) {
    const fb_table_t root = fb_table(fb, fb_follow(fb, 0));
    tflite_tables_t tables;
    tables.codes = fb_vector(fb, &root, MODEL_OPERATOR_CODES, 4);
    tables.buffers = fb_vector(fb, &root, MODEL_BUFFERS, 4);
    const fb_vector_t subgraphs = fb_vector(fb, &root, MODEL_SUBGRAPHS, 4);
    if (subgraphs.n > 1) {
        return cnn_fail(model, "", "a model with more than one subgraph is not supported");
    }
    tables.subgraph = fb_table_in(fb, &subgraphs, 0);
    tables.operators = fb_vector(fb, &tables.subgraph, SUBGRAPH_OPERATORS, 4);
    if (fb->broken || !tflite_add_tensors(model, fb, &tables) ||
        !tflite_only(model, fb, &tables.subgraph, SUBGRAPH_INPUTS, &model->input) ||
        !tflite_only(model, fb, &tables.subgraph, SUBGRAPH_OUTPUTS, &model->output) ||
        !tflite_count_operators(model, fb, &tables)) {
        return false;
    }
    cnn_tensor_t *input = &model->tensors[model->input];
    if (input->constant != NULL) {
        return cnn_fail(model, "", "the model's input is a constant");
    }
    input->first = 0;
    return tflite_add_operators(model, fb, &tables);
}

static inline bool tflite_load(cnn_model_t *model) {
    fb_t fb = { model->file, model->file_size, false };
    const bool loaded = tflite_read(model, &fb);
    // Broken values read as 0 or empty and may have caused another error: this is the real one.
    if (fb.broken) {
        model->error[0] = 0;
        return cnn_fail(model, "", "the model is not a valid FlatBuffer: damaged, or cut short");
    }
    return loaded;
}

#endif
