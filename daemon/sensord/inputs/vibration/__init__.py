# SPDX-License-Identifier: MIT
"""type = "vibration": the condition of a machine."""
