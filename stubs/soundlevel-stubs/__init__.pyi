# SPDX-License-Identifier: MIT
"""An integrating sound level meter after IEC 61672-1:2013."""

from array import array
from typing import Literal

from typing_extensions import Buffer

class _Meter:
    def process(self, pcm: Buffer, /) -> None:
        """Takes in samples, array('h') or the same as bytes."""
    def settle(self) -> None:
        """The time weighting starts from the mean of what was taken in."""
    def read(self, levels: array[float], /) -> int:
        """Ends the interval: Leq, Lmax, Lmin, LCpeak, L10, L50, L90 and the largest sample."""

def new(
    sections: array[float],
    weighting: Literal["A", "C", "Z"],
    smoothing: float,
    steps_per_level: int,
    /,
) -> _Meter:
    """A meter at rest. `sensord.stages.weighting` computes the 4 x 6 sections."""
