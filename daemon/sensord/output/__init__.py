# SPDX-License-Identifier: MIT
"""The forms in which readings leave the daemon."""
