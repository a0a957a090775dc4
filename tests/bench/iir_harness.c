// SPDX-License-Identifier: MIT
// The sound level meter's peer: emlearn's biquad cascade, from the installed package's header, called
// once a sample as in emlearn-micropython's emlearn_iir.run().

#include <eml_iir.h>

// Filters n values in place. `coefficients` is scipy's SOS, `states` 4 floats a section, at first 0.
void iir_harness_run(const float *coefficients, int n_sections, float *states, float *values, int n) {
    const EmlIIR filter = {
        .n_stages = n_sections,
        .states = states,
        .states_length = 4 * n_sections,
        .coefficients = coefficients,
        .coefficients_length = 6 * n_sections,
    };
    for (int i = 0; i < n; i++) {
        values[i] = eml_iir_filter(filter, values[i]);
    }
}
