# SPDX-License-Identifier: MIT
"""The place where drivers that were written for sensord 0.1.0 look for Fault."""

from .errors import Fault

__all__ = ("Fault",)
