# SPDX-License-Identifier: MIT
"""What the Unix port lacks of Linux itself: libc through ffi, processes, signals, kernel files."""
