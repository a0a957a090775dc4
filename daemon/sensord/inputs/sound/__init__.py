# SPDX-License-Identifier: MIT
"""type = "sound": a noise monitor."""
