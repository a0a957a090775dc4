# SPDX-License-Identifier: MIT
"""A cascade of second-order sections on floats."""

from array import array

class _Filter:
    def run(self, values: array[float], /) -> None:
        """Filters an array('f') in place; the state carries over."""

def new(coefficients: array[float], /) -> _Filter:
    """A filter at rest, from b0 b1 b2 a0 a1 a2 of each of 1 to 64 sections."""
