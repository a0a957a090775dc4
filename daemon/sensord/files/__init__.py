# SPDX-License-Identifier: MIT
"""Formats of files: sound (.wav), arrays (.npy), pictures (.pgm, .ppm), and JSON from others."""
