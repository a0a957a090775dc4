# SPDX-License-Identifier: MIT
"""USB cameras, and all others with whole pictures from Video4Linux, through `v4l2-ctl`."""

from linux import video
from linux.explain import EINVAL, ENODEV, ENOENT, failure
from linux.subprocess import Process, find_program

from .frames import Headed

# Source formats for each target, best first: no conversion, then the least data.
_SOURCES = {
    "GREY": ("GREY", "NV12", "YU12", "YUYV", "RGB3", "RGBP"),
    "RGB3": ("RGB3", "NV12", "YU12", "YUYV", "RGBP", "GREY"),
    "RGBP": ("RGBP", "RGB3", "NV12", "YU12", "YUYV", "GREY"),
    "YUYV": ("YUYV", "NV12", "YU12", "RGB3", "RGBP", "GREY"),
    "JPEG": ("MJPG", "JPEG"),
}
# Devices that are stages of the Pi's own camera pipeline: raw pictures, or pictures from memory.
NOT_CAMERAS = ("bcm2835-codec", "bcm2835-isp", "pispbe", "rp1-cfe", "rpi-hevc-dec", "unicam")

# <linux/v4l2-controls.h>
CONTROLS = {
    "brightness": 0x00980900,
    "contrast": 0x00980901,
    "saturation": 0x00980902,
    "sharpness": 0x0098091B,
    "hmirror": 0x00980914,
    "vflip": 0x00980915,
    "whitebal": 0x0098090C,  # V4L2_CID_AUTO_WHITE_BALANCE
    "gain_ctrl": 0x00980912,  # V4L2_CID_AUTOGAIN
    "agc_gain": 0x00980913,  # V4L2_CID_GAIN
    "exposure_ctrl": 0x009A0901,  # V4L2_CID_EXPOSURE_AUTO
    "aec_value": 0x009A0902,  # V4L2_CID_EXPOSURE_ABSOLUTE
    "ae_level": 0x009A0913,  # V4L2_CID_AUTO_EXPOSURE_BIAS
    "special_effect": 0x0098091F,  # V4L2_CID_COLORFX
    "quality": 0x009D0903,  # V4L2_CID_JPEG_COMPRESSION_QUALITY
}
# Values for exposure_ctrl True and False: webcams call their automatic mode aperture priority.
_EXPOSURE_AUTOMATIC, _EXPOSURE_MANUAL, _EXPOSURE_APERTURE_PRIORITY = 0, 1, 3


def default():
    """The path of the first camera, or None."""
    for path in video.paths():
        try:
            device = video.Video(path)
        except OSError:
            continue  # in use or not permitted: another may be free
        device.close()
        if device.captures and device.driver not in NOT_CAMERAS:
            return path
    return None


def _fit(wanted, sizes):
    """The smallest size (width, height) of the given ranges that holds `wanted`."""
    found = None
    for least, most, step in sizes:
        size = tuple(
            least[i] + max(0, -(-(wanted[i] - least[i]) // step[i])) * step[i] for i in (0, 1)
        )
        if size[0] <= most[0] and size[1] <= most[1]:
            if found is None or size[0] * size[1] < found[0] * found[1]:
                found = size
    return found


def choose(device, target, wanted):
    """(pixel format, size) to request from the device for pictures of `wanted` size.

    OSError(EINVAL) lists what the camera has.
    """
    best = None
    offered = []
    there = device.formats()
    for pixel_format in _SOURCES[target]:
        if pixel_format not in there:
            continue
        sizes = device.sizes(pixel_format)
        offered += ["%s up to %dx%d" % ((pixel_format,) + most) for _, most, _ in sizes[-1:]]
        size = _fit(wanted, sizes)
        if target == "JPEG" and size != wanted:
            continue  # a JPEG picture is passed on unchanged
        if size and (best is None or size[0] * size[1] < best[1][0] * best[1][1]):
            best = pixel_format, size
    if best is None:
        offer = ", ".join(offered or there) or "no formats"
        raise OSError(
            EINVAL,
            "%s (%s): no %s of %dx%d; it has %s; see `v4l2-ctl -d %s --list-formats-ext`"
            % ((device.path, device.card, target) + wanted + (offer, device.path)),
        )
    return best


class Source:
    """A camera's pictures: `pixel_format` and `size` as sent, `frames`, `process`."""

    def __init__(self, path, target, wanted, buffers, rate_hz, controls):
        """Starts the stream. OSError says what to do."""
        self.path = path
        for program, package in (("v4l2-ctl", "v4l-utils"), ("stdbuf", "coreutils")):
            if find_program(program) is None:
                raise failure(ENOENT, program, "install the package " + package)
        self._device = video.Video(path)
        try:
            if not self._device.captures:
                raise failure(ENODEV, path, "it is not a camera")
            self.name = self._device.card
            self.pixel_format, self.size = choose(self._device, target, wanted)
            for name, value in controls.items():
                self.set(name, value)
            # v4l2-ctl writes through stdio, which would hold a picture's end until the next one.
            command = [
                "stdbuf",
                "--output=0",
                "v4l2-ctl",
                "-d",
                path,
                "--set-fmt-video=width=%d,height=%d,pixelformat=%s"
                % (self.size + (self.pixel_format,)),
                "--stream-mmap=%d" % buffers,
                "--stream-to-hdr=-",
            ]
            if rate_hz:
                command.insert(5, "--set-parm=%s" % rate_hz)
            self.process = Process(command, environment={"LC_ALL": "C"})
        except OSError:
            self._device.close()
            raise
        self.held = buffers  # the most frames that can wait in the kernel

    def reader(self, size):
        """The reader that cuts the stream into frames of `size` bytes, None if they differ."""
        return Headed(self.process.stdout, size)

    def _control(self, name):
        if name not in CONTROLS:
            raise OSError(EINVAL, "%s (%s) has no control %s" % (self.path, self.name, name))
        return CONTROLS[name]

    def get(self, name):
        """The value of a control; True or False of exposure_ctrl."""
        value = self._device.get(self._control(name))
        return value != _EXPOSURE_MANUAL if name == "exposure_ctrl" else value

    def set(self, name, value):
        """Sets a control at once, in the driver's range. Returns False: the stream continues."""
        control = self._control(name)
        if name == "exposure_ctrl":
            if not value:
                value = _EXPOSURE_MANUAL
            else:
                try:
                    self._device.set(control, _EXPOSURE_APERTURE_PRIORITY)
                    return False
                except OSError:
                    value = _EXPOSURE_AUTOMATIC  # for cameras that also set their aperture
        self._device.set(control, int(value))
        return False

    def controls(self):
        """{name: (least, most, default)} of the controls the camera has."""
        there = self._device.controls()
        return {name: there[id][1:] for name, id in CONTROLS.items() if id in there}

    def close(self):
        self.process.close()
        self._device.close()
