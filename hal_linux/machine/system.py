# SPDX-License-Identifier: MIT
"""The functions of `machine`: sleep, reset, identity, time.

| MicroPython | on Linux |
|---|---|
| idle()              | gives up the processor for a moment |
| lightsleep([ms])    | suspends the whole board: sets the wakealarm of the first clock chip that can wake, then writes "mem", "standby" or "freeze" to /sys/power/state. ms is rounded up to seconds. A Raspberry Pi cannot suspend |
| deepsleep([ms])     | powers the board off, as `rtcwake -m off`: sets the wakealarm, then `systemctl poweroff`. A Raspberry Pi 5 can wake this way |
| reset()             | `systemctl reboot`: restarts the whole board, after services are stopped |
| soft_reset()        | ends the program; its supervisor may start it again |
| reset_cause()       | WDT_RESET if the watchdog's driver reports it (/sys/class/watchdog/*/bootstatus), else PWRON_RESET: Linux has no other information |
| unique_id()         | the board's serial number (8 bytes), else a hash of /etc/machine-id |
| freq()              | the processor's frequency now; freq(hz) is an error: a governor sets it |
| time_pulse_us()     | polls the pin: jitter is tens of microseconds on a busy board, Pin.edge() has the kernel's times |
| disable_irq(), enable_irq() | return and take a state, with no other effect: handlers of this `machine` run only in the asyncio loop, never between two statements. The kernel can still run other programs at any time, so they guarantee no timing |

Functions raise OSError(EACCES) or OSError(EPERM) if the program lacks a right.
"""  # noqa: E501

import os
import time

from umachine import idle, soft_reset  # noqa: F401

from linux import files
from linux.explain import (
    EACCES,
    EBUSY,
    EINVAL,
    ENOENT,
    EOPNOTSUPP,
    EPERM,
    ETIMEDOUT,
    explained,
    failure,
)

# The values of MicroPython's ports
PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5

WDIOF_CARDRESET = 0x0020  # <linux/watchdog.h>
_POWER_STATE = "/sys/power/state"
_CLOCKS = "/sys/class/rtc"
_WATCHDOGS = "/sys/class/watchdog"
_SERIAL = "/sys/firmware/devicetree/base/serial-number"  # the target of /proc/device-tree
_FREQUENCY = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq"
_MACHINE_ID = "/etc/machine-id"
_HINTS = {
    EACCES: "sleeping needs root",
    EPERM: "sleeping needs root, and a kernel that is not locked down",
    EBUSY: "something wakes the board at once; see /sys/power/pm_wakeup_irq",
    EINVAL: "this board does not have this sleep state",
    ENOENT: "this kernel cannot suspend",
}
_NO_CLOCK = "needs a clock chip that can wake: a Raspberry Pi 5's, or i2c-rtc with wakeup-source"
_END_MS = 90000  # systemd's default limit for services to stop

_enabled = True


def _write(path, text):
    try:
        files.write_text(path, text)
    except OSError as error:
        raise explained(error, _HINTS)


def _names(folder):
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _wake_alarm():
    """The wakealarm attribute of the first clock that can wake the board."""
    for name in _names(_CLOCKS):
        folder = "%s/%s/" % (_CLOCKS, name)
        if files.read_text(folder + "device/power/wakeup") == "enabled":
            return folder + "wakealarm"
    raise failure(EOPNOTSUPP, "waking at a time", _NO_CLOCK)


def _set_alarm(time_ms):
    """Arms the alarm; returns its attribute, or None without a time."""
    if time_ms is None:
        return None
    alarm = _wake_alarm()
    # An armed alarm must be cleared before it is set again (EBUSY).
    _write(alarm, "0")
    _write(alarm, "+%d" % max(1, (time_ms + 999) // 1000))
    return alarm


def lightsleep(time_ms=None):
    """Suspends the board until the time has passed or a wake-up source fires."""
    states = (files.read_text(_POWER_STATE) or "").split()
    for state in ("mem", "standby", "freeze"):
        if state in states:
            break
    else:
        raise failure(EOPNOTSUPP, _POWER_STATE, "this board cannot suspend; use time.sleep_ms()")
    alarm = _set_alarm(time_ms)
    try:
        _write(_POWER_STATE, state)
    finally:
        if alarm:
            _write(alarm, "0")


def deepsleep(time_ms=None):
    """Powers the board off until the time has passed or someone switches it on. No return."""
    alarm = _set_alarm(time_ms)
    try:
        _systemctl("poweroff")
    except OSError:
        if alarm:
            _write(alarm, "0")
        raise


def reset():
    """Restarts the board. No return."""
    _systemctl("reboot")


def _systemctl(verb):
    if os.system("systemctl " + verb):
        raise failure(EPERM, "systemctl " + verb, "run as root, or allow it by a polkit rule")
    # systemd now ends this program with SIGTERM.
    time.sleep_ms(_END_MS)
    raise failure(ETIMEDOUT, "systemctl " + verb, "the board is still running")


def reset_cause():
    """WDT_RESET or PWRON_RESET; see the module's table."""
    # Not through the ioctl: opening a watchdog starts it.
    for name in _names(_WATCHDOGS):
        status = files.read_text("%s/%s/bootstatus" % (_WATCHDOGS, name))
        if status and int(status, 0) & WDIOF_CARDRESET:
            return WDT_RESET
    return PWRON_RESET


def unique_id():
    """8 bytes that no other board has. OSError(ENOENT) if it has no serial or machine id."""
    import binascii

    serial = (files.read_text(_SERIAL) or "").strip("\0")
    if serial:
        try:
            return binascii.unhexlify(serial)
        except ValueError:
            return serial.encode()  # a serial number that is not hexadecimal
    machine = files.read_text(_MACHINE_ID) or ""
    if len(machine) != 32:
        raise failure(ENOENT, _MACHINE_ID, "systemd-machine-id-setup makes it")
    import hashlib

    # machine-id(5): it must not be exposed; an application hashes it with a name of its own.
    return hashlib.sha256(b"machine.unique_id " + machine.encode()).digest()[:8]


def freq(hz=None):
    """The frequency of the processor in Hz."""
    if hz is not None:
        raise failure(
            EOPNOTSUPP, "machine.freq(hz)",
            "a governor sets it: cpupower frequency-set, or arm_freq in config.txt",
        )  # fmt: skip
    text = files.read_text(_FREQUENCY)
    if not text:
        raise failure(EOPNOTSUPP, _FREQUENCY, "this board or virtual machine does not report it")
    return int(text) * 1000


def time_pulse_us(pin, pulse_level, timeout_us=1000000):
    """The length of a pulse in microseconds; -2 if none begins, -1 if it does not end in time."""
    value = pin.value
    now = time.ticks_us
    diff = time.ticks_diff
    start = now()
    while value() != pulse_level:
        if diff(now(), start) >= timeout_us:
            return -2
    start = now()
    while value() == pulse_level:
        if diff(now(), start) >= timeout_us:
            return -1
    return diff(now(), start)


def disable_irq():
    """Returns the state for enable_irq(). It masks nothing: see the module's table."""
    global _enabled
    state, _enabled = _enabled, False
    return state


def enable_irq(state=True):
    """Takes the state from disable_irq(). It unmasks nothing."""
    global _enabled
    _enabled = state
