# SPDX-License-Identifier: MIT
SRC_USERMOD_C += $(USERMOD_DIR)/emlearn_trees.c
CFLAGS_USERMOD += -I$(USERMOD_DIR)/..
$(BUILD)/emlearn_trees/emlearn_trees.o: CFLAGS += -O3
