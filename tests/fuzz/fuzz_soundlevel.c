// SPDX-License-Identifier: MIT
// Any coefficients, any samples, in pieces of any size: the levels stay between the floor and the
// ceiling or are not a number, and the counts are those of the samples.

#include "soundlevel/meter.h"

#include <stdlib.h>
#include <string.h>

static void must(bool holds) {
    if (!holds) {
        abort();
    }
}

static void read_levels(meter_t *meter, uint64_t expected) {
    meter_levels_t levels;
    must(meter_read(meter, &levels) == expected);
    if (expected == 0) {
        return;
    }
    const float values[] = { levels.leq, levels.max, levels.min, levels.c_peak,
                             levels.l10, levels.l50, levels.l90 };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        must(!(values[i] < METER_FLOOR_DB));
    }
    must(levels.input_peak >= 0.0f && levels.input_peak <= 1.0f);
    must(!(levels.l10 < levels.l50) && !(levels.l50 < levels.l90));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    float sections[METER_N_COEFFICIENTS];
    const size_t head = 4 + sizeof(sections);
    if (size < head) {
        return 0;
    }
    const int lane = 1 + data[0] % 3;
    const size_t piece = 1 + data[1];
    const double smoothing = (1 + data[2]) / 257.0;
    const unsigned steps_per_bin = 1 + data[3] % 16;
    memcpy(sections, data + 4, sizeof(sections));
    for (int i = 0; i < METER_LANES; i++) {
        // What soundlevel.c requires.
        if (!(sections[i * 6 + 3] != 0.0f)) {
            return 0;
        }
    }
    meter_t *meter = malloc(sizeof(*meter));
    must(meter != NULL);
    meter_init(meter, sections, lane, smoothing, steps_per_bin);
    data += head;
    size -= head;
    uint64_t in_interval = 0;
    for (size_t n = size / sizeof(int16_t); n > 0;) {
        const size_t count = n < piece ? n : piece;
        // At an odd address, as a slice may begin, and exactly its size.
        uint8_t *pcm = malloc(count * sizeof(int16_t) + 1);
        must(pcm != NULL);
        memcpy(pcm + 1, data, count * sizeof(int16_t));
        meter_process(meter, (const meter_pcm_t *)(pcm + 1), count);
        in_interval += count;
        if (pcm[1] % 16 == 0) {
            meter_settle(meter);
        } else if (pcm[1] % 16 == 1) {
            read_levels(meter, in_interval);
            in_interval = 0;
        }
        free(pcm);
        data += count * sizeof(int16_t);
        n -= count;
    }
    read_levels(meter, in_interval);
    read_levels(meter, 0);
    free(meter);
    return 0;
}
