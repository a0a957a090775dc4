// SPDX-License-Identifier: MIT
// Part of emlearn_trees.c: models from and to files and memory.
#ifndef SENSORD_MODEL_FILES_H
#define SENSORD_MODEL_FILES_H

#include "forest_csv.h"
#include "forest_image.h"

// Bytes read at a time, and room before them for the unread end of the last chunk.
#define CHUNK_SIZE 4096
#define LINE_SIZE 1024

// The loaded forest replaces the model's only after it was read without an error.
typedef struct {
    model_t *model;
    forest_builder_t builder;
    forest_csv_t csv;
} loader_t;

static void loader_start(loader_t *loader, model_t *model) {
    const forest_builder_t *limits = &model->builder;
    loader->model = model;
    forest_builder_start(&loader->builder, limits->max_roots, limits->max_nodes, limits->max_leaves);
    forest_csv_start(&loader->csv, &loader->builder);
}

static void loader_raise(const loader_t *loader, const char *error) {
    char text[128], digits[12];
    size_t length = 0, n_digits = 0;
    for (const char *at = "line "; *at != '\0'; at++) {
        text[length++] = *at;
    }
    for (uint32_t line = loader->csv.line; n_digits == 0 || line > 0; line /= 10) {
        digits[n_digits++] = (char)('0' + line % 10);
    }
    while (n_digits > 0) {
        text[length++] = digits[--n_digits];
    }
    text[length++] = ':';
    text[length++] = ' ';
    for (; *error != '\0' && length < sizeof(text); error++) {
        text[length++] = *error;
    }
    mp_raise_type_arg(&mp_type_ValueError, mp_obj_new_str(text, length));
}

static size_t loader_take_text(loader_t *loader, const char *text, size_t length, bool is_complete) {
    const size_t taken = forest_csv_take(&loader->csv, text, length, is_complete);
    if (loader->csv.error != NULL) {
        loader_raise(loader, loader->csv.error);
    }
    return taken;
}

static void loader_end_text(loader_t *loader) {
    forest_t forest;
    raise_if(forest_csv_finish(&loader->csv, &forest));
    model_t *model = loader->model;
    model->builder = loader->builder;
    model->forest = forest;
    model->is_ready = true;
    model->memory = NULL;
    model->owner = MP_OBJ_NULL;
}

// `memory` is the start of the allocated memory, `owner` its owner, unless the model owns it alone.
static void load_image(model_t *model, const void *data, size_t length, const void *memory, mp_obj_t owner) {
    forest_t forest;
    raise_if(forest_image_open(data, length, &forest));
    const forest_builder_t limits = model->builder;
    if (forest.n_roots > limits.max_roots) {
        raise_if("max trees");
    }
    if (forest.n_nodes > limits.max_nodes) {
        raise_if("max nodes");
    }
    if (forest.n_leaves > limits.max_leaves) {
        raise_if("max leaves");
    }
    forest_builder_start(&model->builder, limits.max_roots, limits.max_nodes, limits.max_leaves);
    model->forest = forest;
    model->is_ready = true;
    model->memory = memory;
    model->owner = owner;
}

