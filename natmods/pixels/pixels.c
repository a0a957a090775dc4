// SPDX-License-Identifier: MIT
// pixels: converts a camera's images for a model. The work is in image.h.

#include "natmod.h"
#include "image.h"

static uint32_t get_format(mp_obj_t obj) {
    size_t length;
    const char *s = mp_obj_str_get_data(obj, &length);
    return length == 4 ? IMAGE_FOURCC((uint8_t)s[0], (uint8_t)s[1], (uint8_t)s[2], (uint8_t)s[3]) : 0;
}

// Fills `values` from a sequence of exactly n integers of 0 to IMAGE_MAX_SIDE.
static void get_numbers(mp_obj_t obj, size_t n, uint32_t *values) {
    size_t length;
    mp_obj_t *items;
    mp_obj_get_array(obj, &length, &items);
    if (length != n) {
        mp_raise_ValueError(MP_ERROR_TEXT("a size is (width, height), a crop (x, y, width, height)"));
    }
    for (size_t i = 0; i < n; i++) {
        const mp_int_t value = mp_obj_get_int(items[i]);
        if (value < 0 || value > IMAGE_MAX_SIDE) {
            mp_raise_ValueError(MP_ERROR_TEXT("a size or crop must be 0 to 4096"));
        }
        values[i] = (uint32_t)value;
    }
}

static size_t get_image(const mp_obj_t *args, const uint32_t *sides, mp_uint_t flags, image_t *image) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(args[0], &buffer, flags);
    *image = (image_t){ get_format(args[1]), sides[0], sides[1], buffer.buf };
    const size_t size = image_size(image->format, image->width, image->height);
    if (size == 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("unknown pixel format, or a size it cannot have"));
    }
    if (!natmod_is_bytes(&buffer) || buffer.len < size) {
        mp_raise_ValueError(MP_ERROR_TEXT("the buffer must be bytes, as many as format and size need"));
    }
    return size;
}

// size(format, (width, height)): the bytes of an image. Formats are the kernel's four characters:
// "GREY", "YUYV", "NV12", "YU12", "RGB3" and "RGBP" (RGB565, little endian). ValueError for another,
// and for a size that the format cannot have: over 4096, or odd where two pixels share a colour.
static mp_obj_t pixels_size(mp_obj_t format_obj, mp_obj_t size_obj) {
    uint32_t sides[2];
    get_numbers(size_obj, 2, sides);
    const size_t size = image_size(get_format(format_obj), sides[0], sides[1]);
    if (size == 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("unknown pixel format, or a size it cannot have"));
    }
    return mp_obj_new_int_from_uint(size);
}
static MP_DEFINE_CONST_FUN_OBJ_2(pixels_size_obj, pixels_size);

// convert(source, format, (width, height), target, format, (width, height) [, (x, y, width, height)]):
// fills the bytes of `target` from those of `source`, or from a crop of it. Shrinking, each pixel is
// the mean of those it covers; growing, the nearest. Source formats as for size(); targets are "GREY"
// (0 to 255), "RGB3", "RGBP" and "YUYV". Y'CbCr is BT.601 of limited range. ValueError for a wrong
// format, size, crop or length, and if the buffers overlap.
static mp_obj_t pixels_convert(size_t n_args, const mp_obj_t *args) {
    // All numbers before the buffers: a number's __int__() may resize one.
    uint32_t from_sides[2], to_sides[2], box[4];
    get_numbers(args[2], 2, from_sides);
    get_numbers(args[5], 2, to_sides);
    const bool is_cropped = n_args > 6 && args[6] != mp_const_none;
    if (is_cropped) {
        get_numbers(args[6], 4, box);
    }
    image_t from, to;
    const size_t from_size = get_image(args, from_sides, MP_BUFFER_READ, &from);
    const size_t to_size = get_image(args + 3, to_sides, MP_BUFFER_WRITE, &to);
    if (!image_is_target(to.format)) {
        mp_raise_ValueError(MP_ERROR_TEXT("the target's format must be GREY, RGB3, RGBP or YUYV"));
    }
    if (from.data < to.data + to_size && to.data < from.data + from_size) {
        mp_raise_ValueError(MP_ERROR_TEXT("source and target overlap"));
    }
    image_box_t crop = { 0, 0, from.width, from.height };
    if (is_cropped) {
        crop = (image_box_t){ box[0], box[1], box[2], box[3] };
    }
    if (crop.width == 0 || crop.height == 0 || crop.x + crop.width > from.width ||
        crop.y + crop.height > from.height) {
        mp_raise_ValueError(MP_ERROR_TEXT("the crop lies outside the image"));
    }
    image_convert(&from, &crop, &to);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(pixels_convert_obj, 6, 7, pixels_convert);

#define FUNCTIONS(X) X(MP_QSTR_convert, pixels_convert_obj) X(MP_QSTR_size, pixels_size_obj)
NATMOD_MODULE(pixels, FUNCTIONS, )
