# SPDX-License-Identifier: MIT
# Modules frozen into the interpreter: upstream's asyncio, the hardware layer, the daemon.
include("$(MPY_DIR)/extmod/asyncio")
include("../../hal_linux/manifest.py")
include("../../daemon/manifest.py")
