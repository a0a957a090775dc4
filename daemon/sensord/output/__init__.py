# SPDX-License-Identifier: MIT
"""What leaves the daemon, and in which form."""
