# SPDX-License-Identifier: MIT
"""Descriptors that become readable: eventfd, timerfd, epoll. Non-blocking and close-on-exec."""

EPOLL_CTL_ADD: int
EPOLL_CTL_DEL: int
EPOLLIN: int
EPOLLPRI: int
EPOLLERR: int

def eventfd() -> int:
    """A counter: write 8 bytes to add, read 8 bytes to take what is there."""

def timerfd(first_ns: int, interval_ns: int = 0) -> int:
    """A timer that is readable first_ns from now, then each interval_ns (0: once)."""

class Epoll:
    """A set of descriptors that is itself one: readable when one of its members is ready."""

    fd: int
    def __init__(self) -> None: ...
    def add(self, fd: int, events: int) -> None:
        """Adds a descriptor; `events` of EPOLLIN, EPOLLPRI, EPOLLERR."""
    def remove(self, fd: int) -> None: ...
    def close(self) -> None: ...
