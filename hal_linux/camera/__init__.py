# SPDX-License-Identifier: MIT
"""camera.Camera: the proposed micropython-camera-API for Linux boards.

| micropython-camera-API | on Linux |
|---|---|
| Camera(pixel_format=…, frame_size=…) | the first USB camera, else a Raspberry Pi's; `device=` names one: "/dev/video0", a link below /dev/v4l/by-id, "rpicam", "rpicam:1" |
| frame_size          | a FrameSize, or any (width, height): the camera's smallest size that holds it, cropped to its shape and scaled down |
| pixel_format        | GRAYSCALE (0 to 255), RGB888, RGB565 (little endian), YUV422 (YUYV), JPEG (as the camera encodes it, in a size that the camera has) |
| jpeg_quality        | sets `quality` if the camera has it |
| fb_count            | buffers of the kernel's driver, 2 to 32 |
| grab_mode           | LATEST: capture() returns a picture begun after the call; WHEN_EMPTY: the next one, which may be older |
| capture()           | waits for a picture; a memoryview that is valid until the next one |
| acapture()          | the same in asyncio |
| frame_available()   | whether capture() would return at once |
| free_buffer()       | drops the picture at hand and, with LATEST, all older ones |
| reconfigure(…), init(), deinit() | as in that API; `with Camera(…) as camera` works too |
| pins, xclk_freq     | accepted and not used: the kernel's driver has them |
| brightness, contrast, saturation, sharpness, hmirror, vflip, whitebal, gain_ctrl, agc_gain, exposure_ctrl, aec_value, ae_level, special_effect, quality | properties, and get_…() and set_…(); values in the camera's own range: see controls(). OSError(EINVAL) if the camera has no such control |

Beyond that API: `fps`; `part`, the box (left, top, width, height) from 0 to 1 of the camera's view
that pictures are cropped to; `timeout_ms` (without a picture); controls(); `damaged` (pictures
thrown away).

Programs do the streaming: v4l2-ctl (package v4l-utils) for USB cameras, rpicam-vid for a Pi's.
Conversions need the module `pixels`, which sensord's interpreter contains.

An unplugged camera raises OSError(ENODEV), a silent one OSError(ETIMEDOUT); the next call tries to
open it again.
"""  # noqa: E501

import asyncio
import math
import time

from linux import subprocess
from linux.explain import EINVAL, ENODEV, ETIMEDOUT, failure

from . import v4l2
from .stream import Stream

_NONE_FOUND = (
    "none found: plug in a USB camera (and add the user to the group video), "
    "or on a Raspberry Pi install rpicam-apps"
)
_WHOLE = (0, 0, 1, 1)
_WAIT_MS = 10  # after so long without a byte, the next frame was begun after the call


class PixelFormat:
    GRAYSCALE = "GREY"
    RGB565 = "RGBP"
    RGB888 = "RGB3"
    YUV422 = "YUYV"
    JPEG = "JPEG"


class FrameSize:
    R96X96 = (96, 96)
    R128X128 = (128, 128)
    QQVGA = (160, 120)
    QCIF = (176, 144)
    HQVGA = (240, 176)
    R240X240 = (240, 240)
    QVGA = (320, 240)
    R320X320 = (320, 320)
    CIF = (400, 296)
    HVGA = (480, 320)
    VGA = (640, 480)
    SVGA = (800, 600)
    XGA = (1024, 768)
    HD = (1280, 720)
    SXGA = (1280, 1024)
    UXGA = (1600, 1200)
    FHD = (1920, 1080)


class GrabMode:
    WHEN_EMPTY = 0
    LATEST = 1


_FORMATS = ("GREY", "RGBP", "RGB3", "YUYV", "JPEG")


def _property(name):
    def get(self):
        return self._get_control(name)

    def set(self, value):
        self._set_control(name, value)

    return property(get, set)


