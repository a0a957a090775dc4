# SPDX-License-Identifier: MIT
SRC_USERMOD_C += $(USERMOD_DIR)/emlearn_cnn_fp32.c
CFLAGS_USERMOD += -I$(USERMOD_DIR)/..
$(BUILD)/emlearn_cnn_fp32/emlearn_cnn_fp32.o: CFLAGS += -O3
