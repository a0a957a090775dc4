# SPDX-License-Identifier: MIT
"""The 92 features of upstream's human activity example, in its order."""

from array import array
from collections.abc import Sequence

N_FEATURES: int
DATA_TYPECODE: str

def calculate_features(
    x: array[int],
    y: array[int],
    z: array[int],
    out: array[float] | array[int],
    compat: bool = False,
    /,
) -> None:
    """Of a window, three array('h') of 4 to 2048, into an array('f') or array('h') of 92."""

def calculate_features_xyz(xyz: Sequence[array[int]], compat: bool = False, /) -> list[float]:
    """The same as a new list of floats."""
