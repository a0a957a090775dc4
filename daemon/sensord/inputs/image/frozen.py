# SPDX-License-Identifier: MIT
"""A camera that has stopped."""

import time

from ...errors import Fault


class Frozen:
    """Notices a camera that delivers the same picture for ever: a live one has noise."""

    def __init__(self, after_ms):
        self._after_ms = after_ms
        self._last = None
        self._changed_ms = time.ticks_ms()

    def check(self, picture):
        """Raises Fault if the picture has been the same for too long."""
        if self._last is None:
            self._last = bytearray(len(picture))
        elif self._last == picture:
            if time.ticks_diff(time.ticks_ms(), self._changed_ms) > self._after_ms:
                raise Fault(
                    "the picture has not changed by a single bit for %d s: the camera is frozen"
                    % (self._after_ms // 1000)
                )
            return
        self._last[:] = picture
        self._changed_ms = time.ticks_ms()
