# SPDX-License-Identifier: MIT
"""Linux interfaces that the Unix port lacks: libc by ffi, processes, signals, kernel files."""
