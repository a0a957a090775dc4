# SPDX-License-Identifier: MIT
"""machine.SDCard: a card, a disk or an image file as a MicroPython block device.

| MicroPython | on Linux |
|---|---|
| SDCard(slot)      | number N: /dev/mmcblkN, the whole card; or a path such as "/dev/sda1" or of an image file |
| width, cd, wp, sck, miso, mosi, cs, cmd, data, freq | accepted and not used: the kernel's driver knows them |
| info()            | (bytes, bytes of a block) |
| readblocks, writeblocks | 512-byte blocks, with and without an offset; OSError beyond the end |
| ioctl             | init, deinit, sync, block count, block size, erase (nothing to do) |
| deinit()          | writes everything out and closes |

    vfs.mount(machine.SDCard("/home/pi/card.img"), "/sd")

A device that Linux has mounted is refused (EBUSY): use its files where they are mounted. A file
system needs vfs.VfsFat or vfs.VfsLfs2, which Debian's micropython has.
"""  # noqa: E501

from linux import libc
from linux.explain import (
    EACCES,
    EBUSY,
    EINVAL,
    EIO,
    ENODEV,
    ENOENT,
    ENXIO,
    explained,
    failure,
)

O_EXCL = 0o200  # <asm-generic/fcntl.h>; on a block device: fails if it is mounted
EROFS = 30  # <asm-generic/errno-base.h>
SEEK_END = 2  # <unistd.h>
# extmod/vfs.h
MP_BLOCKDEV_IOCTL_INIT = 1
MP_BLOCKDEV_IOCTL_DEINIT = 2
MP_BLOCKDEV_IOCTL_SYNC = 3
MP_BLOCKDEV_IOCTL_BLOCK_COUNT = 4
MP_BLOCKDEV_IOCTL_BLOCK_SIZE = 5
MP_BLOCKDEV_IOCTL_BLOCK_ERASE = 6
_BLOCK = 512
_HINTS = {
    EACCES: "add the user to the group disk",
    EBUSY: "it is mounted; umount it, or use the files there",
    ENOENT: "is the card in its slot? lsblk lists what there is",
    ENXIO: "no card in the slot",
    ENODEV: "no card in the slot",
    EROFS: "it is write-protected",
}
# The 64-bit calls: 32-bit systems' plain ones end at 2 GiB.
_pread = libc._libc.func("l", "pread64", "ipLq")
_pwrite = libc._libc.func("l", "pwrite64", "iPLq")
_lseek = libc._libc.func("q", "lseek64", "iqi")
_fsync = libc._libc.func("i", "fsync", "i")


class SDCard:
    def __init__(
        self, slot=1, width=1, cd=None, wp=None, sck=None, miso=None, mosi=None, cs=None,
        cmd=None, data=None, freq=20000000,
    ):  # fmt: skip
        """Opens the card. OSError(EBUSY) if Linux has it mounted."""
        self.path = "/dev/mmcblk%d" % slot if isinstance(slot, int) else slot
        self._file = None
        self._fd = -1
        self._open()

    def _open(self):
        try:
            fd = libc.open_device(self.path, libc.O_RDWR | self._exclusive())
        except OSError as error:
            raise explained(error, _HINTS)
        # A file object closes its descriptor when it is collected.
        self._file = open(fd, "r+b")
        self._fd = fd
        size = libc.check(_lseek(fd, 0, SEEK_END), self.path)
        if size < _BLOCK:
            self.deinit()
            raise failure(EINVAL, self.path, "smaller than a block of 512 bytes")
        self._blocks = size // _BLOCK

    def _exclusive(self):
        # Without O_CREAT the flag is undefined for files.
        return O_EXCL if self.path.startswith("/dev/") else 0

    def __repr__(self):
        return "SDCard(%r)" % self.path

    def info(self):
        """(capacity in bytes, block size in bytes)."""
        return self._blocks * _BLOCK, _BLOCK

    def present(self):
        """Whether the card can be read now."""
        return self._fd != -1 and _pread(self._fd, bytearray(_BLOCK), _BLOCK, 0) == _BLOCK

    def _transfer(self, function, block_num, buf, offset):
        position = block_num * _BLOCK + offset
        view = memoryview(buf)
        length = len(view)
        if block_num < 0 or position + length > self._blocks * _BLOCK:
            raise failure(EINVAL, "%s: block %d" % (self.path, block_num), "beyond the end")
        done = 0
        while done < length:
            part = view[done:] if done else view
            n = libc.check(function(self._fd, part, length - done, position + done), self.path)
            if n == 0:
                raise failure(EIO, self.path, "the device ended early")
            done += n

    def readblocks(self, block_num, buf, offset=0):
        """Fills `buf` from block `block_num`, starting `offset` bytes into it."""
        self._transfer(_pread, block_num, buf, offset)

    def writeblocks(self, block_num, buf, offset=0):
        """Writes `buf` to block `block_num`, starting `offset` bytes into it; no erase needed."""
        self._transfer(_pwrite, block_num, buf, offset)

    def ioctl(self, op, arg):
        """The block device protocol of vfs.AbstractBlockDev."""
        if op == MP_BLOCKDEV_IOCTL_INIT:
            if self._file is None:
                self._open()
            return 0
        if op == MP_BLOCKDEV_IOCTL_DEINIT:
            self.deinit()
            return 0
        if op == MP_BLOCKDEV_IOCTL_SYNC:
            libc.check(_fsync(self._fd), self.path)
            return 0
        if op == MP_BLOCKDEV_IOCTL_BLOCK_COUNT:
            return self._blocks
        if op == MP_BLOCKDEV_IOCTL_BLOCK_SIZE:
            return _BLOCK
        if op == MP_BLOCKDEV_IOCTL_BLOCK_ERASE:
            return 0
        return None

    def deinit(self):
        """Writes out what the kernel still holds and closes. Idempotent."""
        if self._file is not None:
            file, self._file = self._file, None
            fd, self._fd = self._fd, -1
            try:
                libc.check(_fsync(fd), self.path)
            finally:
                file.close()
