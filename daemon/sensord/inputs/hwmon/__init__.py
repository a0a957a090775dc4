# SPDX-License-Identifier: MIT
"""type = "hwmon": temperatures, voltages and fans that the kernel monitors."""
