# SPDX-License-Identifier: MIT
SRC_USERMOD_C += $(USERMOD_DIR)/thirdoctave.c
CFLAGS_USERMOD += -I$(USERMOD_DIR)/..
$(BUILD)/thirdoctave/thirdoctave.o: CFLAGS += -O3
