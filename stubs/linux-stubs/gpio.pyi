# SPDX-License-Identifier: MIT
"""GPIO chips and their lines: what there is, and which line a pin's id means."""

from typing_extensions import Buffer

from machine.pinirq import Irq

GPIO_GET_CHIPINFO_IOCTL: int
GPIO_V2_GET_LINEINFO_IOCTL: int
GPIO_V2_LINE_FLAG_INPUT: int
GPIO_V2_LINE_FLAG_OUTPUT: int
GPIO_V2_LINE_FLAG_EDGE_RISING: int
GPIO_V2_LINE_FLAG_EDGE_FALLING: int
GPIO_V2_LINE_FLAG_OPEN_DRAIN: int
GPIO_V2_LINE_FLAG_OPEN_SOURCE: int
GPIO_V2_LINE_FLAG_BIAS_PULL_UP: int
GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN: int
GPIO_V2_LINE_FLAG_BIAS_DISABLED: int
CONFIG_FLAGS: int
HEADER_LABELS: tuple[str, str, str]
PERMISSION: str

class State:
    """The state of a line, shared by all that hold it."""

    flags: int
    debounce_us: int
    level: int | None
    irq: Irq | None
    line_seqno: int
    lost: int
    def __init__(self, flags: int) -> None: ...

class Chip:
    """An open GPIO chip: `name` (gpiochip0), `label` (pinctrl-bcm2711), `lines`."""

    name: str
    label: str
    lines: int
    def __init__(self, name: str) -> None: ...
    def line_info(self, offset: int) -> tuple[str, str, int]:
        """(name, consumer, flags) of a line."""
    def ioctl(self, request: int, argument: Buffer, what: str) -> int: ...
    def close(self) -> None: ...

def chips() -> list[str]:
    """The names of all GPIO chips, in the kernel's order."""

def header() -> Chip:
    """The opened Chip that drives the board's pin header: see HEADER_LABELS, else the first."""

def no_such_line(id: int | str, chip: str, lines: int) -> ValueError: ...
def split(id: int | str) -> tuple[str | None, int | None]:
    """("gpiochip0", 17) of "gpiochip0:17", (None, 17) of 17, (None, None) of a line's name."""

def find(id: int | str) -> tuple[Chip, int]:
    """(opened Chip, offset) of a pin's id. ValueError if there is no such line."""
