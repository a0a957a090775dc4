# SPDX-License-Identifier: MIT
"""Relays events between the kernel and a HID device, which is part of the test, outside the
machine. Each event of <linux/uhid.h> is preceded by its length."""

import select
import sys

_EVENT_BYTES = 4380  # sizeof(struct uhid_event)


def read_exactly(file, n):
    data = b""
    while len(data) < n:
        part = file.read(n - len(data))
        if not part:
            sys.exit("the test is gone")
        data += part
    return data


uhid = open("/dev/uhid", "r+b")
port = open("/dev/virtio-ports/bridge", "r+b")
poller = select.poll()
poller.register(uhid, select.POLLIN)
poller.register(port, select.POLLIN)
while True:
    for ready, _ in poller.poll():
        if ready is uhid:
            event = uhid.read(_EVENT_BYTES)
            port.write(len(event).to_bytes(2, "little") + event)
        else:
            n = int.from_bytes(read_exactly(port, 2), "little")
            uhid.write(read_exactly(port, n))
