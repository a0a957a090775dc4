# SPDX-License-Identifier: MIT
"""Two network namespaces, connected by a line that loses and delays packets."""

import contextlib
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import threading
import time

_TUNSETIFF = 0x400454CA  # <linux/if_tun.h>
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000
ADDRESSES = {"board": "10.99.0.1", "house": "10.99.0.2"}


class Line:
    """Attributes: loss, the fraction of packets lost each way; delay_s, how long each takes each
    way. Both may be changed at any time."""

    def __init__(self):
        self.loss = 0.0
        self.delay_s = 0.0
        self._namespaces = {}
        self._ends = {}
        self._chance = random.Random(2026)
        self._running = True
        # One thread for each, because a namespace belongs to a thread.
        for name in ADDRESSES:
            maker = threading.Thread(target=self._make, args=(name,))
            maker.start()
            maker.join()
        self._threads = [
            threading.Thread(target=self._carry, args=pair, daemon=True)
            for pair in (("board", "house"), ("house", "board"))
        ]
        for thread in self._threads:
            thread.start()

    def _make(self, name):
        os.unshare(os.CLONE_NEWNET)
        self._namespaces[name] = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        tun = self._ends[name] = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(tun, _TUNSETIFF, struct.pack("16sH22x", b"line", _IFF_TUN | _IFF_NO_PI))
        other = next(address for end, address in ADDRESSES.items() if end != name)
        for command in (
            "ip link set lo up",
            f"ip address add {ADDRESSES[name]} peer {other} dev line",
            "ip link set line up",
        ):
            subprocess.run(command.split(), check=True)

    def _carry(self, source, target):
        waiting = []
        count = 0
        wake = threading.Condition()

        def deliver():
            while self._running:
                with wake:
                    while not waiting or waiting[0][0] > time.monotonic():
                        left = waiting[0][0] - time.monotonic() if waiting else 0.5
                        wake.wait(max(0, left))
                        if not self._running:
                            return
                    packet = heapq.heappop(waiting)[2]
                with contextlib.suppress(OSError):
                    os.write(self._ends[target], packet)

        threading.Thread(target=deliver, daemon=True).start()
        while self._running:
            if not select.select([self._ends[source]], [], [], 0.5)[0]:
                continue
            packet = os.read(self._ends[source], 65536)
            if self._chance.random() < self.loss:
                continue
            with wake:
                count += 1
                heapq.heappush(waiting, (time.monotonic() + self.delay_s, count, packet))
                wake.notify()

    @contextlib.contextmanager
    def inside(self, name):
        """Moves this thread, and programs that it starts, to a namespace, "board" or "house"."""
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        os.setns(self._namespaces[name], os.CLONE_NEWNET)
        try:
            yield
        finally:
            os.setns(before, os.CLONE_NEWNET)
            os.close(before)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._running = False
        for thread in self._threads:
            thread.join()
        for descriptor in [*self._namespaces.values(), *self._ends.values()]:
            os.close(descriptor)