class Camera:
    def __init__(
        self, *, pixel_format=PixelFormat.RGB565, frame_size=FrameSize.QQVGA, jpeg_quality=None,
        fb_count=2, grab_mode=GrabMode.LATEST, init=True, device=None, fps=None, part=None,
        data_pins=None, vsync_pin=None, href_pin=None, sda_pin=None, scl_pin=None, pclk_pin=None,
        xclk_pin=None, xclk_freq=None, powerdown_pin=None, reset_pin=None,
    ):  # fmt: skip
        """Opens the camera, unless `init` is False. ValueError for settings no camera can have.

        OSError: ENODEV, ENOENT or EACCES names the camera and the cure, EINVAL lists its sizes.
        """
        self.timeout_ms = 5000
        self._damaged = 0
        self._device = device
        self._fps = fps
        self._part = part or _WHOLE
        self._settings = {} if jpeg_quality is None else {"quality": jpeg_quality}
        self._stream = self._ready = None
        self._closed = not init
        self._set(pixel_format, frame_size, grab_mode, fb_count)
        if init:
            self._open()

    def _set(self, pixel_format, frame_size, grab_mode, fb_count):
        if pixel_format not in _FORMATS:
            raise ValueError("camera: pixel_format must be one of PixelFormat")
        size = tuple(frame_size)
        if len(size) != 2 or not all(isinstance(n, int) and 0 < n <= 4096 for n in size):
            raise ValueError("camera: frame_size must be a FrameSize or (width, height) to 4096")
        if pixel_format == PixelFormat.YUV422 and size[0] % 2:
            raise ValueError("camera: YUV422 needs an even width")
        left, top, width, height = self._part
        if min(self._part) < 0 or not width or not height or max(left + width, top + height) > 1:
            raise ValueError("camera: part must lie within 0 and 1")
        if pixel_format == PixelFormat.JPEG and self._part != _WHOLE:
            raise ValueError("camera: a JPEG picture is whole: it has no part")
        if grab_mode not in (GrabMode.WHEN_EMPTY, GrabMode.LATEST):
            raise ValueError("camera: grab_mode must be WHEN_EMPTY or LATEST")
        if not 1 <= fb_count <= 32:
            raise ValueError("camera: fb_count must be 1 to 32")
        self._format, self._size = pixel_format, size
        self._grab_mode, self._fb_count = grab_mode, fb_count

    # Opening and closing

    def _path(self):
        if self._device is not None:
            return "/dev/video%d" % self._device if isinstance(self._device, int) else self._device
        path = v4l2.default()
        if path is None and subprocess.find_program("rpicam-vid"):
            path = "rpicam"
        if path is None:
            raise failure(ENODEV, "camera", _NONE_FOUND)
        return path

    def _start(self, size):
        buffers = max(self._fb_count, 2)
        return Stream(self._path(), self._format, size, buffers, self._fps, self._settings)

    def _open(self):
        wide = self._wide()
        try:
            self._stream = self._start(wide)
        except OSError as error:
            if error.errno != EINVAL or wide == self._size:
                raise
            # The camera has no size that large: the part is scaled up instead.
            self._stream = self._start(self._size)
        source = self._stream.source
        self._picture = None
        whole = self._part == _WHOLE and source.size == self._size
        if self._format != PixelFormat.JPEG and not (
            whole and source.pixel_format == self._format
        ):
            import pixels

            self._convert = pixels.convert
            self._picture = bytearray(pixels.size(self._format, self._size))
            self._crop = box(source.size, self._part, self._size)

    def _wide(self):
        """The size to request from the camera, in which the part has at least the picture's."""
        (w, h), (_, _, width, height) = self._size, self._part
        return min(4096, math.ceil(w / width)), min(4096, math.ceil(h / height))

    def init(self):
        """Opens the camera again after deinit(). Does nothing on an open one."""
        self._closed = False
        if self._stream is None:
            self._open()

    def _close(self):
        if self._stream is not None:
            self._damaged += self._stream.damaged
            self._stream.close()
            self._stream = self._ready = None

    def deinit(self):
        """Stops the stream and frees the camera. Idempotent."""
        self._closed = True
        self._close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.deinit()

    def reconfigure(self, *, frame_size=None, pixel_format=None, grab_mode=None, fb_count=None):
        """Starts the stream again with other settings; those not given stay."""
        self._set(
            pixel_format or self._format,
            frame_size or self._size,
            self._grab_mode if grab_mode is None else grab_mode,
            fb_count or self._fb_count,
        )
        self._close()
        if not self._closed:
            self._open()

    # Pictures

    def _begin(self):
        if self._closed:
            raise failure(EINVAL, "camera", "deinitialised")
        if self._stream is None:
            self._open()
        return self._stream

    def _take(self):
        """The next frame as the camera sent it, or None. A fault ends the stream."""
        try:
            return self._stream.take()
        except OSError:
            self._close()
            raise

    def _drop_old(self):
        """Yields to wait, until the next frame is one begun after the call."""
        dropped = 0
        idle = False
        while dropped < self._stream.most_waiting:
            if self._take() is not None:
                dropped += 1
                idle = False
            elif idle and not self._stream.begun:
                return  # no byte came during a whole wait
            else:
                idle = not self._stream.begun
                yield

    def _fetch(self):
        """Yields to wait, until capture()'s frame is in _ready."""
        start = time.ticks_ms()
        if self._ready is None and self._grab_mode == GrabMode.LATEST:
            for _ in self._drop_old():
                self._check_time(start)
                yield
        while self._ready is None:
            self._ready = self._take()
            if self._ready is None:
                self._check_time(start)
                yield

    def _check_time(self, start):
        if time.ticks_diff(time.ticks_ms(), start) > self.timeout_ms:
            error = self._stream.fault(ETIMEDOUT, "no picture for %d ms" % self.timeout_ms)
            self._close()
            raise error

    def _finished(self):
        frame, self._ready = self._ready, None
        if self._picture is None:
            return frame
        source = self._stream.source
        self._convert(
            frame, source.pixel_format, source.size,
            self._picture, self._format, self._size, self._crop,
        )  # fmt: skip
        return memoryview(self._picture)

    def capture(self):
        """Waits for a picture and returns it as a memoryview, valid until the next call.

        OSError: ENODEV when the camera is gone, ETIMEDOUT without a picture for `timeout_ms`.
        """
        self._begin()
        for _ in self._fetch():
            self._stream.wait(_WAIT_MS)
        return self._finished()

    async def acapture(self):
        """capture() for asyncio."""
        self._begin()
        for _ in self._fetch():
            await asyncio.sleep_ms(_WAIT_MS)
        return self._finished()

    def frame_available(self):
        """Whether a picture is at hand, so that capture() would return at once."""
        self._begin()
        if self._ready is None:
            self._ready = self._take()
        return self._ready is not None

    def free_buffer(self):
        """Drops the picture at hand, and with LATEST all begun before now."""
        self._ready = None
        if self._stream is not None and self._grab_mode == GrabMode.LATEST:
            for _ in self._drop_old():
                self._stream.wait(_WAIT_MS)

    @property
    def damaged(self):
        """How many pictures came cut short and were thrown away."""
        return self._damaged + (self._stream.damaged if self._stream else 0)

    # Properties

    def _get_control(self, name):
        return self._begin().source.get(name)

    def _set_control(self, name, value):
        starts_again = self._begin().source.set(name, value)
        self._settings[name] = value
        if starts_again:
            self._close()
            self._open()

    def controls(self):
        """{name: (least, most, default)} of the camera's controls."""
        return self._begin().source.controls()

    brightness = _property("brightness")
    contrast = _property("contrast")
    saturation = _property("saturation")
    sharpness = _property("sharpness")
    hmirror = _property("hmirror")
    vflip = _property("vflip")
    whitebal = _property("whitebal")
    gain_ctrl = _property("gain_ctrl")
    agc_gain = _property("agc_gain")
    exposure_ctrl = _property("exposure_ctrl")
    aec_value = _property("aec_value")
    ae_level = _property("ae_level")
    special_effect = _property("special_effect")
    quality = _property("quality")

    pixel_format = property(lambda self: self._format)
    grab_mode = property(lambda self: self._grab_mode)
    fb_count = property(lambda self: self._fb_count)
    pixel_width = property(lambda self: self._size[0])
    pixel_height = property(lambda self: self._size[1])

    @property
    def sensor_name(self):
        """The driver's name of the camera."""
        return self._begin().source.name

    @property
    def frame_size(self):
        return self._size

    @frame_size.setter
    def frame_size(self, value):
        self.reconfigure(frame_size=value)

    def __getattr__(self, name):
        # get_brightness() and set_brightness(value), as the other ports have them.
        if name[:4] in ("get_", "set_") and hasattr(type(self), name[4:]):
            if name[0] == "g":
                return lambda: getattr(self, name[4:])
            return lambda value: setattr(self, name[4:], value)
        raise AttributeError("'Camera' has no '%s'" % name)

    def __repr__(self):
        state = "closed" if self._stream is None else self._stream.source.path
        return "Camera(%s, %s, %dx%d)" % ((state, self._format) + self._size)


def box(size, part, shape):
    """The largest box (x, y, width, height) of a shape (w, h) in the middle of a part (see Camera)
    of a picture of `size`."""
    left, top, width, height = part
    whole = max(1, int(width * size[0])), max(1, int(height * size[1]))
    w = max(1, min(whole[0], whole[1] * shape[0] // shape[1]))
    h = max(1, min(whole[1], whole[0] * shape[1] // shape[0]))
    x = int(left * size[0]) + (whole[0] - w) // 2
    y = int(top * size[1]) + (whole[1] - h) // 2
    # On an even pixel: some formats have one colour for two pixels.
    return x & ~1, y & ~1, w, h
