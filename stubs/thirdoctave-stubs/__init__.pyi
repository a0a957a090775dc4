# SPDX-License-Identifier: MIT
"""Levels of third-octave bands after IEC 61260-1:2014, class 1."""

from array import array

from typing_extensions import Buffer

class _Bank:
    def process(self, pcm: Buffer, /) -> None:
        """Takes in samples, array('h') or the same as bytes."""
    def read(self, levels: array[float], /) -> int:
        """Ends the interval: the level of each band in dB, from the highest down."""

def new(sections: array[float], allpasses: array[float], /) -> _Bank:
    """A bank at rest. `sensord.stages.bands` computes sections and allpasses."""
