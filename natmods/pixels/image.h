// SPDX-License-Identifier: MIT
// Images as cameras deliver them: crop, downscale and conversion in one pass, in plain C.
#ifndef SENSORD_IMAGE_H
#define SENSORD_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// <linux/videodev2.h>: a pixel format is four characters in one number.
#define IMAGE_FOURCC(a, b, c, d)                                                                             \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

enum {
    IMAGE_GREY = IMAGE_FOURCC('G', 'R', 'E', 'Y'), // 8 bits of luma, full range
    IMAGE_YUYV = IMAGE_FOURCC('Y', 'U', 'Y', 'V'), // Y0 U Y1 V for each two pixels
    IMAGE_NV12 = IMAGE_FOURCC('N', 'V', '1', '2'), // a plane of Y, one of UV for each 2 x 2 pixels
    IMAGE_YU12 = IMAGE_FOURCC('Y', 'U', '1', '2'), // a plane of Y, one of U, one of V, each for 2 x 2
    IMAGE_RGB3 = IMAGE_FOURCC('R', 'G', 'B', '3'), // R G B
    IMAGE_RGBP = IMAGE_FOURCC('R', 'G', 'B', 'P'), // RGB565, little endian
};

// Sums of a box of this many pixels fit 32 bits: 255 * 4096 * 4096 < 2^32.
#define IMAGE_MAX_SIDE 4096

typedef struct {
    uint32_t format;
    uint32_t width, height;
    uint8_t *data;
} image_t;

typedef struct {
    uint32_t x, y, width, height;
} image_box_t;

// Three components of a pixel: Y U V, or R G B.
typedef struct {
    uint32_t a, b, c;
} image_pixel_t;

static inline bool image_is_yuv(uint32_t format) {
    return format == IMAGE_YUYV || format == IMAGE_NV12 || format == IMAGE_YU12;
}

// The size of an image in bytes, or 0 if there is no such image: an unknown format, a side that is 0 or
// too long, or odd if two pixels of the format share a colour.
static inline size_t image_size(uint32_t format, uint32_t width, uint32_t height) {
    if (width == 0 || height == 0 || width > IMAGE_MAX_SIDE || height > IMAGE_MAX_SIDE) {
        return 0;
    }
    const size_t n = (size_t)width * height;
    switch (format) {
        case IMAGE_GREY:
            return n;
        case IMAGE_YUYV:
            return width % 2 == 0 ? 2 * n : 0;
        case IMAGE_NV12:
        case IMAGE_YU12:
            return width % 2 == 0 && height % 2 == 0 ? n + n / 2 : 0;
        case IMAGE_RGB3:
            return 3 * n;
        case IMAGE_RGBP:
            return 2 * n;
        default:
            return 0;
    }
}

// The sum of the bytes of a box in a plane of one component. `step` is the distance of two pixels.
static inline uint32_t image_sum(const uint8_t *plane, size_t row, size_t step, const image_box_t *box) {
    uint32_t sum = 0;
    const uint8_t *line = plane + box->y * row + box->x * step;
    for (uint32_t y = 0; y < box->height; y++, line += row) {
        const uint8_t *p = line;
        for (uint32_t x = 0; x < box->width; x++, p += step) {
            sum += *p;
        }
    }
    return sum;
}

static inline uint32_t image_mean(const uint8_t *plane, size_t row, size_t step, const image_box_t *box) {
    const uint32_t n = box->width * box->height;
    return n == 1 ? plane[box->y * row + box->x * step] : (image_sum(plane, row, step, box) + n / 2) / n;
}

// The box that covers `box` in a plane with one colour for 2 x `vertical` pixels.
static inline image_box_t image_chroma_box(const image_box_t *box, uint32_t vertical) {
    const uint32_t x = box->x / 2, y = box->y / vertical;
    return (image_box_t){ x, y, (box->x + box->width + 1) / 2 - x,
                          (box->y + box->height + vertical - 1) / vertical - y };
}

