# SPDX-License-Identifier: MIT
"""The module from which drivers for the first release import Fault."""

from .errors import Fault

__all__ = ("Fault",)
