# SPDX-License-Identifier: MIT
"""sensord: reads sensors, processes the data on the board, publishes the result."""

__version__ = "0.1.0"
