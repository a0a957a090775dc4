// SPDX-License-Identifier: MIT
// Any values and ranges: each result lies in the output's range, in place as well as apart.

#include "emlearn_arrayutils/linear_map.h"

#include <stdlib.h>
#include <string.h>

static const char types[] = { 'b', 'B', 'h', 'f' };

static void must(bool holds) {
    if (!holds) {
        abort();
    }
}

// Whether a result lies between the ends, which an integer type rounds and saturates as well.
static bool in_range(const void *out, char type, size_t i, const map_range_t *range) {
    const float low = range->out_min < range->out_max ? range->out_min : range->out_max;
    const float high = range->out_min < range->out_max ? range->out_max : range->out_min;
    float ends[2] = { low, high };
    if (type != 'f') {
        uint8_t room[2 * sizeof(int16_t)] __attribute__((aligned(4)));
        map_store(room, type, 0, low);
        map_store(room, type, 1, high);
        ends[0] = map_load(room, type, 0);
        ends[1] = map_load(room, type, 1);
    }
    const float value = map_load(out, type, i);
    return value >= ends[0] && value <= ends[1];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    map_range_t range;
    const size_t head = 2 + sizeof(range);
    if (size < head) {
        return 0;
    }
    const char in_type = types[data[0] % 4], out_type = types[data[1] % 4];
    memcpy(&range, data + 2, sizeof(range));
    if (!map_range_ok(&range)) {
        return 0;
    }
    const size_t length = (size - head) / map_element_size(in_type);
    const size_t in_size = length * map_element_size(in_type), out_size = length * map_element_size(out_type);
    void *in = malloc(in_size > 0 ? in_size : 1), *out = malloc(out_size > 0 ? out_size : 1);
    must(in != NULL && out != NULL);
    memcpy(in, data + head, in_size);
    map_linear(in, in_type, out, out_type, length, &range);
    for (size_t i = 0; i < length; i++) {
        must(in_range(out, out_type, i, &range));
    }
    if (in_type == out_type) {
        map_linear(in, in_type, in, in_type, length, &range);
        must(memcmp(in, out, out_size) == 0);
    }
    free(in);
    free(out);
    return 0;
}
