# SPDX-License-Identifier: MIT
"""Which bus the pins of a Raspberry Pi's header belong to, for SoftI2C and SoftSPI."""

from ._types import AnyPin

def bus(kind: str, first: AnyPin, second: AnyPin) -> int | str:
    """The number or path of the I2C or SPI bus with these pins."""
