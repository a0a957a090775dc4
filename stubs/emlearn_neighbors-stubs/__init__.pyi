# SPDX-License-Identifier: MIT
"""The k nearest neighbours of int16 vectors, by Euclidean distance."""

from array import array

class _Model:
    def additem(self, features: array[int], label: int, /) -> int:
        """Adds an array('h') and returns its index; the label is an int16."""
    def getitem(self, index: int, out: array[int], /) -> None:
        """Copies an item into an array('h')."""
    def predict(self, features: array[int], /) -> int:
        """The label that most of the nearest have; the least of several such."""
    def getresult(self, i: int, /) -> tuple[int, int, int]:
        """Of the i-th nearest of the last prediction its index, distance and label."""

def new(items: int, features: int, neighbors: int, /) -> _Model:
    """A model with room for 1 to 32767 items of 1 to 65535 features."""
