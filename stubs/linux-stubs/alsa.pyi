# SPDX-License-Identifier: MIT
"""ALSA's programs `arecord` and `aplay`: their options, what they say, which devices they know."""

from typing import IO

PACKAGE_HINT: str

class Messages:
    """Reads what a running arecord or aplay writes to its standard error."""

    overruns: int
    underruns: int
    lost_ms: float
    rate_hz: int | None
    error: str
    def __init__(self, file: IO[bytes]) -> None: ...
    def update(self) -> None:
        """Takes in what is there; never blocks."""

ENVIRONMENT: dict[str, str]

def command(
    program: str,
    device: str,
    rate_hz: int,
    channels: int,
    bits: int,
    period_frames: int,
    buffer_frames: int,
) -> list[str]:
    """The command that starts `arecord` or `aplay` on a PCM device."""

async def capture_devices() -> list[str]:
    """The names of the PCM devices that `arecord -L` lists, in its order."""
