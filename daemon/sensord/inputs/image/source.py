# SPDX-License-Identifier: MIT
"""The sources of pictures: a camera, or a folder of files. Both give them in one format and size,
cut to its shape."""

import asyncio
import os
import time

import pixels
from camera import Camera, GrabMode, box

from ... import log
from ...errors import Fault
from ...files import pnm

GREY, RGB = "GREY", "RGB3"
_LEAST_FPS, _MOST_FPS = 5, 30
WHOLE = (0.0, 0.0, 1.0, 1.0)


class CameraPictures:
    """A camera, which gives its newest picture at each call."""

    def __init__(self, device, kind, size, part, interval_ms):
        """`kind` is GREY or RGB. Raises OSError if there is no such camera."""
        self._interval_ms = interval_ms
        self._due_ms = time.ticks_ms()
        # Twice as many as are used, so that none is old; more would be wasted work.
        rate = 2000 // interval_ms
        self._camera = Camera(
            pixel_format=kind,
            frame_size=size,
            grab_mode=GrabMode.LATEST,
            device=device,
            part=part,
            fps=max(_LEAST_FPS, min(_MOST_FPS, rate)),
        )

    async def read(self):
        """Waits for the next interval; a memoryview that is valid until the next call."""
        wait_ms = time.ticks_diff(self._due_ms, time.ticks_ms())
        if wait_ms < -self._interval_ms:
            self._due_ms = time.ticks_ms()  # intervals were missed: skip them
        self._due_ms = time.ticks_add(self._due_ms, self._interval_ms)
        await asyncio.sleep_ms(max(0, wait_ms))
        return await self._camera.acapture()

    def close(self):
        self._camera.deinit()


class RecordedPictures:
    """The files of a folder, in the order of their names: .pgm and .ppm of any size, or the bare
    bytes of a picture of just the format and size."""

    def __init__(self, folder, kind, size, part, interval_ms, real_time):
        """Raises OSError if there is no such folder, Fault if no picture is in it."""
        self._folder, self._kind, self._size, self._part = folder, kind, size, part
        self._names = sorted([e[0] for e in os.ilistdir(folder) if e[1] != 0x4000])
        if not self._names:
            raise Fault("there is no picture in %s" % folder)
        self._interval_ms = interval_ms if real_time else 0
        self._picture = bytearray(pixels.size(kind, size))

    async def read(self):
        """The next picture, None at the end. A file without a picture is reported and skipped."""
        await asyncio.sleep_ms(self._interval_ms)
        while self._names:
            path = self._folder + "/" + self._names.pop(0)
            try:
                self._load(path)
                return memoryview(self._picture)
            except pnm.PnmError as error:
                log.warning("picture %s %s: passed over" % (path, error))
            except OSError as error:
                log.warning("picture %s cannot be read: %s" % (path, log.reason(error)))
        return None

    def _load(self, path):
        if path[-4:] not in (".pgm", ".ppm"):
            if os.stat(path)[6] != len(self._picture):
                raise pnm.PnmError(
                    "is neither .pgm nor .ppm nor the %d bytes of a bare picture"
                    % len(self._picture)
                )
            with open(path, "rb") as file:
                file.readinto(self._picture)
            return
        kind, size, data = pnm.read(path)
        pixels.convert(
            data, kind, size, self._picture, self._kind, self._size,
            box(size, self._part, self._size),
        )  # fmt: skip

    def close(self):
        pass


def source(settings, kind, size):
    """The source in a sensor's settings: its folder of pictures, or else its camera."""
    interval_ms = settings["interval"]
    part = tuple(settings["crop"] or WHOLE)
    if settings["replay"]:
        real_time = settings["replay_speed"] == "real"
        return RecordedPictures(settings["replay"], kind, size, part, interval_ms, real_time)
    return CameraPictures(settings["device"], kind, size, part, interval_ms)
