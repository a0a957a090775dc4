# SPDX-License-Identifier: MIT
"""type = "exec": what a program prints."""
