# SPDX-License-Identifier: MIT
"""machine.PWM: pulses from the hardware, through /sys/class/pwm.

| MicroPython | on Linux |
|---|---|
| PWM(dest, …)    | number N: channel N of the first chip; "pwmchip0:1": a chip and its channel; a Pin: the channel of that pin on a Pi's header |
| freq, duty_u16, duty_ns | as documented; without an argument they return the driver's value |
| a new freq      | keeps the ratio if duty_u16 set the duty, the pulse's length if duty_ns set it |
| invert          | the driver's polarity; an error if it has none |
| init, deinit    | deinit stops the pulses and releases the channel |

Pins on a Raspberry Pi: GPIO12 and 18 are channel 0, GPIO13 and 19 channel 1 with dtoverlay=pwm or
pwm-2chan; on a Pi 5 (a chip with four channels) GPIO12, 13, 18, 19 are channels 0, 1, 2, 3.
"""  # noqa: E501

import os
import time

from linux import files, libc
from linux.explain import (
    EACCES,
    EBUSY,
    EINVAL,
    ENODEV,
    ENOENT,
    EOPNOTSUPP,
    explained,
    failure,
)

_CLASS = "/sys/class/pwm"
_HINTS = {
    EACCES: "add the user to the group gpio, or add a udev rule for the subsystem pwm",
    EBUSY: "another program or driver has this channel",
    EINVAL: "the driver does not take this",
    EOPNOTSUPP: "the driver cannot do this",
    ENOENT: "the chip is gone",
}
_SECOND_NS = 1000000000
_FULL = 65535
_UDEV_MS = 1000  # the longest that udev takes to set the group of a new channel's files
_RETRY_MS = 10
_CHANNELS = {12: 0, 18: 0, 13: 1, 19: 1}
_CHANNELS_OF_4 = {12: 0, 13: 1, 18: 2, 19: 3}


def _chips():
    try:
        names = [name for name in os.listdir(_CLASS) if name.startswith("pwmchip")]
    except OSError:
        names = []
    return sorted(names, key=lambda name: int(name[7:]))


def _number(path):
    try:
        with open(path) as file:
            return int(file.read())
    except OSError as error:
        raise failure(error.errno, path, _HINTS.get(error.errno, "the channel is gone"))


def _gpio(pin):
    # A Pin's id is 18, "GPIO18" or "gpiochip0:18".
    digits = "".join(c if c.isdigit() else " " for c in str(getattr(pin, "id", ""))).split()
    return int(digits[-1]) if digits else None


def _find(dest):
    """(chip, channel) for PWM's `dest`."""
    if isinstance(dest, str):
        chip, colon, channel = dest.partition(":")
        if not colon or not channel.isdigit():
            raise ValueError('PWM: dest must be a number, "pwmchip0:1" or a Pin, not %r' % dest)
        return chip, int(channel)
    chips = _chips()
    if not chips:
        raise failure(
            ENODEV, "PWM: " + _CLASS, "on a Raspberry Pi put dtoverlay=pwm into config.txt"
        )
    if isinstance(dest, int):
        return chips[0], dest
    line = _gpio(dest)
    for chip in chips:
        channels = _number("%s/%s/npwm" % (_CLASS, chip))
        channel = (_CHANNELS if channels < 4 else _CHANNELS_OF_4).get(line)
        if channel is not None and channel < channels:
            return chip, channel
    raise ValueError("PWM: %s has no PWM channel; GPIO12, 13, 18, 19 have" % (dest,))


class _Channel:
    """The attributes of an exported channel, each opened once."""

    def __init__(self, chip, channel):
        folder = "%s/%s" % (_CLASS, chip)
        self.name = "%s:%d" % (chip, channel)
        self._chip = folder
        self._number = channel
        self._folder = "%s/pwm%d" % (folder, channel)
        self._files = {}
        self._exported = False
        try:
            channels = _number(folder + "/npwm")
        except OSError:
            raise failure(ENODEV, "PWM " + self.name, "no such chip; there are: %s" %
                          (", ".join(_chips()) or "none"))  # fmt: skip
        if not 0 <= channel < channels:
            raise ValueError("PWM %s: the chip has channels 0 to %d" % (self.name, channels - 1))
        try:
            self._export()
            for name in ("period", "duty_cycle", "enable"):
                self._open(name)
        except OSError:
            self.close()
            raise

    def _export(self):
        if "pwm%d" % self._number in os.listdir(self._chip):
            return  # already exported, by an earlier program or an administrator
        self._attempt(self._chip + "/export", str(self._number))
        self._exported = True

    def _attempt(self, path, text):
        try:
            files.write_text(path, text)
        except OSError as error:
            raise explained(error, _HINTS)

    def _open(self, name):
        path = self._folder + "/" + name
        start = time.ticks_ms()
        while True:
            try:
                self._files[name] = open(libc.open_device(path, libc.O_RDWR), "r+b")
                return
            except OSError as error:
                # The folder appears, and udev sets its group some time after.
                late = time.ticks_diff(time.ticks_ms(), start) > _UDEV_MS
                if error.errno not in (EACCES, ENOENT) or not self._exported or late:
                    raise explained(error, _HINTS)
            time.sleep_ms(_RETRY_MS)

    def get(self, name):
        file = self._files[name]
        file.seek(0)
        return int(file.read(32))

    def set(self, name, value):
        fd = self._files[name].fileno()
        text = str(value)
        path = self._folder + "/" + name
        libc.seek(fd, 0)
        try:
            libc.write(fd, text, len(text), path)
        except OSError as error:
            raise explained(error, {EINVAL: "the driver does not take " + text})

    def polarity(self, inverted):
        path = self._folder + "/polarity"
        wanted = "inversed" if inverted else "normal"
        try:
            with open(path) as file:
                if file.read().strip() == wanted:
                    return
        except OSError:
            if not inverted:
                return  # a driver without polarity is never inverted
        self._attempt(path, wanted)

    def close(self):
        for file in self._files.values():
            file.close()
        self._files = {}
        if self._exported:
            self._exported = False
            self._attempt(self._chip + "/unexport", str(self._number))


