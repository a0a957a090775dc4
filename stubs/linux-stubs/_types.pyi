# SPDX-License-Identifier: MIT
"""Types that several modules of `linux` take."""

from collections.abc import Mapping
from typing import TypeAlias

# What to do about an error, by its number.
Hints: TypeAlias = Mapping[int, str]
