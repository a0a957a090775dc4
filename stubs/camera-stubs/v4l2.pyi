# SPDX-License-Identifier: MIT
"""USB cameras, and all others that Video4Linux gives whole pictures of, through `v4l2-ctl`."""

from collections.abc import Mapping

from linux.subprocess import Process
from linux.video import Video

from .frames import Headed

NOT_CAMERAS: tuple[str, str, str, str, str, str]
CONTROLS: dict[str, int]

def default() -> str | None:
    """The path of the first camera, or None."""

def choose(device: Video, target: str, wanted: tuple[int, int]) -> tuple[str, tuple[int, int]]:
    """(pixel format, size) of the device to make pictures of `wanted` size from."""

class Source:
    """A camera's pictures: `pixel_format` and `size` as they come, `frames`, `process`."""

    path: str
    held: int
    name: str
    process: Process
    pixel_format: str
    size: tuple[int, int]
    def __init__(
        self,
        path: str,
        target: str,
        wanted: tuple[int, int],
        buffers: int,
        rate_hz: float | None,
        controls: Mapping[str, int],
    ) -> None:
        """Starts the stream. OSError says what to do."""
    def reader(self, size: int | None) -> Headed:
        """Cuts the stream into frames of `size` bytes, None where they differ."""
    def get(self, name: str) -> int:
        """The value of a control; True or False of exposure_ctrl."""
    def set(self, name: str, value: int) -> bool:
        """Sets a control at once, in the driver's range. Returns False: the stream goes on."""
    def controls(self) -> dict[str, tuple[int, int, int]]:
        """{name: (least, most, default)} of the controls the camera has."""
    def close(self) -> None: ...