class PWM:
    def __init__(self, dest, *, freq=-1, duty_u16=-1, duty_ns=-1, invert=False):
        """Takes the channel; pulses begin when both freq and a duty are set."""
        self._where = _find(dest)
        self._channel = None
        self._init(freq, duty_u16, duty_ns, invert)

    def init(self, *, freq=-1, duty_u16=-1, duty_ns=-1, invert=None):
        """Changes the settings that are given; takes the channel again after deinit()."""
        self._init(freq, duty_u16, duty_ns, invert)

    def _init(self, freq, duty_u16, duty_ns, invert):
        if duty_u16 >= 0 and duty_ns >= 0:
            raise ValueError("PWM: give duty_u16 or duty_ns, not both")
        if duty_u16 > _FULL:
            raise ValueError("PWM: duty_u16 must be 0 to 65535")
        if self._channel is None:
            self._channel = _Channel(*self._where)
            # The duty as last set, in one unit; both are None until then.
            self._ratio = self._pulse_ns = None
        if invert is not None:
            self._invert(invert)
        if duty_u16 >= 0:
            self._ratio, self._pulse_ns = duty_u16, None
        elif duty_ns >= 0:
            self._ratio, self._pulse_ns = None, duty_ns
        if freq >= 0:
            self.freq(freq)
        elif duty_u16 >= 0 or duty_ns >= 0:
            self._set(self._channel.get("period"))

    def __repr__(self):
        return "PWM(%r)" % ("%s:%d" % self._where)

    def _open(self):
        if self._channel is None:
            raise failure(ENODEV, "PWM %s:%d" % self._where, "deinitialised; call init()")
        return self._channel

    def _invert(self, invert):
        # Drivers change the polarity only while the channel is stopped.
        channel = self._channel
        running = channel.get("enable")
        if running:
            channel.set("enable", 0)
        channel.polarity(invert)
        if running:
            channel.set("enable", 1)

    def freq(self, value=None):
        """Returns the frequency in Hz, or sets it."""
        channel = self._open()
        if value is None:
            period = channel.get("period")
            return (_SECOND_NS + period // 2) // period if period else 0
        if value <= 0:
            raise ValueError("PWM: freq must be positive")
        self._set(round(_SECOND_NS / value))

    def duty_u16(self, value=None):
        """Returns the ratio of the pulse to the period, 0 to 65535, or sets it."""
        channel = self._open()
        period = channel.get("period")
        if value is None:
            return (channel.get("duty_cycle") * _FULL + period // 2) // period if period else 0
        if not 0 <= value <= _FULL:
            raise ValueError("PWM: duty_u16 must be 0 to 65535")
        self._ratio, self._pulse_ns = value, None
        self._set(period)

    def duty_ns(self, value=None):
        """Returns the length of the pulse in nanoseconds, or sets it."""
        channel = self._open()
        if value is None:
            return channel.get("duty_cycle")
        if value < 0:
            raise ValueError("PWM: duty_ns must not be negative")
        period = channel.get("period")
        if period and value > period:
            raise ValueError("PWM: duty_ns must be 0 to the period, %d" % period)
        self._ratio, self._pulse_ns = None, value
        self._set(period)

    def _set(self, period):
        """Sets the period and the duty that belongs to it; pulses begin with the first duty."""
        if not period:
            return  # keep the duty until there is a frequency
        channel = self._channel
        now = channel.get("duty_cycle")
        if self._ratio is not None:
            duty = (period * self._ratio + _FULL // 2) // _FULL
        elif self._pulse_ns is not None:
            duty = self._pulse_ns
        else:
            # An earlier program's duty, for a period that may have been longer.
            duty = min(now, period)
        if duty > period:
            raise ValueError("PWM: a pulse of %d ns is longer than the period" % duty)
        # The kernel never allows a pulse longer than its period, so the order matters.
        if now > period:
            channel.set("duty_cycle", duty)
            now = duty
        if channel.get("period") != period:
            channel.set("period", period)
        if now != duty:
            channel.set("duty_cycle", duty)
        if (self._ratio, self._pulse_ns) != (None, None) and not channel.get("enable"):
            channel.set("enable", 1)

    def deinit(self):
        """Stops the pulses and releases the channel. Idempotent."""
        if self._channel is not None:
            channel, self._channel = self._channel, None
            try:
                channel.set("enable", 0)
            finally:
                channel.close()
