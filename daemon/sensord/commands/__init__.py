# SPDX-License-Identifier: MIT
"""The commands of sensord besides `run`, one file each."""
