# SPDX-License-Identifier: MIT
SRC_USERMOD_C += $(USERMOD_DIR)/vibration.c
CFLAGS_USERMOD += -I$(USERMOD_DIR)/..
$(BUILD)/vibration/vibration.o: CFLAGS += -O3
