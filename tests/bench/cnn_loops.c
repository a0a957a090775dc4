// SPDX-License-Identifier: MIT
// The networks' peer: TinyMaix's loops in plain C without optimisations, as emlearn-micropython links
// them, for the layers of its MNIST example: convolution without padding, global average, fully
// connected, softmax. For each pixel the inputs are gathered, then each channel is a dot product with
// them. As there, the model is not checked. Compile with -DNUMBER=int8_t -DNUMBER_IS_FLOAT=0, or
// -DNUMBER=float -DNUMBER_IS_FLOAT=1.

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

// TinyMaix converts a value beyond int8 with a C cast; with -DSATURATES it becomes the nearest in range.
#if defined(SATURATES)
#define TO_NUMBER(value) ((value) > 127 ? 127 : (value) < -128 ? -128 : (value))
#else
#define TO_NUMBER(value) (value)
#endif

#define MAX_CHANNELS 1000
#define MAX_GATHERED (3 * 3 * 256)

typedef struct {
    uint16_t type, is_out;
    uint32_t size, in_at, out_at;
    uint16_t in[4], out[4]; // dimensions: their number, height, width, channels
    float in_scale;
    int32_t in_zero;
    float out_scale;
    int32_t out_zero;
} head_t;

typedef struct {
    head_t head;
    uint8_t kernel_w, kernel_h, stride_w, stride_h, dilation_w, dilation_h;
    uint16_t activation;
    uint8_t pad[4];
    uint32_t multiplier, reserved, scales_at, weights_at, bias_at;
} conv_t;

typedef struct {
    head_t head;
    uint32_t scales_at, weights_at, bias_at, reserved;
} dense_t;

#if NUMBER_IS_FLOAT
typedef float sum_t;
#else
typedef int32_t sum_t;
#endif

static inline sum_t dot(const NUMBER *a, const NUMBER *b, int n) {
    sum_t sum = 0;
    for (int i = 0; i < n; i++) {
        sum += (sum_t)a[i] * b[i];
    }
    return sum;
}

static void conv(const uint8_t *layer, const NUMBER *in, NUMBER *out) {
    static NUMBER gathered[MAX_GATHERED];
    static float factors[MAX_CHANNELS];
    const conv_t *c = (const conv_t *)layer;
    const NUMBER *weights = (const NUMBER *)(layer + c->weights_at);
    const sum_t *bias = (const sum_t *)(layer + c->bias_at);
    const float *scales = (const float *)(layer + c->scales_at);
    const int width = c->head.in[2], channels = c->head.in[3], outputs = c->head.out[3];
    const int taps = c->kernel_w * c->kernel_h;
    for (int i = 0; !NUMBER_IS_FLOAT && i < outputs; i++) {
        factors[i] = scales[i] * c->head.in_scale;
    }
    for (int y = 0; y < c->head.out[1]; y++) {
        for (int x = 0; x < c->head.out[2]; x++) {
            const NUMBER *from = in + (y * c->stride_h * width + x * c->stride_w) * channels;
            for (int i = 0, at = 0; i < channels; i++) {
                for (int ky = 0; ky < c->kernel_h; ky++) {
                    for (int kx = 0; kx < c->kernel_w; kx++) {
                        gathered[at++] = from[(ky * width + kx) * channels + i];
                    }
                }
            }
            for (int o = 0; o < outputs; o++) {
                const sum_t sum = dot(gathered, weights + o * taps * channels, taps * channels) + bias[o];
                float value = NUMBER_IS_FLOAT ? sum : sum * factors[o];
                value = c->activation != 0 && value < 0 ? 0 : value;
                const float scaled = value / c->head.out_scale + c->head.out_zero;
                *out++ = NUMBER_IS_FLOAT ? value : TO_NUMBER(scaled);
            }
        }
    }
}

static void global_mean(const head_t *h, const NUMBER *in, NUMBER *out) {
    const int n = h->in[1] * h->in[2];
    for (int c = 0; c < h->out[3]; c++) {
        sum_t sum = 0;
        for (int i = 0; i < n; i++) {
            sum += in[i * h->out[3] + c];
        }
        const sum_t mean = sum / n;
        const float scaled = (mean - h->in_zero) * h->in_scale / h->out_scale + h->out_zero;
        out[c] = NUMBER_IS_FLOAT ? mean : TO_NUMBER(scaled);
    }
}

static void dense(const uint8_t *layer, const NUMBER *in, NUMBER *out) {
    const dense_t *d = (const dense_t *)layer;
    const NUMBER *weights = (const NUMBER *)(layer + d->weights_at);
    const sum_t *bias = (const sum_t *)(layer + d->bias_at);
    const float *scale = (const float *)(layer + d->scales_at);
    const head_t *h = &d->head;
    for (int c = 0; c < h->out[3]; c++) {
        const sum_t sum = dot(in, weights + c * h->in[3], h->in[3]) + bias[c];
        const float scaled = sum * h->in_scale * scale[0] / h->out_scale + h->out_zero;
        out[c] = NUMBER_IS_FLOAT ? sum : TO_NUMBER(scaled);
    }
}

static void softmax(const head_t *h, const NUMBER *in, NUMBER *out) {
    float values[MAX_CHANNELS], most = -FLT_MAX, sum = 0;
    for (int c = 0; c < h->in[3]; c++) {
        values[c] = NUMBER_IS_FLOAT ? in[c] : (in[c] - h->in_zero) * h->in_scale;
        most = values[c] > most ? values[c] : most;
    }
    for (int c = 0; c < h->in[3]; c++) {
        values[c] = expf(values[c] - most);
        sum += values[c];
        values[c] -= 0.000001f;
    }
    for (int c = 0; c < h->in[3]; c++) {
        out[c] = NUMBER_IS_FLOAT ? values[c] / sum : values[c] / sum / h->out_scale + h->out_zero;
    }
}

// Runs the model on `bytes`, with `buffer` for intermediate results, and writes the results as floats.
void cnn_loops_run(const uint8_t *model, const uint8_t *bytes, uint8_t *buffer, float *results) {
    enum { CONV2D, GAP, FC, SOFTMAX };
    uint16_t n_layers, dims[4];
    memcpy(&n_layers, model + 10, sizeof(n_layers));
    memcpy(dims, model + 20, sizeof(dims));
    NUMBER *input = (NUMBER *)buffer;
    for (int i = 0; i < dims[1] * dims[2] * dims[3]; i++) {
        input[i] = NUMBER_IS_FLOAT ? bytes[i] / 255.0 : bytes[i] - 128;
    }
    const uint8_t *layer = model + 64;
    for (int i = 0; i < n_layers; i++) {
        const head_t *h = (const head_t *)layer;
        const NUMBER *in = (const NUMBER *)(buffer + h->in_at);
        NUMBER *out = (NUMBER *)(buffer + h->out_at);
        switch (h->type) {
            case CONV2D:
                conv(layer, in, out);
                break;
            case GAP:
                global_mean(h, in, out);
                break;
            case FC:
                dense(layer, in, out);
                break;
            case SOFTMAX:
                softmax(h, in, out);
                break;
        }
        for (int c = 0; h->is_out && c < h->out[3]; c++) {
            results[c] = NUMBER_IS_FLOAT ? out[c] : (out[c] - h->out_zero) * h->out_scale;
        }
        layer += h->size;
    }
}
