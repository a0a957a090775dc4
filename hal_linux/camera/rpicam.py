# SPDX-License-Identifier: MIT
"""Raspberry Pi's CSI cameras, through `rpicam-vid` of Raspberry Pi OS."""

import asyncio

from linux.explain import EINVAL, ENOENT, ETIMEDOUT, failure
from linux.subprocess import Process, find_program, run

from .frames import Fixed, Jpegs

PACKAGE_HINT = "it is in the package rpicam-apps of Raspberry Pi OS"
# The image processor pads rows to 64 bytes, and rpicam-vid writes the padding too.
_ALIGNMENT = 64
_HELD = 6  # frames: rpicam-vid's default of --buffer-count for video

# Options of rpicam-vid: name, least, most and default; None for no bound
_OPTIONS = {
    "brightness": ("--brightness", -1.0, 1.0, 0.0),
    "contrast": ("--contrast", 0.0, None, 1.0),
    "saturation": ("--saturation", 0.0, None, 1.0),
    "sharpness": ("--sharpness", 0.0, None, 1.0),
    "agc_gain": ("--gain", 0.0, None, 0.0),  # 0: automatic
    "aec_value": ("--shutter", 0, None, 0),  # microseconds; 0: automatic
    "ae_level": ("--ev", -10.0, 10.0, 0.0),
    "quality": ("--quality", 1, 100, 50),
}
_FLAGS = {"hmirror": "--hflip", "vflip": "--vflip"}


class Source:
    """As v4l2.Source, for the camera "rpicam" or "rpicam:1"."""

    def __init__(self, path, target, wanted, _buffers, rate_hz, controls):
        number = path.partition(":")[2] or "0"
        if not number.isdigit():
            raise ValueError("camera %s: the part after ':' must be a number" % path)
        self.path = path
        self.name = "Raspberry Pi camera " + number
        self.held = _HELD
        self._controls = dict(controls)
        jpeg = target == "JPEG"
        self.pixel_format = "JPEG" if jpeg else "YU12"
        width, height = wanted
        self.size = wanted if jpeg else (-(-width // _ALIGNMENT) * _ALIGNMENT, height + height % 2)
        command = [
            "rpicam-vid", "-n", "-t", "0", "-v", "0", "--flush", "--camera", number,
            "--codec", "mjpeg" if jpeg else "yuv420",
            "--width", str(self.size[0]), "--height", str(self.size[1]),
        ]  # fmt: skip
        if rate_hz:
            command += ["--framerate", str(rate_hz)]
        for name, value in self._controls.items():
            if name in _OPTIONS:
                command += [_OPTIONS[name][0], str(value)]
            elif value:
                command.append(_FLAGS[name])
        try:
            self.process = Process(command + ["-o", "-"], environment={"LC_ALL": "C"})
        except OSError as error:
            if error.errno == ENOENT:
                raise failure(ENOENT, "rpicam-vid", PACKAGE_HINT)
            raise

    def reader(self, size):
        return Fixed(self.process.stdout, size) if size else Jpegs(self.process.stdout)

    def _check(self, name):
        if name not in _OPTIONS and name not in _FLAGS:
            raise OSError(EINVAL, "%s has no control %s" % (self.path, name))

    def get(self, name):
        """The value of a control: the one set, or rpicam-vid's default."""
        self._check(name)
        return self._controls.get(name, _OPTIONS[name][3] if name in _OPTIONS else False)

    def set(self, name, value):
        """Checks a control's value. Returns True: it takes effect when the stream restarts."""
        self._check(name)
        if name in _OPTIONS:
            option, least, most, _ = _OPTIONS[name]
            if value < least or (most is not None and value > most):
                raise OSError(
                    EINVAL, "%s: rpicam-vid takes no %s of %s" % (self.path, option, value)
                )
        return True

    def controls(self):
        found = {name: (least, most, start) for name, (_, least, most, start) in _OPTIONS.items()}
        found.update(dict.fromkeys(_FLAGS, (0, 1, 0)))
        return found

    def close(self):
        self.process.close()


async def cameras(timeout_ms=15000):
    """{"device", "name"} of each camera that `rpicam-hello` lists, [] if it is not installed."""
    if find_program("rpicam-hello") is None:
        return []
    try:
        _, output = await run(["rpicam-hello", "--list-cameras"], timeout_ms)
    except asyncio.TimeoutError:
        raise failure(ETIMEDOUT, "rpicam-hello --list-cameras", "is the camera's cable right?")
    found = []
    for line in "".join([chr(c) if c < 127 else "?" for c in output]).split("\n"):
        # "0 : imx219 [3280x2464 10-bit RGGB] (/base/soc/i2c0mux/i2c@1/imx219@10)"
        number, colon, rest = line.partition(" : ")
        if colon and number.strip().isdigit():
            found.append({"device": "rpicam:" + number.strip(), "name": rest.split(" ")[0]})
    return found
