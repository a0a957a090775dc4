// SPDX-License-Identifier: MIT
// Any formats, sizes and crops: a conversion stays in both images and fills the whole target.

#include "pixels/image.h"

#include <stdlib.h>
#include <string.h>

#define SIDE 72 // at most: an input takes microseconds, and shrinking, growing and odd ratios all occur
#define HEAD 11

static const uint32_t formats[] = {
    IMAGE_GREY, IMAGE_YUYV, IMAGE_NV12, IMAGE_YU12, IMAGE_RGB3, IMAGE_RGBP, 0
};

static image_t make(uint8_t format, uint8_t width, uint8_t height, uint8_t fill) {
    image_t image = { formats[format % 7], width % SIDE, height % SIDE, NULL };
    const size_t size = image_size(image.format, image.width, image.height);
    if (size > 0) {
        image.data = malloc(size);
        if (image.data == NULL) {
            abort();
        }
        memset(image.data, fill, size);
    }
    return image;
}

static void convert(image_t *from, image_t *to, const image_box_t *crop, const uint8_t *data, size_t size) {
    const size_t from_size = image_size(from->format, from->width, from->height);
    const size_t to_size = image_size(to->format, to->width, to->height);
    for (size_t i = 0; size > 0 && i < from_size; i++) {
        from->data[i] = data[i % size];
    }
    // Twice, onto different bytes: a byte that is not written differs.
    uint8_t *first = malloc(to_size);
    if (first == NULL) {
        abort();
    }
    image_convert(from, crop, to);
    memcpy(first, to->data, to_size);
    memset(to->data, 0x5a, to_size);
    image_convert(from, crop, to);
    if (memcmp(first, to->data, to_size) != 0) {
        abort();
    }
    free(first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < HEAD) {
        return 0;
    }
    image_t from = make(data[0], data[1], data[2], 0), to = make(data[3], data[4], data[5], 0xa5);
    image_box_t crop = { data[6] % SIDE, data[7] % SIDE, data[8] % SIDE, data[9] % SIDE };
    if (data[10] % 4 == 0) {
        crop = (image_box_t){ 0, 0, from.width, from.height };
    }
    // What pixels.c requires before it converts.
    const bool fits = crop.width > 0 && crop.height > 0 && crop.x + crop.width <= from.width &&
                      crop.y + crop.height <= from.height;
    if (from.data != NULL && to.data != NULL && image_is_target(to.format) && fits) {
        convert(&from, &to, &crop, data + HEAD, size - HEAD);
    }
    free(from.data);
    free(to.data);
    return 0;
}