static void copy_bytes(void *to, const void *from, size_t length) {
    for (size_t i = 0; i < length; i++) {
        ((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
    }
}

static void load_memory(loader_t *loader, mp_obj_t owner, const void *data, size_t length) {
    if (!forest_image_is(data, length)) {
        loader_take_text(loader, data, length, true);
        loader_end_text(loader);
        return;
    }
    // Objects that can be resized can move.
    const mp_obj_type_t *type = mp_obj_get_type(owner);
    const bool stays = type == &mp_type_bytes || MP_OBJ_FROM_PTR(type) == mp_load_global(MP_QSTR_memoryview);
    if (stays && (uintptr_t)data % FOREST_IMAGE_ALIGNMENT == 0) {
        load_image(loader->model, data, length, NULL, owner);
        return;
    }
    uint8_t *copy = m_new(uint8_t, length);
    copy_bytes(copy, data, length);
    load_image(loader->model, copy, length, copy, MP_OBJ_NULL);
}

// Reads a stream by its method readinto(), into the same memory each time.
typedef struct {
    mp_obj_t readinto[3];
    char *buffer; // of LINE_SIZE + CHUNK_SIZE
    size_t size; // the file's, or 0 if it is not known
} chunks_t;

static size_t chunks_next(chunks_t *chunks) {
    const mp_int_t n = get_int(mp_call_method_n_kw(1, 0, chunks->readinto));
    if (n < 0 || n > CHUNK_SIZE) {
        mp_raise_ValueError(MP_ERROR_TEXT("readinto() returned no length"));
    }
    return (size_t)n;
}

static void load_image_chunks(model_t *model, chunks_t *chunks, size_t n) {
    size_t length = 0, size = chunks->size;
    uint8_t *data = size > 0 ? m_new(uint8_t, size) : NULL;
    while (n > 0) {
        if (length > FOREST_MAX_PIECES - n) {
            raise_if("the file is too long");
        }
        data = forest_grow(data, &size, 1, length + n, FOREST_MAX_PIECES);
        copy_bytes(data + length, chunks->buffer + LINE_SIZE, n);
        length += n;
        n = chunks_next(chunks);
    }
    data = m_renew(uint8_t, data, size, length);
    load_image(model, data, length, data, MP_OBJ_NULL);
}

static void load_stream(loader_t *loader, chunks_t *chunks) {
    chunks->buffer = m_new(char, LINE_SIZE + CHUNK_SIZE);
    char *chunk = chunks->buffer + LINE_SIZE;
    chunks->readinto[2] = mp_obj_new_bytearray_by_ref(CHUNK_SIZE, chunk);
    size_t n = chunks_next(chunks);
    if (forest_image_is(chunk, n)) {
        load_image_chunks(loader->model, chunks, n);
        return;
    }
    for (size_t left = 0;; n = chunks_next(chunks)) {
        const char *text = chunk - left;
        const size_t taken = loader_take_text(loader, text, left + n, n == 0);
        if (n == 0) {
            break;
        }
        left = left + n - taken;
        if (left > LINE_SIZE) {
            loader_raise(loader, "too long");
        }
        copy_bytes(chunk - left, text + taken, left);
    }
    loader_end_text(loader);
}

static void load_lines(loader_t *loader, mp_obj_t iterable) {
    natmod_iter_t lines;
    mp_obj_t line;
    natmod_iterate(iterable, &lines);
    while ((line = natmod_next(&lines)) != MP_OBJ_STOP_ITERATION) {
        size_t length;
        const char *text = mp_obj_str_get_data(line, &length);
        loader_take_text(loader, text, length, true);
    }
    loader_end_text(loader);
}

static mp_obj_t open_file(mp_obj_t path, const char *mode) {
    const mp_obj_t args[2] = { path, mp_obj_new_str(mode, 2) };
    return mp_call_function_n_kw(mp_load_global(MP_QSTR_open), 2, 0, args);
}

static size_t file_size(mp_obj_t file) {
    mp_obj_t seek[4];
    mp_load_method(file, MP_QSTR_seek, seek);
    seek[2] = MP_OBJ_NEW_SMALL_INT(0);
    seek[3] = MP_OBJ_NEW_SMALL_INT(2); // from the end
    const mp_int_t size = get_int(mp_call_method_n_kw(2, 0, seek));
    seek[3] = MP_OBJ_NEW_SMALL_INT(0);
    mp_call_method_n_kw(2, 0, seek);
    return size > 0 ? (size_t)size : 0;
}

static void close_file(mp_obj_t file) {
    mp_obj_t close[2];
    mp_load_method(file, MP_QSTR_close, close);
    mp_call_method_n_kw(0, 0, close);
}

// load_model(model, source): replaces the model's content, if all of `source` is valid. Sources are
//
//   a file open for reading, or a path: emlearn's CSV, or save_model()'s binary form
//   bytes, bytearray or memoryview: the same in memory. A binary form in bytes or a memoryview is used
//       in place: it takes no memory, and must not change while the model lives
//   an iterable of lines of the CSV
//
// A threshold of 1.5 is exact: features up to 1 go to the left, as in scikit-learn. Upstream drops the
// fraction and compares with `less than`, which sends 1 to the right. ValueError with the number of the
// wrong line, or for more than the limits of new(); OSError from the file.
static mp_obj_t load_model(mp_obj_t model_obj, mp_obj_t source) {
    loader_t loader;
    chunks_t chunks;
    mp_buffer_info_t data;
    loader_start(&loader, get_model(model_obj));
    const mp_obj_t file = mp_obj_is_str(source) ? open_file(source, "rb") : MP_OBJ_NULL;
    if (file == MP_OBJ_NULL && mp_get_buffer(source, &data, MP_BUFFER_READ)) {
        load_memory(&loader, source, data.buf, data.len);
        return mp_const_none;
    }
    mp_load_method_maybe(file != MP_OBJ_NULL ? file : source, MP_QSTR_readinto, chunks.readinto);
    if (chunks.readinto[0] == MP_OBJ_NULL) {
        load_lines(&loader, source);
        return mp_const_none;
    }
    chunks.size = file != MP_OBJ_NULL ? file_size(file) : 0;
    // If this raises, the garbage collector closes a file opened here.
    load_stream(&loader, &chunks);
    if (file != MP_OBJ_NULL) {
        close_file(file);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(load_model_obj, load_model);

static void write_all(mp_obj_t file, const void *data, size_t length) {
    mp_obj_t write[3];
    mp_load_method(file, MP_QSTR_write, write);
    while (length > 0) {
        write[2] = mp_obj_new_bytearray_by_ref(length, (void *)data);
        const mp_int_t n = get_int(mp_call_method_n_kw(1, 0, write));
        if (n <= 0 || (size_t)n > length) {
            mp_raise_ValueError(MP_ERROR_TEXT("write() returned no length"));
        }
        data = (const uint8_t *)data + n;
        length -= (size_t)n;
    }
}

// save_model(model, file): writes a complete model in the binary form that load_model() uses in place,
// to a path or a file open for writing in binary. ValueError if it is not complete.
static mp_obj_t save_model(mp_obj_t model_obj, mp_obj_t target) {
    const forest_t *forest = get_forest(get_model(model_obj));
    const forest_image_t header = forest_image_header(forest);
    const mp_obj_t file = mp_obj_is_str(target) ? open_file(target, "wb") : target;
    write_all(file, &header, sizeof(header));
    write_all(file, forest->roots, forest_roots_size(forest));
    write_all(file, forest->slots, forest_slots_size(forest));
    write_all(file, forest->leaves, forest_leaves_size(forest));
    if (file != target) {
        close_file(file);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(save_model_obj, save_model);

#endif
