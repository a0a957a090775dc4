# SPDX-License-Identifier: MIT
"""The chips that sensord has drivers for, one module each; see ../chip.py."""
