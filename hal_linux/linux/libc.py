# SPDX-License-Identifier: MIT
"""The libc functions that hal_linux calls, each wrapped once.

ffi does not check the number of arguments, and too few crash the program: each function is called
through a def below. Functions that fail raise OSError(errno, text). A buffer is any object with
the buffer protocol.
"""

import os
import struct

import ffi

# open(None) is the libc in the process; a name would bypass preloaded libraries.
_libc = ffi.open(None)

# <fcntl.h>, <unistd.h>, <signal.h>, <bits/signalfd.h>, <sys/wait.h> of Linux, the same on x86 and
# ARM
O_RDONLY = 0
O_WRONLY = 1
O_RDWR = 2
O_CREAT = 0o100
O_TRUNC = 0o1000
O_NONBLOCK = 0o4000
O_CLOEXEC = 0o2000000
F_SETFL = 4
F_SETPIPE_SZ = 1031
F_GETPIPE_SZ = 1032
R_OK = 4
W_OK = 2
EAGAIN = 11
SIG_BLOCK = 0
SIGHUP = 1
SIGINT = 2
SIGKILL = 9
SIGPIPE = 13
SIGTERM = 15
WNOHANG = 1
PROT_READ = 1
MAP_PRIVATE = 2
LOCK_EX = 2
LOCK_NB = 4
SEEK_END = 2
CLOCK_REALTIME = 0
CLOCK_MONOTONIC = 1
CLOCK_BOOTTIME = 7
STA_UNSYNC = 0x40  # <sys/timex.h>
_LONG_BYTES = struct.calcsize("l")  # of struct timespec, except with 64-bit time on 32 bit
_LINK_BYTES = 1024
SIGSET_BYTES = 128  # sizeof(sigset_t) in glibc and musl

_pipe2 = _libc.func("i", "pipe2", "pi")
_fcntl = _libc.func("i", "fcntl", "iil")
# open() and ioctl() are variadic. In Linux's ABIs for x86-64, ARM and ARM64 a variadic integer or
# pointer is passed like a named one.
_open = _libc.func("i", "open", "sii")
_access = _libc.func("i", "access", "si")
_readlink = _libc.func("l", "readlink", "spL")
_read = _libc.func("l", "read", "ipL")
_write = _libc.func("l", "write", "iPL")
_pread = _libc.func("l", "pread", "ipLl")
_pwrite = _libc.func("l", "pwrite", "iPLl")
_ftruncate = _libc.func("i", "ftruncate", "il")
_fsync = _libc.func("i", "fsync", "i")
_flock = _libc.func("i", "flock", "ii")
_lseek = _libc.func("l", "lseek", "ili")
# Only offset 0 is used: its type differs on 32 bit, where mmap() takes a long.
_mmap = _libc.func("P", "mmap", "PLiiil")
_munmap = _libc.func("i", "munmap", "PL")
_madvise = _libc.func("i", "madvise", "PLi")
_ioctl = _libc.func("i", "ioctl", "iLp")
_ioctl_int = _libc.func("i", "ioctl", "iLL")
_close = _libc.func("i", "close", "i")
_kill = _libc.func("i", "kill", "ii")
_isatty = _libc.func("i", "isatty", "i")
_getpid = _libc.func("i", "getpid", "")
_umask = _libc.func("i", "umask", "i")
_waitpid = _libc.func("i", "waitpid", "ipi")
_sigprocmask = _libc.func("i", "sigprocmask", "ipp")
_signalfd = _libc.func("i", "signalfd", "ipi")
_pidfd_open = _libc.func("i", "pidfd_open", "iI")
_strerror = _libc.func("s", "strerror", "i")
_clock_gettime = _libc.func("i", "clock_gettime", "ip")
_adjtimex = _libc.func("i", "adjtimex", "p")


def strerror(number):
    """The system's text for an error number."""
    return _strerror(number)


def oserror(number, what):
    """An OSError whose text says where it failed and why."""
    return OSError(number, "%s: %s" % (what, _strerror(number)))


def check(result, what):
    """Returns the result of a libc call, or raises OSError if it is -1."""
    if result == -1:
        raise oserror(os.errno(), what)
    return result


def pipe():
    """A close-on-exec pipe: (read end, write end)."""
    fds = bytearray(8)
    check(_pipe2(fds, O_CLOEXEC), "pipe")
    return int.from_bytes(fds[:4], "little"), int.from_bytes(fds[4:], "little")


def fcntl(fd, command, argument):
    return check(_fcntl(fd, command, argument), "fcntl")


def madvise(address, length, advice):
    """Tells the kernel about the use of memory, see madvise(2)."""
    check(_madvise(address, length, advice), "madvise")


def set_nonblocking(fd):
    fcntl(fd, F_SETFL, O_NONBLOCK)


def open_device(path, flags):
    """A close-on-exec file descriptor of a device or attribute.

    Never creates a file, unlike the builtin open() for writing. OSError names the path.
    """
    return check(_open(path, flags | O_CLOEXEC, 0), path)


def open_file(path, flags, mode=0o600):
    """A close-on-exec file descriptor; O_CREAT in `flags` may create the file. OSError names the
    path."""
    return check(_open(path, flags | O_CLOEXEC, mode), path)


