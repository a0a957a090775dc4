# SPDX-License-Identifier: MIT
SRC_USERMOD_C += $(USERMOD_DIR)/emlearn_fft.c
CFLAGS_USERMOD += -I$(USERMOD_DIR)/..
$(BUILD)/emlearn_fft/emlearn_fft.o: CFLAGS += -O3
