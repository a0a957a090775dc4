# SPDX-License-Identifier: MIT
"""type = "gpio": edges of a pin, counted."""
