# SPDX-License-Identifier: MIT
SRC_USERMOD_C += $(USERMOD_DIR)/emlearn_arrayutils.c
CFLAGS_USERMOD += -I$(USERMOD_DIR)/..
$(BUILD)/emlearn_arrayutils/emlearn_arrayutils.o: CFLAGS += -O3
