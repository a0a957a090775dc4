# SPDX-License-Identifier: MIT
"""Reports states to systemd: sd_notify(3) over its socket. Does nothing without systemd."""

import os
import socket

from linux.libc import clock_monotonic_ns, getpid, strerror

from . import log

_AF_UNIX = 1


class Notifier:
    """Sends states to the service manager.

    Attribute: watchdog_ms, the longest time between two signs of life, or None without watchdog.
    """

    def __init__(self):
        path = os.getenv("NOTIFY_SOCKET")
        self._socket = None
        self.watchdog_ms = None
        if not path:
            return
        # A path, or a name in the abstract name space, which begins with NUL instead of "@".
        name = path.encode()
        name = b"\0" + name[1:] if name[:1] == b"@" else name + b"\0"
        self._socket = socket.socket(_AF_UNIX, socket.SOCK_DGRAM)
        # A manager that does not read must not stop the daemon.
        self._socket.setblocking(False)
        try:
            self._socket.connect(b"\x01\x00" + name)
        except OSError as error:
            log.warning("NOTIFY_SOCKET %s: %s" % (path, strerror(error.errno)))
            self._socket.close()
            self._socket = None
            return
        interval_us = os.getenv("WATCHDOG_USEC")
        if interval_us and os.getenv("WATCHDOG_PID", str(getpid())) == str(getpid()):
            self.watchdog_ms = int(interval_us) // 1000

    def status(self, text, state=""):
        """Sends STATUS= with a line for people, behind another state if there is one."""
        # A line break inside would begin another state, such as MAINPID=.
        text = "STATUS=" + log.plain(text)
        self.send(state + "\n" + text if state else text)

    def send(self, state):
        """Sends a state such as "READY=1"; several go in one message, on lines of their own."""
        if self._socket is not None:
            try:
                self._socket.send(state.encode())
            except OSError:
                # The manager restarts, or its queue is full: the next state comes soon.
                pass

    def reloading(self):
        """Sends RELOADING=1 with the time stamp that Type=notify-reload requires."""
        self.send("RELOADING=1\nMONOTONIC_USEC=%d" % (clock_monotonic_ns() // 1000))
