# SPDX-License-Identifier: MIT
"""A cascade of second-order sections on int16."""

from array import array

class _Filter:
    def run(self, values: array[int], /) -> None:
        """Filters an array('h') in place; the state carries over."""

def convert_coefficients(coefficients: array[float], scale: float = 8192, /) -> array[int]:
    """From b0 b1 b2 a0 a1 a2 of each section to the array('h') that new() takes."""

def new(coefficients: array[int], /) -> _Filter:
    """A filter at rest, from b0 0 b1 b2 -a1 -a2 in Q13 of each of 1 to 64 sections."""
