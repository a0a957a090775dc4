# SPDX-License-Identifier: MIT
"""camera.Camera: the proposed micropython-camera-API for Linux boards."""

from collections.abc import Callable, Sequence
from typing import Any

from typing_extensions import Self

class PixelFormat:
    GRAYSCALE: str
    RGB565: str
    RGB888: str
    YUV422: str
    JPEG: str

class FrameSize:
    R96X96: tuple[int, int]
    R128X128: tuple[int, int]
    QQVGA: tuple[int, int]
    QCIF: tuple[int, int]
    HQVGA: tuple[int, int]
    R240X240: tuple[int, int]
    QVGA: tuple[int, int]
    R320X320: tuple[int, int]
    CIF: tuple[int, int]
    HVGA: tuple[int, int]
    VGA: tuple[int, int]
    SVGA: tuple[int, int]
    XGA: tuple[int, int]
    HD: tuple[int, int]
    SXGA: tuple[int, int]
    UXGA: tuple[int, int]
    FHD: tuple[int, int]

class GrabMode:
    WHEN_EMPTY: int
    LATEST: int

class Camera:
    timeout_ms: int
    def __init__(
        self,
        *,
        pixel_format: str = ...,
        frame_size: tuple[int, int] = ...,
        jpeg_quality: int | None = None,
        fb_count: int = 2,
        grab_mode: int = ...,
        init: bool = True,
        device: str | None = None,
        fps: float | None = None,
        part: tuple[float, float, float, float] | None = None,
        data_pins: Sequence[object] | None = None,
        vsync_pin: object = None,
        href_pin: object = None,
        sda_pin: object = None,
        scl_pin: object = None,
        pclk_pin: object = None,
        xclk_pin: object = None,
        xclk_freq: int | None = None,
        powerdown_pin: object = None,
        reset_pin: object = None,
    ) -> None:
        """Opens the camera, unless `init` is False. ValueError for what no camera can have."""
    def init(self) -> None:
        """Opens the camera again after deinit(). Does nothing on an open one."""
    def deinit(self) -> None:
        """Stops the stream and frees the camera. Idempotent."""
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def reconfigure(
        self,
        *,
        frame_size: tuple[int, int] | None = None,
        pixel_format: str | None = None,
        grab_mode: int | None = None,
        fb_count: int | None = None,
    ) -> None:
        """Starts the stream again with other settings; what is left out stays."""
    def capture(self) -> memoryview:
        """Waits for a picture and returns it as a memoryview, valid until the next call."""
    async def acapture(self) -> memoryview:
        """capture() for asyncio."""
    def frame_available(self) -> bool:
        """Whether a picture is at hand, so that capture() would not wait."""
    def free_buffer(self) -> None:
        """Drops the picture at hand, and with LATEST all that were begun before now."""
    @property
    def damaged(self) -> int:
        """How many pictures came cut short, and were not given out."""
    def controls(self) -> dict[str, tuple[int, int, int]]:
        """{name: (least, most, default)} of the controls that the camera has."""
    @property
    def brightness(self) -> int: ...
    @brightness.setter
    def brightness(self, value: int) -> None: ...
    @property
    def contrast(self) -> int: ...
    @contrast.setter
    def contrast(self, value: int) -> None: ...
    @property
    def saturation(self) -> int: ...
    @saturation.setter
    def saturation(self, value: int) -> None: ...
    @property
    def sharpness(self) -> int: ...
    @sharpness.setter
    def sharpness(self, value: int) -> None: ...
    @property
    def hmirror(self) -> int: ...
    @hmirror.setter
    def hmirror(self, value: int) -> None: ...
    @property
    def vflip(self) -> int: ...
    @vflip.setter
    def vflip(self, value: int) -> None: ...
    @property
    def whitebal(self) -> int: ...
    @whitebal.setter
    def whitebal(self, value: int) -> None: ...
    @property
    def gain_ctrl(self) -> int: ...
    @gain_ctrl.setter
    def gain_ctrl(self, value: int) -> None: ...
    @property
    def agc_gain(self) -> int: ...
    @agc_gain.setter
    def agc_gain(self, value: int) -> None: ...
    @property
    def exposure_ctrl(self) -> bool: ...
    @exposure_ctrl.setter
    def exposure_ctrl(self, value: bool) -> None: ...
    @property
    def aec_value(self) -> int: ...
    @aec_value.setter
    def aec_value(self, value: int) -> None: ...
    @property
    def ae_level(self) -> int: ...
    @ae_level.setter
    def ae_level(self, value: int) -> None: ...
    @property
    def special_effect(self) -> int: ...
    @special_effect.setter
    def special_effect(self, value: int) -> None: ...
    @property
    def quality(self) -> int: ...
    @quality.setter
    def quality(self, value: int) -> None: ...
    @property
    def pixel_format(self) -> str: ...
    @property
    def grab_mode(self) -> int: ...
    @property
    def fb_count(self) -> int: ...
    @property
    def pixel_width(self) -> int: ...
    @property
    def pixel_height(self) -> int: ...
    @property
    def sensor_name(self) -> str:
        """The driver's name of the camera."""
    @property
    def frame_size(self) -> tuple[int, int]: ...
    @frame_size.setter
    def frame_size(self, value: tuple[int, int]) -> None: ...
    def __getattr__(self, name: str) -> Callable[..., Any]: ...

def box(
    size: tuple[int, int], part: tuple[float, float, float, float], shape: tuple[int, int]
) -> tuple[int, int, int, int]:
    """The largest box of a shape in the middle of a part of a picture."""
