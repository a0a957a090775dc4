# SPDX-License-Identifier: MIT
"""A running arecord or aplay: samples in or out, and an OSError with its reason when it fails."""

from collections.abc import Awaitable
from typing import IO

from typing_extensions import Buffer

from .alsa import Messages

class Pcm:
    """Attributes: program, its name; file, the non-blocking file of samples."""

    program: str
    messages: Messages
    file: IO[bytes]
    def __init__(
        self, device: str, plays: bool, rate_hz: int, channels: int, bits: int, kept_bytes: int
    ) -> None:
        """Starts the program. `kept_bytes` is what the kernel is to keep between it and us."""
    def wait(self, timeout_ms: int = -1) -> None:
        """Waits until samples can be moved or the program has ended, without asyncio."""
    def ready(self) -> Awaitable[None]:
        """As wait(), in asyncio."""
    def read(self, buf: Buffer) -> int | None:
        """Reads what is there; the bytes, None for none. OSError as check()."""
    def write(self, buf: Buffer) -> int | None:
        """Writes what fits; the bytes, None for none. OSError as check()."""
    def check(self, ended: bool) -> None:
        """Raises what the program said is wrong."""
    def close(self) -> None:
        """Ends arecord at once, and aplay when all is played."""