// The mean brightness of a box, for formats with brightness as a component of its own.
static inline uint32_t image_luma(const image_t *image, const image_box_t *box) {
    const size_t step = image->format == IMAGE_YUYV ? 2 : 1;
    return image_mean(image->data, image->width * step, step, box);
}

static inline image_pixel_t image_mean_yuv(const image_t *image, const image_box_t *box) {
    const size_t width = image->width, n = width * image->height;
    const bool packed = image->format == IMAGE_YUYV;
    const image_box_t half = image_chroma_box(box, packed ? 1 : 2);
    const uint8_t *u, *v;
    size_t row, step;
    if (packed) {
        u = image->data + 1, v = image->data + 3, row = 2 * width, step = 4;
    } else if (image->format == IMAGE_NV12) {
        u = image->data + n, v = u + 1, row = width, step = 2;
    } else {
        u = image->data + n, v = u + n / 4, row = width / 2, step = 1;
    }
    return (image_pixel_t){
        image_luma(image, box),
        image_mean(u, row, step, &half),
        image_mean(v, row, step, &half),
    };
}

static inline image_pixel_t image_mean_565(const image_t *image, const image_box_t *box) {
    const size_t row = 2 * (size_t)image->width;
    const uint8_t *line = image->data + box->y * row + 2 * (size_t)box->x;
    image_pixel_t sum = { 0, 0, 0 };
    for (uint32_t y = 0; y < box->height; y++, line += row) {
        for (uint32_t x = 0; x < box->width; x++) {
            const uint32_t p = line[2 * x] | (uint32_t)line[2 * x + 1] << 8;
            const uint32_t r = p >> 11, g = p >> 5 & 63, b = p & 31;
            // The high bits repeated below: 31 becomes 255.
            sum.a += r << 3 | r >> 2;
            sum.b += g << 2 | g >> 4;
            sum.c += b << 3 | b >> 2;
        }
    }
    const uint32_t n = box->width * box->height;
    return (image_pixel_t){ (sum.a + n / 2) / n, (sum.b + n / 2) / n, (sum.c + n / 2) / n };
}

// The mean of a box as Y U V for formats that have these, else as R G B.
static inline image_pixel_t image_mean_pixel(const image_t *image, const image_box_t *box) {
    const size_t row = 3 * (size_t)image->width;
    uint32_t grey;
    switch (image->format) {
        case IMAGE_GREY:
            grey = image_luma(image, box);
            return (image_pixel_t){ grey, grey, grey };
        case IMAGE_RGB3:
            return (image_pixel_t){
                image_mean(image->data, row, 3, box),
                image_mean(image->data + 1, row, 3, box),
                image_mean(image->data + 2, row, 3, box),
            };
        case IMAGE_RGBP:
            return image_mean_565(image, box);
        default:
            return image_mean_yuv(image, box);
    }
}

static inline uint32_t image_clamp(int32_t value) {
    return value < 0 ? 0 : value > 255 ? 255 : (uint32_t)value;
}

// Y of 16 to 235 as grey of 0 to 255.
static inline uint32_t image_full_range(uint32_t y) {
    return image_clamp((298 * ((int32_t)y - 16) + 128) >> 8);
}

// Recommendation ITU-R BT.601-7, 2.5: Y'CbCr of limited range, which cameras deliver at these sizes.
// The factors are in 1/256.
static inline image_pixel_t image_rgb_of_yuv(image_pixel_t p) {
    const int32_t y = 298 * ((int32_t)p.a - 16) + 128;
    const int32_t u = (int32_t)p.b - 128, v = (int32_t)p.c - 128;
    return (image_pixel_t){
        image_clamp((y + 409 * v) >> 8),
        image_clamp((y - 100 * u - 208 * v) >> 8),
        image_clamp((y + 516 * u) >> 8),
    };
}

static inline image_pixel_t image_yuv_of_rgb(image_pixel_t p) {
    const int32_t r = (int32_t)p.a, g = (int32_t)p.b, b = (int32_t)p.c;
    return (image_pixel_t){
        (uint32_t)(((66 * r + 129 * g + 25 * b + 128) >> 8) + 16),
        (uint32_t)(((-38 * r - 74 * g + 112 * b + 128) >> 8) + 128),
        (uint32_t)(((112 * r - 94 * g - 18 * b + 128) >> 8) + 128),
    };
}

