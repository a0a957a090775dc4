# SPDX-License-Identifier: MIT
"""machine.I2S: sound in and out through ALSA's `arecord` and `aplay`."""

from collections.abc import Callable

from typing_extensions import Buffer

from ._types import AnyPin

class I2S:
    RX: int
    TX: int
    MONO: int
    STEREO: int
    device: str
    def __init__(
        self,
        id: int | str,
        *,
        sck: AnyPin | None = None,
        ws: AnyPin | None = None,
        sd: AnyPin | None = None,
        mck: AnyPin | None = None,
        mode: int,
        bits: int,
        format: int,
        rate: int,
        ibuf: int,
    ) -> None:
        """Starts capture or playback. See the module's table."""
    def init(
        self,
        *,
        sck: AnyPin | None = None,
        ws: AnyPin | None = None,
        sd: AnyPin | None = None,
        mck: AnyPin | None = None,
        mode: int,
        bits: int,
        format: int,
        rate: int,
        ibuf: int,
        id: int | str | None = None,
    ) -> None:
        """Starts again with other settings, on the same device unless `id` is given."""
    @property
    def overruns(self) -> int:
        """How often the driver dropped samples since the start because nobody took them."""
    @property
    def lost_ms(self) -> float:
        """The least that the overruns lost, in milliseconds."""
    @property
    def underruns(self) -> int:
        """How often the driver had nothing to play since the start. It shows at the next write."""
    def readinto(self, buf: Buffer) -> int | None:
        """Reads little endian samples into `buf`; returns the number of bytes."""
    def write(self, buf: Buffer) -> int | None:
        """Plays the little endian samples of `buf`; returns the number of bytes."""
    def irq(self, handler: Callable[[I2S], object] | None) -> None:
        """Calls handler(i2s) when a buffer is full or taken; None ends it."""
    def poll_events(self, timeout_ms: int = 0) -> int:
        """Calls the handler for the buffers that are done; returns how many there were."""
    def setblocking(self, flag: bool) -> None:
        """Whether readinto() and write() wait, as for a socket."""
    def ioctl(self, request: int, argument: int) -> int: ...
    def deinit(self) -> None:
        """Ends capture at once, or playback when all that was written is played. Idempotent."""
    def close(self) -> None:
        """Ends capture at once, or playback when all that was written is played. Idempotent."""
    @staticmethod
    def shift(*, buf: Buffer, bits: int, shift: int) -> None:
        """Shifts all samples of `buf` (bits 16 or 32) left, or right if `shift` is negative."""
