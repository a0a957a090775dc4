# SPDX-License-Identifier: MIT
"""A USB camera for FakeKernel; the real v4l2-ctl streams from it."""

import errno
import pathlib
import struct
import time

from fakes.kernel import Device, FakeKernel

# The numbers of <linux/videodev2.h>'s ioctls: the rest of a request differs on 32 and 64 bit
QUERYCAP, ENUM_FMT, G_FMT, S_FMT, REQBUFS, QUERYBUF = 0, 2, 4, 5, 8, 9
QBUF, DQBUF, STREAMON, STREAMOFF, G_PARM, S_PARM = 15, 17, 18, 19, 21, 22
G_CTRL, S_CTRL, QUERYCTRL, TRY_FMT, ENUM_FRAMESIZES = 27, 28, 36, 64, 74
CAPTURE = 1  # V4L2_BUF_TYPE_VIDEO_CAPTURE
V4L2_CAP_VIDEO_CAPTURE, V4L2_CAP_STREAMING, V4L2_CAP_DEVICE_CAPS = 1, 0x04000000, 0x80000000
V4L2_CTRL_FLAG_NEXT_CTRL = 0x80000000
_BUFFER_STEP = 0x10000  # kernel_video.c finds a buffer by its offset
_PIXEL_BYTES = {"GREY": 1, "YUYV": 2, "NV12": 1.5, "YU12": 1.5, "RGB3": 3, "RGBP": 2, "BA81": 1}


def _text(text, size):
    return text.encode()[: size - 1].ljust(size, b"\0")


def kernel_with(folder, camera):
    """A FakeKernel with the camera as /dev/video0."""
    sys = folder / "sys"
    node = sys / "dev/char/81:0"
    node.mkdir(parents=True)
    (node / "uevent").write_text("MAJOR=81\nMINOR=0\nDEVNAME=video0\n")
    (sys / "class/video4linux/video0").mkdir(parents=True)
    return FakeKernel(folder, {"/dev/video0": camera}, sys=sys)


