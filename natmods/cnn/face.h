// SPDX-License-Identifier: MIT
// The Python API that emlearn_cnn_int8 and emlearn_cnn_fp32 share. Each defines CNN_WITH_INT8 or
// CNN_WITH_FP32 and CNN_TYPE, its class, before it includes this, and lists the methods at its end.
#ifndef SENSORD_CNN_FACE_H
#define SENSORD_CNN_FACE_H

#include "natmod.h"

// Raises MemoryError itself.
#define CNN_MALLOC(size) m_malloc(size)

#include "run.h"

typedef struct {
    mp_obj_base_t base;
    mp_obj_t data; // the object that holds the weights
    cnn_model_t model;
} cnn_obj_t;

NATMOD_DECLARE_CLASS(CNN_TYPE);

static size_t text_length(const char *text) {
    size_t n = 0;
    while (text[n] != 0) {
        n++;
    }
    return n;
}

// new(data): a network from a model file's bytes: bytes, bytearray, array('B') or a memoryview of one,
// in TinyMaix's (.tmdl) or TensorFlow Lite's (.tflite) format, which the content shows. `data` is used
// in place: it is kept, and its content and length must not change while the network is used.
// ValueError, with the reason, for a model that is damaged, larger than the limits in model.h, or has an
// unsupported operator, number type or shape, which it names; MemoryError.
static mp_obj_t cnn_new(mp_obj_t data_obj) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(data_obj, &buffer, MP_BUFFER_READ);
    if (!natmod_is_bytes(&buffer)) {
        mp_raise_ValueError(MP_ERROR_TEXT("model should be bytes"));
    }
    cnn_obj_t *self = mp_obj_malloc(cnn_obj_t, (mp_obj_type_t *)&CNN_TYPE);
    self->data = data_obj;
    if (!cnn_load(&self->model, buffer.buf, buffer.len)) {
        const char *text = self->model.error;
        mp_raise_type_arg(&mp_type_ValueError, mp_obj_new_str(text, text_length(text)));
    }
    return MP_OBJ_FROM_PTR(self);
}
static MP_DEFINE_CONST_FUN_OBJ_1(cnn_new_obj, cnn_new);

// The network of a method's object. ValueError if its data was resized: the weights may have moved.
static cnn_model_t *get_model(mp_obj_t self_obj) {
    cnn_obj_t *self = MP_OBJ_TO_PTR(self_obj);
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(self->data, &buffer, MP_BUFFER_READ);
    if (buffer.buf != self->model.file || buffer.len != self->model.file_size) {
        mp_raise_ValueError(MP_ERROR_TEXT("the model's data has changed its length"));
    }
    return &self->model;
}

static void set_input(const cnn_model_t *model, mp_obj_t input_obj) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(input_obj, &buffer, MP_BUFFER_READ);
    const size_t n = model->tensors[model->input].n;
    if (!natmod_is_bytes(&buffer) && buffer.typecode != 'f') {
        mp_raise_ValueError(MP_ERROR_TEXT("expecting byte array or float array"));
    }
    if (buffer.len != (buffer.typecode == 'f' ? n * sizeof(float) : n)) {
        mp_raise_ValueError(MP_ERROR_TEXT("wrong input size"));
    }
    if (buffer.typecode != 'f') {
        cnn_set_input_bytes(model, buffer.buf);
        return;
    }
    const float *floats = buffer.buf;
    for (size_t i = 0; i < n; i++) {
        if (!(floats[i] - floats[i] == 0.0f)) {
            mp_raise_ValueError(MP_ERROR_TEXT("an input is not a finite number"));
        }
    }
    cnn_set_input_floats(model, floats);
}

static float *get_output_buffer(const cnn_model_t *model, mp_obj_t output_obj) {
    mp_buffer_info_t buffer;
    if (natmod_get_floats(output_obj, &buffer, MP_BUFFER_WRITE) != model->tensors[model->output].n) {
        mp_raise_ValueError(MP_ERROR_TEXT("wrong output size"));
    }
    return buffer.buf;
}

