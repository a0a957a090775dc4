# SPDX-License-Identifier: MIT
# The optional parts of the Unix port in sensord's interpreter.
PROG = micropython
MICROPY_PY_THREAD = 0
MICROPY_PY_BTREE = 0
MICROPY_PY_JNI = 0
MICROPY_PY_FFI = 1
MICROPY_PY_SSL = 1
MICROPY_SSL_MBEDTLS = 1
MICROPY_USE_READLINE = 0
MICROPY_VFS_FAT = 0
MICROPY_VFS_LFS1 = 0
MICROPY_VFS_LFS2 = 0
FROZEN_MANIFEST ?= $(VARIANT_DIR)/manifest.py

# sensord_main.c starts the daemon if the program is called by the name sensord.
LDFLAGS += -Wl,--wrap=main

# tlsextra.c stands between tls and these functions of mbedTLS.
TLS_WRAPPED = ssl_set_hostname ssl_free ssl_read ssl_write ssl_config_defaults pk_parse_key
LDFLAGS += $(TLS_WRAPPED:%=-Wl,--wrap=mbedtls_%)

# rom.c holds the image of the modules that are not frozen.
CFLAGS += -DSENSORD_ROM='"$(SENSORD_GENERATED)/rom.img"'
$(BUILD)/$(VARIANT_DIR)/rom.o: $(SENSORD_GENERATED)/rom.img
