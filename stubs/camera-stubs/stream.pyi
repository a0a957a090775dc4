# SPDX-License-Identifier: MIT
"""The running stream of a camera: frames as they come, old ones dropped, faults in words."""

from collections.abc import Mapping

from . import rpicam, v4l2

class Stream:
    """A started camera. Attributes: `source`, see v4l2.Source and rpicam.Source; `damaged`."""

    source: v4l2.Source | rpicam.Source
    most_waiting: int
    def __init__(
        self,
        path: str,
        target: str,
        size: tuple[int, int],
        buffers: int,
        rate_hz: float | None,
        controls: Mapping[str, float],
    ) -> None:
        """`target` is a PixelFormat, `controls` what to set first. OSError says what to do."""
    @property
    def damaged(self) -> int: ...
    @property
    def begun(self) -> bool:
        """Whether a part of the next frame is there."""
    def take(self) -> memoryview | None:
        """The next frame as it comes, valid until the next call; None if it is not all there."""
    def fault(self, number: int, what: str) -> OSError:
        """An OSError with the last line that the program wrote, or else `what`."""
    def wait(self, timeout_ms: int) -> None:
        """Waits until there is something to read, or for `timeout_ms`."""
    def close(self) -> None: ...
