# SPDX-License-Identifier: MIT
"""Convolutional networks from .tmdl and .tflite files, of floats."""

from array import array
from collections.abc import Callable

from typing_extensions import Buffer

class _Network:
    def run(self, input: Buffer, output: array[float], /) -> None:
        """One inference: bytes or array('f') in, real values out."""
    def start(self, input: Buffer, /) -> None:
        """Begins one inference in parts."""
    def step(self, output: array[float], work: int, /) -> float:
        """Goes on for about `work` multiply-adds; what is left, 0.0 once `output` is filled."""
    def work(self) -> float:
        """About how many multiply-adds one inference is."""
    def profile(
        self, input: Buffer, output: array[float], clock: Callable[[], int], /
    ) -> list[tuple[str, int]]:
        """run() with the time of each layer: its operator and the difference of the clock."""
    def input_dimensions(self) -> tuple[int, ...]:
        """The shape without the batch, such as (28, 28, 1)."""
    def output_dimensions(self) -> tuple[int, ...]:
        """The shape without the batch, such as (10,)."""
    def memory(self) -> tuple[int, int]:
        """Bytes of scratch memory, and of tables, biases and copies."""

def new(data: Buffer, /) -> _Network:
    """A network from the bytes of a file, which are used in place."""
