// SPDX-License-Identifier: MIT
// Any text as emlearn's CSV: an error or a usable forest, the same in one piece and in chunks, in memory
// of at most four times its size and 8 KiB.

#include "trees.h"

#include "emlearn_trees/forest_csv.h"

#define NO_LIMIT FOREST_MAX_PIECES

static const char *load(forest_csv_t *csv, const char *text, size_t length, size_t chunk, forest_t *forest) {
    forest_builder_start(csv->builder, NO_LIMIT, NO_LIMIT, NO_LIMIT);
    forest_csv_start(csv, csv->builder);
    size_t begin = 0, end = 0;
    do {
        end = length - end > chunk ? end + chunk : length;
        // In memory of exactly its size, so that a read past the chunk is reported
        char *piece = malloc(end - begin + 1);
        must(piece != NULL);
        memcpy(piece, text + begin, end - begin);
        piece = realloc(piece, end > begin ? end - begin : 1);
        begin += forest_csv_take(csv, piece, end - begin, end == length);
        free(piece);
    } while (end < length && csv->error == NULL);
    return forest_csv_finish(csv, forest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    forest_builder_t builder, chunked_builder;
    forest_csv_t csv = { .builder = &builder }, chunked = { .builder = &chunked_builder };
    forest_t forest, same;
    allocated = most_allocated = 0;
    const char *text = (const char *)data;
    const char *error = load(&csv, text, size, size, &forest);
    must(most_allocated <= 4 * size + 8192);
    const char *chunked_error = load(&chunked, text, size, 1 + size % 61, &same);
    must((error == NULL) == (chunked_error == NULL));
    if (error == NULL) {
        must(use_forest(&forest) == use_forest(&same));
        use_image_of(&forest);
    }
    forest_builder_free(&builder);
    forest_builder_free(&chunked_builder);
    must(allocated == 0);
    return 0;
}
