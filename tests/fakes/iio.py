# SPDX-License-Identifier: MIT
"""A kernel accelerometer, as drivers/iio/industrialio-buffer.c presents it: attributes in a
FakeSysfs, and records from /dev/iio:device0 of a FakeKernel while its buffer is enabled."""

import errno
import struct
import threading
import time

from fakes.kernel import Device
from fakes.sysfs import refuse


class Accelerometer(Device):
    """`samples` are (x, y, z), 12 bits each; a record holds z, x, y, time."""

    FOLDER = "bus/iio/devices/iio:device0"
    RATES = (100, 200, 400)

    def __init__(self, sysfs, samples, trigger="lis3dh-dev0"):
        self.sysfs, self.samples = sysfs, samples
        self.lost = 0  # samples to leave out next
        self._feeding = None
        self._stop = threading.Event()
        self.stream = None
        for name, value in {
            "name": "lis3dh", "in_accel_scale": "0.009806650", "sampling_frequency": "100",
            "sampling_frequency_available": " ".join(map(str, self.RATES)),
            "buffer/enable": "0", "buffer/length": "2", "trigger/current_trigger": "",
        }.items():  # fmt: skip
            sysfs.add(f"{self.FOLDER}/{name}", value)
        for index, axis in enumerate(("accel_z", "accel_x", "accel_y", "timestamp")):
            sysfs.add(f"{self.FOLDER}/scan_elements/in_{axis}_en", "0")
            sysfs.add(f"{self.FOLDER}/scan_elements/in_{axis}_index", str(index))
            kind = "le:s64/64>>0" if axis == "timestamp" else "le:s12/16>>4"
            sysfs.add(f"{self.FOLDER}/scan_elements/in_{axis}_type", kind)
        if trigger:
            sysfs.add("bus/iio/devices/trigger0/name", trigger)
        sysfs.driver = self.write

    def value(self, name):
        return self.sysfs.get(f"{self.FOLDER}/{name}")

    def write(self, path, text):
        name = path.split("iio:device0/", 1)[1]
        enabled = self.value("buffer/enable") == "1"
        if enabled and name != "buffer/enable":
            refuse(errno.EBUSY)
        if name == "sampling_frequency" and int(text) not in self.RATES:
            refuse(errno.EINVAL)
        if name == "buffer/enable":
            if text == "1" and not self.value("trigger/current_trigger"):
                refuse(errno.EINVAL)
            self._switch(text == "1")
        self.sysfs.set(path, text)

    def _switch(self, on):
        if self._feeding is not None:
            self._stop.set()
            self._feeding.join()
            self._feeding = None
        if on:
            self._stop.clear()
            self._feeding = threading.Thread(target=self._feed, daemon=True)
            self._feeding.start()

    def _feed(self):
        period_s = 1 / int(self.value("sampling_frequency"))
        # The kernel keeps samples until a program reads.
        while self.stream is None and not self._stop.wait(0.005):
            pass
        begun = time.monotonic()
        sent = 0
        while sent < len(self.samples) and not self._stop.is_set():
            time.sleep(max(0, begun + sent * period_s - time.monotonic()))
            if self.lost:
                sent += self.lost
                self.lost = 0
            x, y, z = ((v & 0xFFF) << 4 for v in self.samples[sent])
            stamp = 1700000000000000000 + int(sent * period_s * 1e9)
            try:
                self.stream.send(struct.pack("<HHHxxq", z, x, y, stamp))
            except (OSError, AttributeError):
                return  # it was closed
            sent += 1

    def close(self):
        self.stream = None
