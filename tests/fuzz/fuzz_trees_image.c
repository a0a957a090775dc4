// SPDX-License-Identifier: MIT
// Any bytes as the binary form of a forest: an error or a forest that is usable in place.

#include "trees.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    forest_t forest;
    // Aligned, and exactly its size unless that is 0
    uint8_t *image = calloc(size + (size == 0), 1);
    must(image != NULL);
    if (size > 0) {
        memcpy(image, data, size);
    }
    if (forest_image_open(image, size, &forest) == NULL) {
        use_forest(&forest);
    }
    // Also check inputs in which only the magic number is wrong
    if (size >= sizeof(forest_image_t)) {
        const forest_image_t *header = (const void *)image;
        forest_image_t head = *header;
        head.magic = FOREST_IMAGE_MAGIC;
        head.version = FOREST_IMAGE_VERSION;
        head.slot_size = header->slot_size % 2 ? sizeof(forest_wide_slot_t) : sizeof(forest_slot_t);
        head.kind %= FOREST_KINDS;
        head.reserved = 0;
        memcpy(image, &head, sizeof(head));
        if (forest_image_open(image, size, &forest) == NULL) {
            use_forest(&forest);
        }
    }
    free(image);
    return 0;
}
