# SPDX-License-Identifier: MIT
SRC_USERMOD_C += $(USERMOD_DIR)/timebased.c
CFLAGS_USERMOD += -I$(USERMOD_DIR)/..
$(BUILD)/timebased/timebased.o: CFLAGS += -O3
