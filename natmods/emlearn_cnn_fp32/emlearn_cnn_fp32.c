// SPDX-License-Identifier: MIT
// emlearn_cnn_fp32: emlearn-micropython's convolutional networks, on floats. The engine is in cnn/,
// cnn/face.h documents the calls.

#define CNN_WITH_FP32 1
#define CNN_TYPE emlearn_cnn_fp32_type
#include "cnn/face.h"

#define METHODS(X)                                                                                           \
    X(MP_QSTR_run, cnn_run_obj)                                                                              \
    X(MP_QSTR_start, cnn_start_obj)                                                                          \
    X(MP_QSTR_step, cnn_step_obj)                                                                            \
    X(MP_QSTR_work, cnn_work_obj)                                                                            \
    X(MP_QSTR_profile, cnn_profile_obj)                                                                      \
    X(MP_QSTR_input_dimensions, cnn_input_dimensions_obj)                                                    \
    X(MP_QSTR_output_dimensions, cnn_output_dimensions_obj)                                                  \
    X(MP_QSTR_memory, cnn_memory_obj)
NATMOD_CLASS(emlearn_cnn_fp32_type, MP_QSTR_cnn_fp32, METHODS)

#define FUNCTIONS(X) X(MP_QSTR_new, cnn_new_obj)
NATMOD_MODULE(emlearn_cnn_fp32, FUNCTIONS, NATMOD_USE(emlearn_cnn_fp32_type))
