# SPDX-License-Identifier: MIT
"""Arrays: numbers of one range and type as those of another."""

from array import array

from typing_extensions import Buffer

def linear_map(
    in_: Buffer,
    out: array[float] | array[int] | bytearray,
    in_min: float,
    in_max: float,
    out_min: float,
    out_max: float,
    /,
) -> None:
    """Maps each number of one range to the other, clamped; `out` may be `in_`."""
