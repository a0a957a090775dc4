# SPDX-License-Identifier: MIT
"""Types that several modules of `machine` take."""

from typing import TypeAlias

from .pin import Pin

# The number of a line, its name, or "gpiochip0:17".
PinId: TypeAlias = int | str
AnyPin: TypeAlias = Pin | PinId
# MicroPython's tuple of a time; the docstring of machine.rtc says which fields.
DateTime: TypeAlias = tuple[int | None, ...]
