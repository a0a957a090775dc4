// SPDX-License-Identifier: MIT
// Evaluates the benchmark's forest in C on many inputs: with PEER by emlearn's own algorithm, from the
// installed package's header, on the code that it generates for the forest; else by ours.

#ifdef PEER

#include "digits.h"

void predict_all(const int16_t *features, int n_features, int n_inputs, float *out, int n_outputs) {
    for (int i = 0; i < n_inputs; i++) {
        eml_trees_predict_proba(&digits, features + i * n_features, n_features, out + i * n_outputs,
                                n_outputs);
    }
}

#else

#include "emlearn_trees/forest_csv.h"
#include "emlearn_trees/forest_predict.h"

static forest_builder_t builder;
static forest_t forest;

// Loads the forest from emlearn's CSV. Returns an error, or NULL.
const char *load(const char *text, size_t length) {
    forest_csv_t csv;
    forest_builder_start(&builder, FOREST_MAX_PIECES, FOREST_MAX_PIECES, FOREST_MAX_PIECES);
    forest_csv_start(&csv, &builder);
    forest_csv_take(&csv, text, length, true);
    return forest_csv_finish(&csv, &forest);
}

void predict_all(const int16_t *features, int n_features, int n_inputs, float *out, int n_outputs) {
    for (int i = 0; i < n_inputs; i++) {
        forest_predict(&forest, features + i * n_features, out + i * n_outputs);
    }
}

#endif
