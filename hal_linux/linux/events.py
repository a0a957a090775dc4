# SPDX-License-Identifier: MIT
"""Descriptors that become readable: eventfd, timerfd, epoll. Non-blocking and close-on-exec."""

import struct

from . import libc
from .libc import _libc, check

# <sys/timerfd.h>, <sys/epoll.h>; the EFD_, TFD_ and EPOLL_ flags are the O_ flags
EPOLL_CTL_ADD = 1
EPOLL_CTL_DEL = 2
EPOLLIN = 0x001
EPOLLPRI = 0x002
EPOLLERR = 0x008
_EM_X86_64 = 62  # <elf.h>

_eventfd = _libc.func("i", "eventfd", "Ii")
_timerfd_create = _libc.func("i", "timerfd_create", "ii")
_timerfd_settime = _libc.func("i", "timerfd_settime", "iiPp")
_epoll_create1 = _libc.func("i", "epoll_create1", "i")
_epoll_ctl = _libc.func("i", "epoll_ctl", "iiip")
_FLAGS = libc.O_NONBLOCK | libc.O_CLOEXEC


def eventfd():
    """A counter: write 8 bytes to add, read 8 bytes to take its value."""
    return check(_eventfd(0, _FLAGS), "eventfd")


def timerfd(first_ns, interval_ns=0):
    """A timer on the monotonic clock, readable after `first_ns` and then every `interval_ns`
    (0: once). Reading returns 8 bytes, the number of expirations."""
    fd = check(_timerfd_create(libc.CLOCK_MONOTONIC, _FLAGS), "timerfd_create")
    times = (interval_ns, max(first_ns, 1))
    # struct itimerspec: interval, then first expiration, each as seconds and nanoseconds
    values = [part for ns in times for part in (ns // 1000000000, ns % 1000000000)]
    check(_timerfd_settime(fd, 0, struct.pack("llll", *values), None), "timerfd_settime")
    return fd


def _event_layout():
    # struct epoll_event is packed on x86-64 and aligned everywhere else.
    with open("/proc/self/exe", "rb") as program:
        machine = program.read(20)[18]
    return "<IQ" if machine == _EM_X86_64 else "<IxxxxQ"


class Epoll:
    """A set of descriptors with one of its own: readable when one of its members is ready.

    It serves events that asyncio cannot wait for, such as POLLPRI on a sysfs attribute.
    """

    def __init__(self):
        self.fd = check(_epoll_create1(libc.O_CLOEXEC), "epoll_create1")
        self._layout = _event_layout()

    def add(self, fd, events):
        """Adds a descriptor; `events` of EPOLLIN, EPOLLPRI, EPOLLERR."""
        event = struct.pack(self._layout, events, fd)
        check(_epoll_ctl(self.fd, EPOLL_CTL_ADD, fd, event), "epoll_ctl")

    def remove(self, fd):
        check(_epoll_ctl(self.fd, EPOLL_CTL_DEL, fd, None), "epoll_ctl")

    def close(self):
        libc.close(self.fd)
