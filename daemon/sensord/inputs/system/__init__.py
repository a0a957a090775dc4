# SPDX-License-Identifier: MIT
"""type = "system": the board itself."""
