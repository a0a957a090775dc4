# SPDX-License-Identifier: MIT
"""machine.SDCard: a card, a disk or an image file as a MicroPython block device."""

from collections.abc import Sequence

from typing_extensions import Buffer

from ._types import AnyPin

O_EXCL: int
EROFS: int
SEEK_END: int
MP_BLOCKDEV_IOCTL_INIT: int
MP_BLOCKDEV_IOCTL_DEINIT: int
MP_BLOCKDEV_IOCTL_SYNC: int
MP_BLOCKDEV_IOCTL_BLOCK_COUNT: int
MP_BLOCKDEV_IOCTL_BLOCK_SIZE: int
MP_BLOCKDEV_IOCTL_BLOCK_ERASE: int

class SDCard:
    path: str
    def __init__(
        self,
        slot: int | str = 1,
        width: int = 1,
        cd: AnyPin | None = None,
        wp: AnyPin | None = None,
        sck: AnyPin | None = None,
        miso: AnyPin | None = None,
        mosi: AnyPin | None = None,
        cs: AnyPin | None = None,
        cmd: AnyPin | None = None,
        data: Sequence[AnyPin] | None = None,
        freq: int = 20000000,
    ) -> None:
        """Opens the card. OSError(EBUSY) if Linux has it mounted."""
    def info(self) -> tuple[int, int]:
        """(capacity in bytes, block size in bytes)."""
    def present(self) -> bool:
        """Whether the card can be read now."""
    def readblocks(self, block_num: int, buf: Buffer, offset: int = 0) -> None:
        """Fills `buf` from a block on, `offset` bytes into it."""
    def writeblocks(self, block_num: int, buf: Buffer, offset: int = 0) -> None:
        """Writes `buf` from a block on, `offset` bytes into it. Nothing needs erasing."""
    def ioctl(self, op: int, arg: int) -> int | None:
        """The block device protocol of vfs.AbstractBlockDev."""
    def deinit(self) -> None:
        """Writes out what the kernel holds and closes. Idempotent."""
