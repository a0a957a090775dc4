# SPDX-License-Identifier: MIT
"""Raspberry Pi's cameras on the CSI connector, through `rpicam-vid` of Raspberry Pi OS."""

from collections.abc import Mapping

from linux.subprocess import Process

from .frames import Fixed, Jpegs

PACKAGE_HINT: str

class Source:
    """As v4l2.Source, for the camera "rpicam" or "rpicam:1"."""

    path: str
    name: str
    held: int
    pixel_format: str
    size: tuple[int, int]
    process: Process
    def __init__(
        self,
        path: str,
        target: str,
        wanted: tuple[int, int],
        _buffers: int,
        rate_hz: float | None,
        controls: Mapping[str, float],
    ) -> None: ...
    def reader(self, size: int | None) -> Fixed | Jpegs: ...
    def get(self, name: str) -> float:
        """The value of a control: what was set, or rpicam-vid's default."""
    def set(self, name: str, value: float) -> bool:
        """Checks a control's value. Returns True: it takes effect when the stream starts again."""
    def controls(self) -> dict[str, tuple[float, float | None, float]]: ...
    def close(self) -> None: ...

async def cameras(timeout_ms: int = 15000) -> list[dict[str, str]]:
    """{"device", "name"} of each camera that `rpicam-hello` lists, [] where that is missing."""