class Camera(Device):
    """`formats` is {"YUYV": [(640, 480), ...]} with sizes, or (min, max, step) of both sides.

    `frame(number, format, size)` returns the bytes of a frame, or None for none yet. `controls` is
    {id: [name, least, most, value]}. `gone` is the errno of an unplugged camera.
    """

    def __init__(self, folder, formats, frame, rate_hz=200, controls=None, card="Test Camera"):
        self.formats, self.frame, self.rate_hz, self.card = formats, frame, rate_hz, card
        self.controls = controls or {}
        self.refuses = self.gone = None
        self.starts = self.sent = 0
        self.format, self.size = next(iter(formats)), (0, 0)
        self._file = pathlib.Path(folder) / "frame"
        self._queued = []
        self._due = 0

    def open(self, flags):
        if self.refuses:
            raise OSError(self.refuses, "")

    def ioctl(self, request, value, data):
        if self.gone:
            raise OSError(self.gone, "")
        number = request & 0xFF
        calls = {
            QUERYCAP: self._capability, ENUM_FMT: self._format_of, G_FMT: self._get_format,
            S_FMT: self._set_format, TRY_FMT: self._set_format, ENUM_FRAMESIZES: self._size_of,
            REQBUFS: self._request, QUERYBUF: self._describe, QBUF: self._queue,
            DQBUF: self._dequeue, STREAMON: self._start, STREAMOFF: lambda data: data,
            QUERYCTRL: self._control, G_CTRL: self._get_control, S_CTRL: self._set_control,
        }  # fmt: skip
        if number not in calls:
            raise OSError(errno.ENOTTY, "")
        return calls[number](data)

    def _capability(self, data):
        abilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING
        return (
            _text("uvcvideo", 16) + _text(self.card, 32) + _text("usb-1", 32)
            + struct.pack("=III12x", 0x060C00, abilities | V4L2_CAP_DEVICE_CAPS, abilities)
        )  # fmt: skip

    def _format_of(self, data):
        index, kind = struct.unpack_from("=II", data)
        if kind != CAPTURE or index >= len(self.formats):
            raise OSError(errno.EINVAL, "")
        name = list(self.formats)[index]
        return struct.pack("=III", index, kind, 0) + _text(name, 32) + name.encode() + bytes(16)

    def _size_of(self, data):
        index, fourcc = struct.unpack_from("=I4s", data)
        sizes = self.formats.get(fourcc.decode())
        if sizes is None or index >= (1 if isinstance(sizes, tuple) else len(sizes)):
            raise OSError(errno.EINVAL, "")
        if isinstance(sizes, tuple):
            (w0, h0), (w1, h1), (ws, hs) = sizes
            return struct.pack("=I4sI6I8x", index, fourcc, 3, w0, w1, ws, h0, h1, hs)
        return struct.pack("=I4sIII24x", index, fourcc, 1, *sizes[index])

    def image_size(self):
        if self.format == "MJPG":
            return self.size[0] * self.size[1]
        return int(self.size[0] * self.size[1] * _PIXEL_BYTES[self.format])

    def _get_format(self, data):
        pixels_at = 8 if len(data) == 208 else 4
        width, height = self.size
        answer = bytearray(data)
        struct.pack_into(
            "=II4sIII", answer, pixels_at, width, height, self.format.encode(), 1,
            int(width * _PIXEL_BYTES.get(self.format, 0)) if self.format in ("YUYV",) else 0,
            self.image_size(),
        )  # fmt: skip
        return bytes(answer)

    def _set_format(self, data):
        width, height, fourcc = struct.unpack_from("=II4s", data, 8 if len(data) == 208 else 4)
        if fourcc.decode() in self.formats:
            self.format = fourcc.decode()
        sizes = self.formats[self.format]
        self.size = (width, height)
        if not isinstance(sizes, tuple):
            # As uvc_v4l2_try_format(): the size whose area differs least.
            self.size = min(sizes, key=lambda s: abs(s[0] * s[1] - width * height))
        return self._get_format(data)

    def _request(self, data):
        count = min(struct.unpack_from("=I", data)[0], 4)
        self._queued = []
        return struct.pack("=I", count) + data[4:]

    def _buffer(self, data, index, bytesused=0):
        answer = bytearray(data)
        struct.pack_into("=III", answer, 0, index, CAPTURE, bytesused)
        struct.pack_into("=I", answer, 60, 1)  # V4L2_MEMORY_MMAP
        struct.pack_into("=I", answer, 64, index * _BUFFER_STEP)
        struct.pack_into("=I", answer, 72, self.image_size())
        return bytes(answer)

    def _describe(self, data):
        return self._buffer(data, struct.unpack_from("=I", data)[0])

    def _queue(self, data):
        self._queued.append(struct.unpack_from("=I", data)[0])
        return data

    def _start(self, data):
        self.starts += 1
        self._due = time.monotonic() + 1 / self.rate_hz
        return data

    def _dequeue(self, data):
        frame = None
        if self._queued and time.monotonic() >= self._due:
            frame = self.frame(self.sent, self.format, self.size)
        if frame is None:
            raise OSError(errno.EAGAIN, "")
        self.sent += 1
        self._due += 1 / self.rate_hz
        self._file.write_bytes(frame)
        return self._buffer(data, self._queued.pop(0), len(frame)) + str(self._file).encode()

    def _control(self, data):
        (wanted,) = struct.unpack_from("=I", data)
        if wanted & V4L2_CTRL_FLAG_NEXT_CTRL:
            later = sorted(c for c in self.controls if c > wanted & ~V4L2_CTRL_FLAG_NEXT_CTRL)
            wanted = later[0] if later else 0
        if wanted not in self.controls:
            raise OSError(errno.EINVAL, "")
        name, least, most, value = self.controls[wanted]
        return (
            struct.pack("=II", wanted, 1)
            + _text(name, 32)
            + struct.pack("=iiiiI8x", least, most, 1, value, 0)
        )

    def _get_control(self, data):
        (wanted,) = struct.unpack_from("=I", data)
        if wanted not in self.controls:
            raise OSError(errno.EINVAL, "")
        return struct.pack("=Ii", wanted, self.controls[wanted][3])

    def _set_control(self, data):
        wanted, value = struct.unpack_from("=Ii", data)
        if wanted not in self.controls:
            raise OSError(errno.EINVAL, "")
        _, least, most, _ = control = self.controls[wanted]
        if not least <= value <= most:
            raise OSError(errno.ERANGE, "")
        control[3] = value
        return data
