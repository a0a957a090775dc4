# SPDX-License-Identifier: MIT
"""type = "image": an image classifier."""
