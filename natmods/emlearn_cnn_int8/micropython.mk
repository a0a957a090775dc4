# SPDX-License-Identifier: MIT
SRC_USERMOD_C += $(USERMOD_DIR)/emlearn_cnn_int8.c
CFLAGS_USERMOD += -I$(USERMOD_DIR)/..
$(BUILD)/emlearn_cnn_int8/emlearn_cnn_int8.o: CFLAGS += -O3
