# SPDX-License-Identifier: MIT
"""type = "iio": converters and chips that the kernel drives through IIO."""
