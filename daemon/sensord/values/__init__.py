# SPDX-License-Identifier: MIT
"""The values of a sensor between its input and its readings: named, checked against what can
be."""