def readlink(path):
    """Where a symbolic link leads, or None for what is no link."""
    buffer = bytearray(_LINK_BYTES)
    n = _readlink(path, buffer, len(buffer))
    return None if n < 0 else buffer[:n].decode()


def accessible(path):
    """Whether this user may read and write a file; never opens it."""
    return _access(path, R_OK | W_OK) == 0


def _io(n, what):
    if n == -1 and os.errno() == EAGAIN:
        return None
    return check(n, what)


def read(fd, buffer, length, what="read"):
    """Reads up to `length` bytes; returns their number, or None if that would block."""
    return _io(_read(fd, buffer, length), what)


def write(fd, data, length, what="write"):
    """Writes up to `length` bytes; returns their number, or None if that would block."""
    return _io(_write(fd, data, length), what)


def pread(fd, buffer, length, offset, what="read"):
    """Reads up to `length` bytes at an offset; returns their number, 0 at the end."""
    return check(_pread(fd, buffer, length, offset), what)


def pwrite(fd, data, length, offset, what="write"):
    """Writes up to `length` bytes at an offset; returns their number."""
    return check(_pwrite(fd, data, length, offset), what)


def ftruncate(fd, size):
    check(_ftruncate(fd, size), "ftruncate")


def fsync(fd):
    check(_fsync(fd), "fsync")


def flock(fd, operation):
    """Locks a file for this process; `operation` is LOCK_EX, with LOCK_NB to fail at once."""
    check(_flock(fd, operation), "flock")


def file_size(fd):
    return check(_lseek(fd, 0, SEEK_END), "lseek")


def seek(fd, offset):
    """Sets the position, counted from the start."""
    check(_lseek(fd, offset, 0), "lseek")


def mmap_readable(fd, size, what="mmap"):
    """The address of a file's first `size` bytes, mapped for reading."""
    address = _mmap(None, size, PROT_READ, MAP_PRIVATE, fd, 0)
    # MAP_FAILED is (void *)-1, which ffi returns as the largest unsigned number.
    if address & 0xFFF:
        raise oserror(os.errno(), what)
    return address


def munmap(address, size):
    check(_munmap(address, size), "munmap")


def ioctl(fd, request, argument, what="ioctl"):
    """An ioctl whose argument is a buffer or None. `what` begins its OSError's text."""
    result = _ioctl(fd, request, argument)
    # Not check(): this is the hot path of every bus, and a call costs more than the ioctl.
    if result == -1:
        raise oserror(os.errno(), what)
    return result


def ioctl_int(fd, request, argument, what="ioctl"):
    """An ioctl whose argument is a number."""
    return check(_ioctl_int(fd, request, argument), what)


def close(fd):
    check(_close(fd), "close")


def kill(pid, signal):
    check(_kill(pid, signal), "kill %d" % pid)


def isatty(fd):
    """Whether a file descriptor is a terminal."""
    return _isatty(fd) == 1


def getpid():
    return _getpid()


def umask(mask):
    """Sets the permissions that new files do not get; returns the old mask. See umask(2)."""
    return _umask(mask)


def waitpid(pid, options):
    """(pid, wait status); pid is 0 if WNOHANG was given and the child still runs."""
    status = bytearray(4)
    pid = check(_waitpid(pid, status, options), "waitpid")
    return pid, int.from_bytes(status, "little")


def sigset(numbers):
    """A sigset_t holding the given signal numbers."""
    mask = bytearray(SIGSET_BYTES)
    for number in numbers:
        mask[(number - 1) >> 3] |= 1 << ((number - 1) & 7)
    return mask


def sigprocmask(how, mask):
    check(_sigprocmask(how, mask, None), "sigprocmask")


def signalfd(mask):
    """A non-blocking file descriptor that delivers the signals of a mask."""
    return check(_signalfd(-1, mask, O_NONBLOCK | O_CLOEXEC), "signalfd")


def pidfd_open(pid):
    """A file descriptor that becomes readable when the process ends."""
    return check(_pidfd_open(pid, 0), "pidfd_open")


_timespec = bytearray(2 * _LONG_BYTES)
_TIMESPEC = "ll"


def clock_ns(clock):
    """A clock of clock_gettime(2) in nanoseconds."""
    check(_clock_gettime(clock, _timespec), "clock_gettime")
    seconds, nanoseconds = struct.unpack_from(_TIMESPEC, _timespec, 0)
    return seconds * 1000000000 + nanoseconds


def clock_monotonic_ns():
    """CLOCK_MONOTONIC in nanoseconds: it never steps and never wraps."""
    return clock_ns(CLOCK_MONOTONIC)


# struct timex of <sys/timex.h>: int modes, long offset, freq, maxerror and esterror, int status…
_timex = bytearray(64 * _LONG_BYTES)


def clock_synchronized():
    """Whether the system clock is synchronized (NTP). Raises OSError."""
    # modes is 0: nothing is changed. glibc's layout for 64-bit time on 32 bit belongs to another
    # function, __adjtimex64.
    _timex[:] = bytes(len(_timex))
    check(_adjtimex(_timex), "adjtimex")
    (status,) = struct.unpack_from("i", _timex, 5 * _LONG_BYTES)
    return not status & STA_UNSYNC
