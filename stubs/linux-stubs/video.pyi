# SPDX-License-Identifier: MIT
"""Cameras as Video4Linux shows them: what there is, formats and sizes, controls."""

VIDIOC_QUERYCAP: int
VIDIOC_ENUM_FMT: int
VIDIOC_G_CTRL: int
VIDIOC_S_CTRL: int
VIDIOC_QUERYCTRL: int
VIDIOC_ENUM_FRAMESIZES: int
V4L2_BUF_TYPE_VIDEO_CAPTURE: int
V4L2_CAP_VIDEO_CAPTURE: int
V4L2_FRMSIZE_TYPE_DISCRETE: int
V4L2_CTRL_FLAG_DISABLED: int
V4L2_CTRL_FLAG_NEXT_CTRL: int
DEVICES: str

def paths() -> list[str]:
    """The video devices, in the order of their numbers. Not all of them are cameras."""

class Video:
    """An open video device: `path`, `driver`, `card` (its name), `captures` (it has pictures)."""

    path: str
    captures: bool
    driver: str
    card: str
    def __init__(self, path: str) -> None:
        """OSError says what to do about a device that is missing, busy or not a camera."""
    def formats(self) -> list[str]:
        """The pixel formats, as their four characters, in the driver's order."""
    def sizes(
        self, pixel_format: str
    ) -> list[tuple[tuple[int, int], tuple[int, int], tuple[int, int]]]:
        """The smallest size, the largest and the steps between, of each range of sizes."""
    def controls(self) -> dict[int, tuple[str, int, int, int]]:
        """{id: (name, least, most, default)} of the camera's controls that can be used."""
    def get(self, control: int) -> int:
        """The value of a control. OSError(EINVAL) if the camera has none of that id."""
    def set(self, control: int, value: int) -> None:
        """Sets a control; the driver refuses with ERANGE or takes the nearest it has."""
    def close(self) -> None: ...
