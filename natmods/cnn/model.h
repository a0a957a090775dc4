// SPDX-License-Identifier: MIT
// The engine's form of a network: tensors, and operators in the order they run. The loaders (tmdl.h,
// tflite.h) fill it from a file and check everything once; running it checks nothing.
//
// A source that includes this defines CNN_MALLOC(size), which may return NULL, and the engine's number
// types: CNN_WITH_INT8, CNN_WITH_FP32 or both.
#ifndef SENSORD_CNN_MODEL_H
#define SENSORD_CNN_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef CNN_WITH_INT8
#define CNN_WITH_INT8 0
#endif
#ifndef CNN_WITH_FP32
#define CNN_WITH_FP32 0
#endif

#define CNN_MAX_TENSORS 2048
#define CNN_MAX_OPERATORS 1024
#define CNN_MAX_RANK 4
// Sums over an int8 tensor, and of so many products of int8 with a difference of two, fit 32 bits.
#define CNN_MAX_ELEMENTS (1u << 24)
#define CNN_MAX_DOT 65536u
// The limit of a network's memory. Tables take less than 60 bytes for each byte of the file; the rest is
// activations, and 8 bytes for each output channel.
#ifndef CNN_MAX_MEMORY
#define CNN_MAX_MEMORY (32u << 20)
#endif
// Multiply-adds of one run: a model that needs minutes on such boards is a broken file.
#ifndef CNN_MAX_WORK
#define CNN_MAX_WORK (UINT64_C(1) << 36)
#endif

// Kernels read whole vectors: they may read so many bytes beyond a tensor, whose values do not matter.
#define CNN_SLACK 16
#define CNN_NONE 0xffffu

typedef enum { CNN_FP32, CNN_INT8, CNN_UINT8, CNN_INT32, CNN_OTHER_TYPE } cnn_type_t;

typedef enum {
    CNN_CONV, // also fully connected: a row of pixels under a kernel of 1 x 1
    CNN_DEPTHWISE,
    CNN_AVERAGE_POOL,
    CNN_MAX_POOL,
    CNN_MEAN,
    CNN_SOFTMAX,
    CNN_LOGISTIC,
    CNN_ADD,
    CNN_MUL,
    CNN_PLACE, // copies into a larger tensor: padding, one input of a concatenation
    CNN_CONVERT, // from one type, scale or range to another
    CNN_ALIAS, // the same bytes in another shape
} cnn_kind_t;

typedef struct {
    uint32_t dims[CNN_MAX_RANK]; // batch, height, width, channels; missing ones are 1
    uint8_t rank, type;
    uint8_t file_type; // the type's number in the TensorFlow Lite schema
    int32_t zero_point;
    float scale; // real = scale * (q - zero_point); 0 if the file has none
    uint32_t scales_at, n_scales; // per channel, in the file
    const uint8_t *constant; // in the file; NULL if it is computed
    uint32_t n, size; // elements, bytes
    uint32_t offset; // in the scratch memory
    uint16_t storage; // the tensor whose memory it shares, or itself
    uint16_t first, last; // the operators that write it and read it last; first may be CNN_NONE
} cnn_tensor_t;

typedef struct {
    uint32_t height, width, channels;
} cnn_shape_t;

typedef struct {
    uint8_t kind;
    uint8_t name; // the operator's number in the TensorFlow Lite schema
    bool truncates; // TinyMaix: rounds towards zero, weights are (out, in, height, width)
    bool fills; // CNN_PLACE: first fills the result with `fill` or `lowest`
    uint8_t fill;
    uint16_t a, b, out;
    cnn_shape_t in, result;
    uint32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, multiplier;
    int32_t pad_top, pad_left;
    uint32_t start[CNN_MAX_RANK]; // CNN_PLACE: where in the result
    uint32_t reduced; // CNN_MEAN: a bit for each dimension
    const void *weights;
    const void *bias; // int32_t or float for each output channel
    const float *factors; // int8: from a sum of products to the result, for each output channel
    float lowest, highest; // of the activation: real values, quantised ones for int8
    float factor; // CNN_SOFTMAX: beta; CNN_CONV that truncates: a second factor
    uint32_t workspace; // bytes
} cnn_op_t;

// A part of an operator's work: the pixels of its result from `first` to before `end`.
typedef struct {
    uint32_t first, end;
} cnn_part_t;

