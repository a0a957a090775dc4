// SPDX-License-Identifier: MIT
// Reads emlearn's CSV form of a forest, in plain C, from pieces of text of any size.
//
// A line is a letter and fields, as emlearn 0.23 writes them (trees.py, Wrapper.save):
//
//   f,FEATURES  c,CLASSES  lb,LEAF_BITS     the forest's dimensions, c,0 for regression
//   l,CLASS | l,VALUE | l,[P P P ...]       a leaf; the proportions may span several lines
//   r,NODE                                  a root
//   n,FEATURE,THRESHOLD,LEFT,RIGHT          a node; children count forwards from it, -1 is leaf 0
//
// emlearn-micropython calls the leaf bits `lf`. Other lines are ignored, as in upstream.
#ifndef SENSORD_FOREST_CSV_H
#define SENSORD_FOREST_CSV_H

#include "decimal.h"
#include "forest_build.h"

typedef struct {
    forest_builder_t *builder;
    int64_t n_features, n_classes, leaf_bits; // -1 until read; without leaf bits hard voting
    uint32_t line; // the current one, from 1
    uint8_t *row; // the soft leaf under way, or NULL
    uint32_t row_length;
    bool is_stated; // whether the builder has the three
    const char *error;
} forest_csv_t;

static inline void forest_csv_start(forest_csv_t *csv, forest_builder_t *builder) {
    *csv = (forest_csv_t){ .builder = builder, .n_features = -1, .n_classes = -1, .leaf_bits = 0, .line = 1 };
}

// Where the next field begins, or NULL if this was the last or its number does not end there.
static inline const char *forest_csv_comma(const char *at, const char *end) {
    at = at == NULL ? at : decimal_skip_spaces(at, end);
    return at != NULL && at < end && *at == ',' ? at + 1 : NULL;
}

static inline bool forest_csv_is_last(const char *at, const char *end) {
    return at != NULL && decimal_skip_spaces(at, end) == end;
}

static inline const char *forest_csv_node(forest_builder_t *builder, const char *at, const char *end) {
    int64_t feature, left, right;
    double threshold;
    at = forest_csv_comma(decimal_integer(at, end, &feature), end);
    at = at == NULL ? at : forest_csv_comma(decimal_number(at, end, &threshold), end);
    at = at == NULL ? at : forest_csv_comma(decimal_integer(at, end, &left), end);
    if (at == NULL || !forest_csv_is_last(decimal_integer(at, end, &right), end)) {
        return "expecting n,FEATURE,THRESHOLD,LEFT,RIGHT";
    }
    // A feature is an integer, so the threshold is rounded down to an integer. Beyond int16 its exact
    // value makes no difference.
    threshold = threshold < -1e6 ? -1e6 : threshold > 1e6 ? 1e6 : threshold;
    int32_t below = (int32_t)threshold;
    below -= (double)below > threshold;
    return forest_builder_add_node(builder, left, right, feature, below);
}

static inline const char *forest_csv_leaf(forest_csv_t *csv, const char *at, const char *end) {
    forest_builder_t *builder = csv->builder;
    if (builder->kind == FOREST_REGRESSION) {
        double value;
        if (!forest_csv_is_last(decimal_number(at, end, &value), end)) {
            return "expecting l,VALUE";
        }
        return forest_builder_add_value(builder, (float)value);
    }
    int64_t class_number;
    if (!forest_csv_is_last(decimal_integer(at, end, &class_number), end)) {
        return "expecting l,CLASS";
    }
    return forest_builder_add_class(builder, class_number);
}

static inline const char *forest_csv_set_data(forest_csv_t *csv) {
    if (csv->n_features < 0 || csv->n_classes < 0) {
        return "the lines f and c must come before roots, nodes and leaves";
    }
    csv->is_stated = true;
    return forest_builder_set_data(csv->builder, csv->n_features, csv->n_classes, csv->leaf_bits);
}

// Where to store the dimension that a line states, or NULL if it is another line.
static inline int64_t *forest_csv_header(forest_csv_t *csv, char first, char second) {
    if (second == ',') {
        return first == 'f' ? &csv->n_features : first == 'c' ? &csv->n_classes : NULL;
    }
    return first == 'l' && (second == 'b' || second == 'f') ? &csv->leaf_bits : NULL;
}

