# SPDX-License-Identifier: MIT
"""The commands of sensord beside `run`, one file each."""
