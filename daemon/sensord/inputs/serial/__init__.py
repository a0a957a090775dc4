# SPDX-License-Identifier: MIT
"""type = "serial": lines from a serial port."""
