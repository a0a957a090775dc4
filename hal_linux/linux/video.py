# SPDX-License-Identifier: MIT
"""Cameras as Video4Linux shows them: devices, formats, sizes and controls.

The pictures themselves come from `v4l2-ctl`, see the package camera.
"""

import os
import struct

from . import libc
from .explain import EACCES, EBUSY, EINVAL, ENODEV, ENOENT, ENOTTY, open_device

# <linux/videodev2.h>; these structs have no pointers and are the same on 32 and 64 bit
VIDIOC_QUERYCAP = 0x80685600
VIDIOC_ENUM_FMT = 0xC0405602
VIDIOC_G_CTRL = 0xC008561B
VIDIOC_S_CTRL = 0xC008561C
VIDIOC_QUERYCTRL = 0xC0445624
VIDIOC_ENUM_FRAMESIZES = 0xC02C564A
V4L2_BUF_TYPE_VIDEO_CAPTURE = 1
V4L2_CAP_VIDEO_CAPTURE = 0x00000001
V4L2_FRMSIZE_TYPE_DISCRETE = 1
V4L2_CTRL_FLAG_DISABLED = 0x0001
V4L2_CTRL_FLAG_NEXT_CTRL = 0x80000000
_CAPABILITY = "16s32s32sIII3I"  # driver, card, bus_info, version, capabilities, device_caps
_FMTDESC = "III32s4sI3I"  # index, type, flags, description, pixelformat
_FRMSIZEENUM = "I4sI6I2I"  # index, pixel_format, type, then width and height, or their ranges
_QUERYCTRL = "II32siiiiI2I"  # id, type, name, minimum, maximum, step, default_value, flags

DEVICES = "/sys/class/video4linux"
_MOST_ENTRIES = 256  # for a driver whose list never ends
_HINTS = {
    EACCES: "add the user to the group video",
    ENOENT: "is the camera plugged in? `v4l2-ctl --list-devices` lists the cameras",
    ENODEV: "is the camera plugged in? `v4l2-ctl --list-devices` lists the cameras",
    EBUSY: "another program uses the camera",
}


def paths():
    """The video devices, in the order of their numbers. Not all of them are cameras."""
    try:
        names = [name for name in os.listdir(DEVICES) if name.startswith("video")]
    except OSError:
        names = []
    numbers = sorted(int(name[5:]) for name in names if name[5:].isdigit())
    return ["/dev/video%d" % number for number in numbers]


def _text(field):
    return "".join([chr(c) if 32 <= c < 127 else "?" for c in field.split(b"\0", 1)[0]])


class Video:
    """An open video device: `path`, `driver`, `card` (its name), `captures` (takes pictures)."""

    def __init__(self, path):
        """Raises OSError with advice if the device is missing, busy or not a camera."""
        self.path = path
        self._file = open_device(path, libc.O_RDWR, _HINTS)
        try:
            fields = self._ask(VIDIOC_QUERYCAP, _CAPABILITY, (b"", b"", b"", 0, 0, 0, 0, 0, 0))
        except OSError as error:
            self.close()
            if error.errno == ENOTTY:
                raise OSError(ENOTTY, "%s: not a video device" % path)
            raise
        self.driver, self.card = _text(fields[0]), _text(fields[1])
        self.captures = bool(fields[5] & V4L2_CAP_VIDEO_CAPTURE)

    def _ask(self, request, layout, fields):
        data = bytearray(struct.pack(layout, *fields))
        libc.ioctl(self._file.fileno(), request, data, self.path)
        return struct.unpack(layout, data)

    def _entries(self, request, layout, fields):
        """The results of an ioctl that counts up an index until EINVAL."""
        found = []
        for index in range(_MOST_ENTRIES):
            try:
                found.append(self._ask(request, layout, (index,) + fields))
            except OSError as error:
                if error.errno not in (EINVAL, ENOTTY):
                    raise
                break
        return found

    def formats(self):
        """The pixel formats, as their four characters, in the driver's order."""
        fields = (V4L2_BUF_TYPE_VIDEO_CAPTURE, 0, b"", b"", 0, 0, 0, 0)
        return [_text(entry[4]) for entry in self._entries(VIDIOC_ENUM_FMT, _FMTDESC, fields)]

    def sizes(self, pixel_format):
        """The sizes of a format: ((width, height), (width, height), (step, step)) each, the
        smallest, the largest and the step; for a single size the first two are equal."""
        fields = (pixel_format.encode(),) + (0,) * 9
        found = []
        for entry in self._entries(VIDIOC_ENUM_FRAMESIZES, _FRMSIZEENUM, fields):
            _, _, kind, a, b, c, d, e, f, _, _ = entry
            if kind == V4L2_FRMSIZE_TYPE_DISCRETE:
                found.append(((a, b), (a, b), (1, 1)))
            else:
                # min_width, max_width, step_width, min_height, max_height, step_height
                found.append(((a, d), (b, e), (max(c, 1), max(f, 1))))
        return found

    def controls(self):
        """{id: (name, least, most, default)} of the camera's usable controls."""
        found = {}
        wanted = 0
        for _ in range(_MOST_ENTRIES):
            fields = (wanted | V4L2_CTRL_FLAG_NEXT_CTRL, 0, b"", 0, 0, 0, 0, 0, 0, 0)
            try:
                entry = self._ask(VIDIOC_QUERYCTRL, _QUERYCTRL, fields)
            except OSError as error:
                if error.errno not in (EINVAL, ENOTTY):
                    raise
                break
            wanted, _, name, least, most, _, default, flags, _, _ = entry
            if not flags & V4L2_CTRL_FLAG_DISABLED:
                found[wanted] = (_text(name), least, most, default)
        return found

    def get(self, control):
        """The value of a control. OSError(EINVAL) if the camera has no such control."""
        return self._ask(VIDIOC_G_CTRL, "Ii", (control, 0))[1]

    def set(self, control, value):
        """Sets a control; the driver refuses with ERANGE or takes the nearest value."""
        self._ask(VIDIOC_S_CTRL, "Ii", (control, value))

    def close(self):
        self._file.close()
