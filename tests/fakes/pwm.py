# SPDX-License-Identifier: MIT
"""A PWM controller for FakeSysfs: /sys/class/pwm/pwmchipN."""

import errno
import time

from fakes.sysfs import refuse


class PwmChip:
    """drivers/pwm/sysfs.c: exports channels, and refuses a pulse longer than its period."""

    def __init__(self, sysfs, number=0, channels=2, late_s=0.0):
        self.sysfs, self.folder = sysfs, f"class/pwm/pwmchip{number}"
        self.channels, self.late_s = channels, late_s
        self.exported_at = {}
        for name in ("export", "unexport"):
            sysfs.add(f"{self.folder}/{name}")
        sysfs.add(f"{self.folder}/npwm", str(channels))
        sysfs.driver = self.write
        sysfs.guard = self.guard

    def export(self, channel, period=0, duty=0, enable=0):
        self.exported_at[channel] = time.monotonic()
        values = {"period": period, "duty_cycle": duty, "enable": enable, "polarity": "normal"}
        for name, value in values.items():
            self.sysfs.set(f"{self.folder}/pwm{channel}/{name}", str(value))

    def guard(self, path):
        if "/pwm/" in path and path.rsplit("/", 1)[1] in ("period", "duty_cycle", "enable"):
            channel = int(path.split("/")[-2].removeprefix("pwm"))
            if time.monotonic() < self.exported_at[channel] + self.late_s:
                refuse(errno.EACCES)

    def write(self, path, text):
        name = path.rsplit("/", 1)[1]
        if name == "export":
            if int(text) >= self.channels:
                refuse(errno.ENODEV)
            if int(text) in self.exported_at:
                refuse(errno.EBUSY)
            self.export(int(text))
            return
        if name == "unexport":
            del self.exported_at[int(text)]
            for file in (self.sysfs.root / self.folder / f"pwm{text}").iterdir():
                file.unlink()
            (self.sysfs.root / self.folder / f"pwm{text}").rmdir()
            return
        folder = path.rsplit("/", 1)[0]
        values = {n: self.sysfs.get(f"{folder}/{n}") for n in ("period", "duty_cycle", "enable")}
        if name == "polarity" and values["enable"] == "1":
            refuse(errno.EBUSY)
        values[name] = text
        if int(values["duty_cycle"]) > int(values["period"]):
            refuse(errno.EINVAL)
        if values["enable"] == "1" and values["period"] == "0":
            refuse(errno.EINVAL)
        self.sysfs.set(path, text)