typedef struct {
    const uint8_t *file;
    uint32_t file_size;
    cnn_tensor_t *tensors;
    cnn_op_t *ops;
    uint32_t n_tensors, n_ops, max_ops;
    uint16_t input, output;
    uint8_t *scratch;
    uint32_t scratch_size; // including the workspace, which is at its end
    uint32_t workspace_at;
    uint32_t allocated;
    uint64_t work; // multiply-adds
    uint64_t left; // of a run in parts, in the units of cnn_pixel_work()
    uint32_t next_op, next_pixel; // where the run goes on
    bool is_running;
    char error[120];
} cnn_model_t;

// Sets the error, up to three texts in a row; the first error stays. Returns false.
static inline bool cnn_fail_about(cnn_model_t *model, const char *a, const char *b, const char *c) {
    if (model->error[0] == 0) {
        const char *texts[3] = { a, b, c };
        size_t n = 0;
        for (int i = 0; i < 3; i++) {
            for (const char *p = texts[i]; *p != 0 && n < sizeof(model->error) - 1; p++) {
                model->error[n++] = *p;
            }
        }
        model->error[n] = 0;
    }
    return false;
}

static inline bool cnn_fail(cnn_model_t *model, const char *name, const char *text) {
    return cnn_fail_about(model, name, text, "");
}

static inline void cnn_copy(void *to, const void *from, size_t n) {
    uint8_t *t = to;
    const uint8_t *f = from;
    for (size_t i = 0; i < n; i++) {
        t[i] = f[i];
    }
}

static inline void cnn_fill(void *to, uint8_t value, size_t n) {
    uint8_t *t = to;
    for (size_t i = 0; i < n; i++) {
        t[i] = value;
    }
}

// Allocates zeroed memory for `n` of `size` bytes and the slack; NULL and an error if there is none.
static inline void *cnn_allocate(cnn_model_t *model, uint64_t n, uint32_t size) {
    const uint64_t bytes = n * size + CNN_SLACK;
    if (n > CNN_MAX_MEMORY || bytes > CNN_MAX_MEMORY - model->allocated) {
        cnn_fail(model, "", "the model needs more than 32 MiB of memory");
        return NULL;
    }
    void *memory = CNN_MALLOC((size_t)bytes);
    if (memory == NULL) {
        cnn_fail(model, "", "out of memory");
        return NULL;
    }
    model->allocated += (uint32_t)bytes;
    cnn_fill(memory, 0, (size_t)bytes);
    return memory;
}

static inline uint32_t cnn_type_size(uint8_t type) {
    return type == CNN_FP32 || type == CNN_INT32 ? 4 : 1;
}

// Sets the number of elements and bytes of a tensor from its dimensions, which must be positive.
static inline bool cnn_measure(cnn_model_t *model, cnn_tensor_t *tensor) {
    uint64_t n = 1;
    for (int i = 0; i < CNN_MAX_RANK; i++) {
        n *= tensor->dims[i];
        if (n == 0 || n > CNN_MAX_ELEMENTS) {
            return cnn_fail(model, "", "a tensor is empty or has more than 2^24 elements");
        }
    }
    tensor->n = (uint32_t)n;
    tensor->size = (uint32_t)n * cnn_type_size(tensor->type);
    return true;
}

static inline float cnn_float_at(const uint8_t *p) {
    union {
        uint32_t i;
        float f;
    } u = { (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24 };
    return u.f;
}

static inline int32_t cnn_int_at(const uint8_t *p) {
    return (int32_t)((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24);
}

// Whether a scale can divide and multiply without overflow or underflow. False for NaN too.
static inline bool cnn_is_scale(float scale) {
    return scale > 1e-30f && scale < 1e30f;
}

static inline uint8_t *cnn_data(const cnn_model_t *model, uint16_t tensor) {
    const cnn_tensor_t *t = &model->tensors[tensor];
    return t->constant != NULL ? (uint8_t *)(uintptr_t)t->constant
                               : model->scratch + model->tensors[t->storage].offset;
}

// The next free operator, all zero; NULL with an error if there are too many.
static inline cnn_op_t *cnn_next_op(cnn_model_t *model, uint8_t kind, uint8_t name) {
    if (model->n_ops >= model->max_ops) {
        cnn_fail(model, "", "the model has more than 1024 operators");
        return NULL;
    }
    cnn_op_t *op = &model->ops[model->n_ops++];
    op->kind = kind;
    op->name = name;
    op->a = op->b = op->out = CNN_NONE;
    return op;
}

#endif
