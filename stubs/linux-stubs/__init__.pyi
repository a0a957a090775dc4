# SPDX-License-Identifier: MIT
"""Linux as far as the Unix port lacks it: libc through ffi, processes, signals, kernel files."""
