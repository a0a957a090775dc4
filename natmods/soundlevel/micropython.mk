# SPDX-License-Identifier: MIT
SRC_USERMOD_C += $(USERMOD_DIR)/soundlevel.c
CFLAGS_USERMOD += -I$(USERMOD_DIR)/..
$(BUILD)/soundlevel/soundlevel.o: CFLAGS += -O3
