# SPDX-License-Identifier: MIT
SRC_USERMOD_C += $(USERMOD_DIR)/pixels.c
CFLAGS_USERMOD += -I$(USERMOD_DIR)/..
$(BUILD)/pixels/pixels.o: CFLAGS += -O3
