# SPDX-License-Identifier: MIT
"""The kinds of values that a configuration may have; config/ and inputs/ make their tables of
them."""
