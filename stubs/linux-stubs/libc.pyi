# SPDX-License-Identifier: MIT
"""The libc functions that hal_linux calls, each wrapped once."""

from collections.abc import Iterable

from typing_extensions import Buffer

O_RDONLY: int
O_WRONLY: int
O_RDWR: int
O_CREAT: int
O_TRUNC: int
O_NONBLOCK: int
O_CLOEXEC: int
F_SETFL: int
F_SETPIPE_SZ: int
F_GETPIPE_SZ: int
R_OK: int
W_OK: int
EAGAIN: int
SIG_BLOCK: int
SIGHUP: int
SIGINT: int
SIGKILL: int
SIGPIPE: int
SIGTERM: int
WNOHANG: int
PROT_READ: int
MAP_PRIVATE: int
LOCK_EX: int
LOCK_NB: int
SEEK_END: int
CLOCK_REALTIME: int
CLOCK_MONOTONIC: int
CLOCK_BOOTTIME: int
STA_UNSYNC: int
SIGSET_BYTES: int

def strerror(number: int) -> str:
    """The system's words for an error number."""

def oserror(number: int, what: str) -> OSError:
    """An OSError whose text says what failed and why."""

def check(result: int, what: str) -> int:
    """Returns the result of a libc call, or raises the OSError of a failed one (-1)."""

def pipe() -> tuple[int, int]:
    """A pipe that no child inherits: (read end, write end)."""

def fcntl(fd: int, command: int, argument: int) -> int: ...
def madvise(address: int, length: int, advice: int) -> None: ...
def set_nonblocking(fd: int) -> None: ...
def open_device(path: str, flags: int) -> int:
    """A file descriptor of a device or attribute, which no child inherits."""

def open_file(path: str, flags: int, mode: int = 384) -> int:
    """A file descriptor that no child inherits; with O_CREAT in `flags` it may make the file."""

def readlink(path: str) -> str | None:
    """Where a symbolic link leads, or None for what is no link."""

def accessible(path: str) -> bool:
    """Whether this user may read and write a file; never opens it."""

def read(fd: int, buffer: Buffer, length: int, what: str = "read") -> int | None:
    """Reads up to `length` bytes; returns their number, or None if that would block."""

def write(fd: int, data: Buffer, length: int, what: str = "write") -> int | None:
    """Writes up to `length` bytes; returns their number, or None if that would block."""

def pread(fd: int, buffer: Buffer, length: int, offset: int, what: str = "read") -> int:
    """Reads up to `length` bytes at an offset; returns their number, 0 at the end."""

def pwrite(fd: int, data: Buffer, length: int, offset: int, what: str = "write") -> int:
    """Writes up to `length` bytes at an offset; returns their number."""

def ftruncate(fd: int, size: int) -> None: ...
def fsync(fd: int) -> None: ...
def flock(fd: int, operation: int) -> None:
    """Locks a file for this process: LOCK_EX, with LOCK_NB without waiting."""

def file_size(fd: int) -> int: ...
def seek(fd: int, offset: int) -> None:
    """Sets the position from the start."""

def mmap_readable(fd: int, size: int, what: str = "mmap") -> int:
    """The address of a file's first `size` bytes, mapped for reading."""

def munmap(address: int, size: int) -> None: ...
def ioctl(fd: int, request: int, argument: Buffer | None, what: str = "ioctl") -> int:
    """An ioctl whose argument is a buffer, or None. `what` begins the text of its OSError."""

def ioctl_int(fd: int, request: int, argument: int, what: str = "ioctl") -> int:
    """An ioctl whose argument is a number."""

def close(fd: int) -> None: ...
def kill(pid: int, signal: int) -> None: ...
def isatty(fd: int) -> bool:
    """Whether a file descriptor is a terminal."""

def getpid() -> int: ...
def umask(mask: int) -> int:
    """Sets which permissions new files do not get; returns what it was. See umask(2)."""

def waitpid(pid: int, options: int) -> tuple[int, int]:
    """(pid, wait status), pid 0 if WNOHANG was given and the child still runs."""

def sigset(numbers: Iterable[int]) -> bytearray:
    """A sigset_t holding the given signal numbers."""

def sigprocmask(how: int, mask: Buffer) -> None: ...
def signalfd(mask: Buffer) -> int:
    """A file descriptor that delivers the signals of a mask, non-blocking."""

def pidfd_open(pid: int) -> int:
    """A file descriptor that becomes readable when the process ends."""

def clock_ns(clock: int) -> int:
    """A clock of clock_gettime(2) in nanoseconds."""

def clock_monotonic_ns() -> int:
    """CLOCK_MONOTONIC in nanoseconds: it never steps and never wraps."""

def clock_synchronized() -> bool:
    """Whether something keeps the system's clock right (NTP). Raises OSError."""
