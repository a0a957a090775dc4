# SPDX-License-Identifier: MIT
"""Frames cut from the output of a program that streams them, never waiting for it."""

from typing import IO

class _Frames:
    damaged: int
    @property
    def begun(self) -> bool: ...

class Fixed(_Frames):
    """Frames of one size, one after the other."""
    def __init__(self, file: IO[bytes], size: int) -> None: ...
    def take(self) -> memoryview | None: ...

class Headed(_Frames):
    """The output of `v4l2-ctl --stream-to-hdr`: a header and its frame, in turn."""

    damaged: int
    def __init__(self, file: IO[bytes], size: int | None = None) -> None: ...
    def take(self) -> memoryview | None: ...

class Jpegs(_Frames):
    """JPEG pictures, one after the other without anything between."""

    damaged: int
    def __init__(self, file: IO[bytes], _size: int | None = None) -> None: ...
    @property
    def begun(self) -> bool: ...
    def take(self) -> memoryview | None: ...