// net.run(input, output): one inference. Allocates nothing.
//
//   input: bytes or array('B'), one for each element, 0 to 255, as in images: int8 networks subtract 128
//          from each, those of floats divide each by 255; or array('f') of real values, which int8
//          networks quantise with their input's scale
//   output: array('f'), filled with real values by int8 networks too
//
// Elements are in the order height, width, channels. ValueError for another type or length, and for NaN
// and infinity.
static mp_obj_t cnn_run_method(mp_obj_t self_obj, mp_obj_t input_obj, mp_obj_t output_obj) {
    cnn_model_t *model = get_model(self_obj);
    float *output = get_output_buffer(model, output_obj);
    set_input(model, input_obj);
    model->is_running = false;
    cnn_run(model);
    cnn_get_output(model, output);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(cnn_run_obj, cnn_run_method);

// net.start(input): begins one inference in parts, on an input as in run(). Allocates nothing.
static mp_obj_t cnn_start_method(mp_obj_t self_obj, mp_obj_t input_obj) {
    cnn_model_t *model = get_model(self_obj);
    set_input(model, input_obj);
    cnn_start(model);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(cnn_start_obj, cnn_start_method);

// net.step(output, work): goes on with the inference for about `work` multiply-adds, at least two pixels
// of a layer's result. A layer without weights or windows is computed at once: it has at most 2^24
// elements. Returns how much is left, a float; with 0.0 the inference has ended, and `output` is filled
// with just what run() gives. ValueError before start(), and after run() or profile(), which use the
// same memory.
static mp_obj_t cnn_step_method(mp_obj_t self_obj, mp_obj_t output_obj, mp_obj_t work_obj) {
    cnn_model_t *model = get_model(self_obj);
    float *output = get_output_buffer(model, output_obj);
    const mp_int_t work = mp_obj_get_int(work_obj);
    if (!model->is_running) {
        mp_raise_ValueError(MP_ERROR_TEXT("start() comes first"));
    }
    cnn_step(model, work < 1 ? 1 : work > INT32_MAX ? INT32_MAX : (uint32_t)work);
    if (model->left == 0) {
        cnn_get_output(model, output);
        model->is_running = false;
    }
    return mp_obj_new_float_from_f((float)model->left);
}
static MP_DEFINE_CONST_FUN_OBJ_3(cnn_step_obj, cnn_step_method);

// net.work(): about how many multiply-adds one inference is, a float, in the units of step().
static mp_obj_t cnn_work(mp_obj_t self_obj) {
    return mp_obj_new_float_from_f((float)cnn_all_work(get_model(self_obj)));
}
static MP_DEFINE_CONST_FUN_OBJ_1(cnn_work_obj, cnn_work);

// net.profile(input, output, clock): run(), with the time that each layer takes. `clock` is a function
// without parameters, such as time.ticks_us or time.time_ns. Returns a list of (operator, difference of
// two calls of the clock), in the order of running, with TensorFlow Lite's names.
static mp_obj_t cnn_profile_method(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    cnn_model_t *model = get_model(args[0]);
    get_output_buffer(model, args[2]);
    set_input(model, args[1]);
    model->is_running = false;
    mp_obj_t list = mp_obj_new_list(0, NULL);
    mp_obj_t before = mp_call_function_n_kw(args[3], 0, 0, NULL);
    for (uint32_t i = 0; i < model->n_ops; i++) {
        get_model(args[0]); // the clock may have resized the data
        cnn_run_op(model, i);
        mp_obj_t after = mp_call_function_n_kw(args[3], 0, 0, NULL);
        const char *name = tflite_operator_name(model->ops[i].name);
        mp_obj_t pair[2] = { mp_obj_new_str(name, text_length(name)), mp_const_none };
        pair[1] = mp_binary_op(MP_BINARY_OP_SUBTRACT, after, before);
        mp_obj_list_append(list, mp_obj_new_tuple(2, pair));
        before = after;
    }
    cnn_get_output(model, get_output_buffer(model, args[2]));
    return list;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(cnn_profile_obj, 4, 4, cnn_profile_method);

// A tensor's shape without the batch, which is 1.
static mp_obj_t dimensions(const cnn_tensor_t *t) {
    const int first = CNN_MAX_RANK - t->rank;
    const int start = t->rank > 1 && t->dims[first] == 1 ? first + 1 : first;
    mp_obj_t items[CNN_MAX_RANK];
    for (int i = start; i < CNN_MAX_RANK; i++) {
        items[i - start] = mp_obj_new_int(t->dims[i]);
    }
    return mp_obj_new_tuple(CNN_MAX_RANK - start, items);
}

// net.input_dimensions(), net.output_dimensions(): tuples such as (28, 28, 1) and (10,).
static mp_obj_t cnn_input_dimensions(mp_obj_t self_obj) {
    const cnn_model_t *model = get_model(self_obj);
    return dimensions(&model->tensors[model->input]);
}
static MP_DEFINE_CONST_FUN_OBJ_1(cnn_input_dimensions_obj, cnn_input_dimensions);

static mp_obj_t cnn_output_dimensions(mp_obj_t self_obj) {
    const cnn_model_t *model = get_model(self_obj);
    return dimensions(&model->tensors[model->output]);
}
static MP_DEFINE_CONST_FUN_OBJ_1(cnn_output_dimensions_obj, cnn_output_dimensions);

// net.memory(): (bytes of scratch memory, bytes of other allocations), without the model's data.
static mp_obj_t cnn_memory(mp_obj_t self_obj) {
    const cnn_model_t *model = get_model(self_obj);
    mp_obj_t items[2];
    items[0] = mp_obj_new_int_from_uint(model->scratch_size);
    items[1] = mp_obj_new_int_from_uint(model->allocated - model->scratch_size);
    return mp_obj_new_tuple(2, items);
}
static MP_DEFINE_CONST_FUN_OBJ_1(cnn_memory_obj, cnn_memory);

#endif