// BT.601's luma of full range; the factors add up to 256.
static inline uint32_t image_grey_of_rgb(image_pixel_t p) {
    return (77 * p.a + 150 * p.b + 29 * p.c + 128) >> 8;
}

static inline uint8_t image_grey(const image_t *from, const image_box_t *box) {
    if (image_is_yuv(from->format)) {
        return (uint8_t)image_full_range(image_luma(from, box));
    }
    return (uint8_t)image_grey_of_rgb(image_mean_pixel(from, box));
}

static inline image_pixel_t image_rgb(const image_t *from, const image_box_t *box) {
    const image_pixel_t p = image_mean_pixel(from, box);
    return image_is_yuv(from->format) ? image_rgb_of_yuv(p) : p;
}

static inline image_pixel_t image_yuv(const image_t *from, const image_box_t *box) {
    const image_pixel_t p = image_mean_pixel(from, box);
    return image_is_yuv(from->format) ? p : image_yuv_of_rgb(p);
}

// Writes pixel `i` of a row. `box` is the part of the source that it covers.
static inline void image_put(uint8_t *row, uint32_t format, uint32_t i, const image_t *from,
                             const image_box_t *box) {
    image_pixel_t p;
    uint8_t *to;
    switch (format) {
        case IMAGE_GREY:
            row[i] = image_grey(from, box);
            break;
        case IMAGE_RGB3:
            p = image_rgb(from, box);
            to = row + 3 * (size_t)i;
            to[0] = (uint8_t)p.a, to[1] = (uint8_t)p.b, to[2] = (uint8_t)p.c;
            break;
        case IMAGE_RGBP:
            p = image_rgb(from, box);
            to = row + 2 * (size_t)i;
            to[0] = (uint8_t)((p.b & 0x1c) << 3 | p.c >> 3);
            to[1] = (uint8_t)((p.a & 0xf8) | p.b >> 5);
            break;
        default: // IMAGE_YUYV: the colour of a pair is the mean of both; the first is done already
            p = image_yuv(from, box);
            to = row + 2 * (size_t)i;
            to[0] = (uint8_t)p.a;
            if (i % 2 == 0) {
                to[1] = (uint8_t)p.b, to[3] = (uint8_t)p.c;
            } else {
                to[-1] = (uint8_t)((to[-1] + p.b + 1) / 2);
                to[1] = (uint8_t)((to[1] + p.c + 1) / 2);
            }
            break;
    }
}

// The part of a side that pixel `i` of `n` covers: from `*start`, at least one long. Shrinking, the
// parts cover the whole side once; growing, each is the nearest pixel.
static inline uint32_t image_span(uint32_t offset, uint32_t length, uint32_t i, uint32_t n, uint32_t *start) {
    const uint32_t from = (uint32_t)((uint64_t)length * i / n);
    const uint32_t to = (uint32_t)((uint64_t)length * (i + 1) / n);
    *start = offset + from;
    return to > from ? to - from : 1;
}

static inline bool image_is_target(uint32_t format) {
    return format != IMAGE_NV12 && format != IMAGE_YU12;
}

// Scales the box `crop` of `from` to the whole of `to`, each pixel the mean of the box that it covers,
// and converts it. Both images and the crop must be valid, see image_size(), and must not overlap.
static inline void image_convert(const image_t *from, const image_box_t *crop, const image_t *to) {
    const size_t row = image_size(to->format, to->width, to->height) / to->height;
    uint8_t *line = to->data;
    image_box_t box;
    for (uint32_t y = 0; y < to->height; y++, line += row) {
        box.height = image_span(crop->y, crop->height, y, to->height, &box.y);
        for (uint32_t x = 0; x < to->width; x++) {
            box.width = image_span(crop->x, crop->width, x, to->width, &box.x);
            image_put(line, to->format, x, from, &box);
        }
    }
}

#endif
