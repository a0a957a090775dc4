# SPDX-License-Identifier: MIT
"""The built-in drivers of chips on SPI; see ../chip.py."""
