# SPDX-License-Identifier: MIT
"""Forests of decision trees on int16 features, for classes and for regression."""

from array import array
from collections.abc import Iterable
from typing import IO, overload

from typing_extensions import Buffer, Self

class _Model:
    def setdata(self, n_features: int, n_classes: int, leaf_bits: int, /) -> Self:
        """The forest's features and classes; 0 for regression. Leaf bits are 0, 1 to 8, or 32."""
    def addroot(self, node: int, /) -> None:
        """One more tree, which starts at that node."""
    def addnode(self, left: int, right: int, feature: int, value: int, /) -> None:
        """One more node. A feature less than `value` goes to the left."""
    def addleaf(self, value: float | Buffer, /) -> None:
        """One more leaf: a class, a byte for each class, or a number."""
    def outputs(self) -> int:
        """The number of classes, 1 for regression."""
    def predict(self, features: array[int], out: array[float], /) -> None:
        """Fills array('f') `out` with each class's share of the votes, or with the mean."""
    def classify(self, features: array[int], /) -> int:
        """The class with most votes, of equals the first."""

@overload
def new() -> _Model:
    """An empty model without limits."""

@overload
def new(trees: int, nodes: int, leaves: int, /) -> _Model:
    """An empty model that may hold that many."""

def load_model(model: _Model, source: str | IO[bytes] | Buffer | Iterable[str], /) -> None:
    """Replaces the model, by emlearn's CSV or the binary form."""

def save_model(model: _Model, file: str | IO[bytes], /) -> None:
    """Writes the binary form."""