// Reads a line that ends at `end` and is not a soft leaf.
static inline const char *forest_csv_line(forest_csv_t *csv, const char *at, const char *end) {
    if (end - at < 2) {
        return NULL;
    }
    const char kind = at[0];
    const int name_length = at[1] == ',' ? 1 : end - at > 2 && at[2] == ',' ? 2 : 0;
    int64_t *header = name_length > 0 ? forest_csv_header(csv, kind, at[1]) : NULL;
    if (header != NULL) {
        csv->is_stated = false;
        at += name_length + 1;
        return forest_csv_is_last(decimal_integer(at, end, header), end) ? NULL : "expecting an integer";
    }
    if (at[1] != ',' || (kind != 'n' && kind != 'l' && kind != 'r')) {
        return NULL;
    }
    const char *error = csv->is_stated ? NULL : forest_csv_set_data(csv);
    if (error != NULL) {
        return error;
    }
    at += 2;
    if (kind == 'n') {
        return forest_csv_node(csv->builder, at, end);
    }
    if (kind == 'l') {
        return forest_csv_leaf(csv, at, end);
    }
    int64_t root;
    if (!forest_csv_is_last(decimal_integer(at, end, &root), end)) {
        return "expecting r,NODE";
    }
    return forest_builder_add_root(csv->builder, root);
}

static inline void forest_csv_start_row(forest_csv_t *csv) {
    csv->error = csv->is_stated ? NULL : forest_csv_set_data(csv);
    if (csv->error == NULL) {
        csv->row = forest_builder_new_leaf(csv->builder, FOREST_SOFT, &csv->error);
        csv->row_length = 0;
    }
}

// Reads one more proportion of a soft leaf, or the leaf's end. Returns where it ends, or NULL if the
// text may end within it.
static inline const char *forest_csv_proportion(forest_csv_t *csv, const char *at, const char *end,
                                                bool is_complete) {
    int64_t value;
    const uint32_t n_classes = csv->builder->n_classes;
    if (*at == ']') {
        csv->row = NULL;
        csv->error = csv->row_length == n_classes ? NULL : "a leaf must have one proportion for each class";
        return at + 1;
    }
    // No sign is allowed: a lone sign at the end of a text could be complete or not.
    const char *after = decimal_is_digit(at, end) ? decimal_integer(at, end, &value) : NULL;
    if (after == end && !is_complete) {
        return NULL;
    }
    if (after == NULL || value < 0 || value > 255 || csv->row_length == n_classes) {
        csv->error = "expecting a proportion from 0 to 255 for each class";
        return at;
    }
    csv->row[csv->row_length++] = (uint8_t)value;
    return after;
}

// Reads the complete parts of a text: lines, and within soft leaves proportions. Returns the number of
// bytes read; the caller puts the rest before the next text. With `is_complete` the end of the text is
// the end of a line. On an error stops with csv->error set, and csv->line is its line.
static inline size_t forest_csv_take(forest_csv_t *csv, const char *text, size_t length, bool is_complete) {
    const char *at = text, *const end = text + length;
    while (at < end && csv->error == NULL) {
        if (csv->row != NULL && (decimal_is_space(*at) || *at == '\n')) {
            csv->line += *at++ == '\n';
            continue;
        }
        if (csv->row != NULL) {
            const char *after = forest_csv_proportion(csv, at, end, is_complete);
            if (after == NULL) {
                break;
            }
            at = after;
            continue;
        }
        if (end - at >= 3 && at[0] == 'l' && at[1] == ',' && at[2] == '[') {
            forest_csv_start_row(csv);
            at += 3;
            continue;
        }
        const char *line_end = at;
        while (line_end < end && *line_end != '\n') {
            line_end++;
        }
        if (line_end == end && !is_complete) {
            break;
        }
        csv->error = forest_csv_line(csv, at, line_end);
        csv->line += csv->error == NULL;
        at = line_end < end ? line_end + 1 : end;
    }
    return (size_t)(at - text);
}

// Makes the forest after the last text. Returns an error, or NULL.
static inline const char *forest_csv_finish(forest_csv_t *csv, forest_t *forest) {
    if (csv->error == NULL && csv->row != NULL) {
        csv->error = "the last leaf has no end";
    }
    return csv->error != NULL ? csv->error : forest_builder_finish(csv->builder, forest);
}

#endif
