# SPDX-License-Identifier: MIT
"""The running stream of a camera: takes frames, drops old ones, and explains its faults."""

import select

from linux.explain import EINVAL, ENODEV, ENOENT, failure

from . import rpicam, v4l2

_PIPE_BYTES = 65536
_MESSAGE_BYTES = 512


def _raw_size(source):
    """The bytes of a frame as the camera sends it, None for JPEG."""
    if source.pixel_format in ("JPEG", "MJPG"):
        return None
    try:
        import pixels
    except ImportError:
        raise failure(ENOENT, "camera", "pictures need the module pixels: use sensord's "
                      "micropython, or put pixels.mpy on MICROPYPATH")  # fmt: skip
    return pixels.size(source.pixel_format, source.size)


class Stream:
    """A started camera. Attributes: `source`, see v4l2.Source and rpicam.Source; `damaged`."""

    def __init__(self, path, target, size, buffers, rate_hz, controls):
        """`target` is a PixelFormat, `controls` the first settings. OSError says what to do."""
        kind = rpicam if path.split(":")[0] == "rpicam" else v4l2
        self.source = kind.Source(path, target, size, buffers, rate_hz, controls)
        try:
            raw_size = _raw_size(self.source)
        except OSError:
            self.source.close()
            raise
        self._frames = self.source.reader(raw_size)
        self._poller = select.poll()
        self._poller.register(self.source.process.stdout, select.POLLIN)
        self._message = b""
        self._chunk = bytearray(256)
        # The driver and the pipe cannot hold more frames than these.
        self.most_waiting = self.source.held + 1 + _PIPE_BYTES // (raw_size or _PIPE_BYTES)

    @property
    def damaged(self):
        return self._frames.damaged

    @property
    def begun(self):
        """Whether a part of the next frame is there."""
        return self._frames.begun

    def take(self):
        """The next frame as the camera sent it, valid until the next call; None if incomplete.

        OSError(ENODEV) with the program's reason when the stream has ended.
        """
        self._read_messages()
        try:
            return self._frames.take()
        except EOFError:
            raise self.fault(ENODEV, "the stream has ended")
        except ValueError as error:
            raise self.fault(EINVAL, str(error))

    def _read_messages(self):
        # At every call: a program stops when its pipe of messages is full, at 64 KiB.
        while True:
            n = self.source.process.stderr.readinto(self._chunk)
            if not n:
                return
            self._message = (self._message + self._chunk[:n])[-_MESSAGE_BYTES:]

    def fault(self, number, what):
        """An OSError with the program's last line, or else `what`."""
        self._read_messages()
        lines = [line for line in self._message.split(b"\n") if line.strip()]
        if lines:
            what = "".join([chr(c) if 32 <= c < 127 else "?" for c in lines[-1]]).strip()
        return failure(number, self.source.path, what)

    def wait(self, timeout_ms):
        """Waits until there is something to read, or for `timeout_ms`."""
        self._poller.poll(timeout_ms)

    def close(self):
        self.source.close()
