# SPDX-License-Identifier: MIT
"""A GPIO controller in a fake /sys/class/gpio, for programs with pollpri.c preloaded."""

import contextlib
import errno
import os
import shutil


class SysfsGpio:
    """/sys/class/gpio with a header's chip whose numbers begin at 512, as since kernel 6.6.

    `system` is a fakes.sysfs.FakeSysfs. `drive(17, 1)` drives a line from outside, as in FakeChip.
    """

    BASE = 512

    def __init__(self, system):
        self.system = system
        self.busy = {2}
        self.exported = []
        self.unexported = []
        system.driver = self._driver
        for base, label, lines in ((400, "pcf8574", 8), (self.BASE, "pinctrl-bcm2711", 54)):
            for name, text in (("base", base), ("label", label), ("ngpio", lines)):
                system.add(f"class/gpio/gpiochip{base}/{name}", str(text))
        system.add("class/gpio/export")
        system.add("class/gpio/unexport")
        # The chips have other numbers in /dev.
        device = system.root / "devices/platform/i2c"
        (device / "gpiochip3").mkdir(parents=True)
        (device / "gpio/gpiochip400").mkdir(parents=True)
        (system.root / "bus/gpio/devices").mkdir(parents=True)
        (system.root / "bus/gpio/devices/gpiochip3").symlink_to(device / "gpiochip3")

    def _folder(self, number):
        return f"class/gpio/gpio{number}"

    def _driver(self, path, text):
        name = path.rsplit("/", 1)[1]
        if name == "export":
            self._export(int(text))
        elif name == "unexport":
            self.unexported.append(int(text) - self.BASE)
            shutil.rmtree(self.system.root / self._folder(text))
        elif name == "direction":
            number = path.split("/")[-2]
            if text != "in":
                self.system.add(f"class/gpio/{number}/value", "1" if text == "high" else "0")
            self.system.add(path, "in" if text == "in" else "out")
        elif name == "edge":
            self.system.add(path, text)
            self._notify(self.system.root / path.replace("/edge", "/value.edges"))
        else:
            raise OSError(errno.EIO, path)

    def _export(self, number):
        offset = number - self.BASE
        if not 0 <= offset < 54:
            raise OSError(errno.EINVAL, "no such line")
        folder = self._folder(number)
        if offset in self.busy or (self.system.root / folder).exists():
            raise OSError(errno.EBUSY, "in use")
        for name, text in (("direction", "in"), ("value", "0"), ("edge", "none")):
            self.system.add(f"{folder}/{name}", text)
        os.mkfifo(self.system.root / folder / "value.edges")
        self.exported.append(offset)

    def _notify(self, fifo):
        with contextlib.suppress(OSError):  # no program waits for it
            fd = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
            os.write(fd, b"!")
            os.close(fd)

    def attribute(self, offset, name):
        """The content of an exported line's attribute, None if the line is not exported."""
        path = self.system.root / self._folder(self.BASE + offset) / name
        return path.read_text().strip() if path.exists() else None

    def drive(self, offset, level):
        folder = self.system.root / self._folder(self.BASE + offset)
        (folder / "value").write_text(f"{level}\n")
        edge = (folder / "edge").read_text().strip()
        if edge in ("both", "rising" if level else "falling"):
            self._notify(folder / "value.edges")
