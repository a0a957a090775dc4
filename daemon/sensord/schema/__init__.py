# SPDX-License-Identifier: MIT
"""The kinds of values that a configuration may have; config/ and inputs/ make their tables of
them."""

# The default of a key that has none. Here, since it is compared by identity: the other modules of
# this folder are forgotten after the configuration was read, and loaded anew for a reload.
REQUIRED = object()
