# SPDX-License-Identifier: MIT
"""Accelerations as a stream, for the types that look at windows of them: no type of its own."""
