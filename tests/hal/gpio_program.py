# SPDX-License-Identifier: MIT
"""MicroPython programs that use Pin and Signal; test_gpio.py runs one at a time."""

import gc
import os
import time

from machine.pin import Pin
from machine.signal import Signal


def open_files():
    return len(os.listdir("/proc/self/fd"))


def values():
    pin = Pin(17, Pin.OUT)
    print(pin.value(1), pin.value(), pin(0), pin(), pin.on(), pin.off(), pin.high(), pin.low())
    print(pin.toggle(), pin(), pin.toggle(), pin(), pin.value("x"), pin(), pin(None), pin())
    print(pin.init(Pin.IN, Pin.PULL_UP), pin.mode() == Pin.IN, pin.pull() == Pin.PULL_UP, pin())
    print(pin.value(1), pin.mode(Pin.OUT), pin(), pin.mode() == Pin.OUT)


def initial(mode, pull, value):
    pull = {"-1": -1, "None": None, "up": Pin.PULL_UP, "down": Pin.PULL_DOWN}[pull]
    Pin(17, getattr(Pin, mode), pull, value=int(value))


def ids():
    for id in (17, "GPIO17", "gpiochip1:3", "relay"):
        pin = Pin(id, Pin.IN)
        print(pin, pin())
    print(
        Pin(Pin(17)) == Pin(17), Pin(17) == Pin("GPIO17"), Pin(17) != Pin(4), len({Pin(4), Pin(4)})
    )


def attempt(*args):
    """Prints the error that each argument, an expression, ends with."""
    for text in args:
        try:
            print("no error: %r" % (eval(text),))
        except (OSError, ValueError, TypeError) as error:
            number = error.errno if isinstance(error, OSError) else "-"
            print(type(error).__name__, number, error.args[-1])


def shared():
    first = Pin(17, Pin.OUT, value=1)
    second = Pin(17)
    print(second.mode() == Pin.OUT, second())
    second.off()
    print(first(), first.mode(Pin.OPEN_DRAIN), second.mode() == Pin.OPEN_DRAIN)
    first.deinit()
    print(second())
    first.deinit()
    second.deinit()
    attempt_value(second)


def attempt_value(pin):
    try:
        print(pin())
    except OSError as error:
        print("closed", error.errno)


def as_it_is():
    print(Pin(17).mode() == Pin.OUT, Pin(17)(), Pin(17, Pin.OUT)())


def signals():
    led = Signal(17, Pin.OUT, value=1, invert=True)
    relay = Signal(Pin(4, Pin.OUT), invert=False)
    shut = Signal(Pin(5, Pin.OUT), True)
    print(led.value(), led(), led.off(), led(), led.value(1), led(0), led.value(), led.on())
    print(relay.on(), relay(), Pin(4)(), shut.on(), shut(), Pin(5)())


def collected():
    def leave():
        for offset in range(4, 12):
            Pin(offset, Pin.OUT, value=1)
            Pin(offset)

    leave()
    gc.collect()
    print("ready")
    time.sleep(20)


def leaks(count):
    Pin(17, Pin.OUT).deinit()
    before = open_files()
    for _ in range(int(count)):
        pin = Pin(17, Pin.OUT)
        pin.deinit()
    print(open_files() - before)
    for _ in range(int(count) // 20):
        for arguments in (("gpiochip0:99",), (2,), (17, Pin.ANALOG), ("GPIO99",)):
            try:
                Pin(*arguments)
                print("no error")
            except (OSError, ValueError):
                pass
    gc.collect()
    print(open_files() - before)
    for _ in range(int(count) // 10):
        Pin(17, Pin.OUT)
    print(open_files() - before <= 10)


def allocation():
    pin, button = Pin(17, Pin.OUT), Pin(4, Pin.IN)
    for _ in range(2):
        gc.collect()
        gc.disable()  # it would free what the calls allocate
        before = gc.mem_alloc()
        for _ in range(1000):
            pin.value(1)
            pin(0)
            pin.on()
            pin.off()
            pin.toggle()
            button.value()
            button()
        used = gc.mem_alloc() - before
        gc.enable()
    print(used)


def cost(count):
    from linux import libc

    pin = Pin(17, Pin.OUT)
    button = Pin(4, Pin.IN)
    fd, high = pin._line.fileno(), b"\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0"
    raw = libc._ioctl
    for name, call in (
        ("raw", lambda: raw(fd, 0xC010B40F, high)),
        ("value(1)", lambda: pin.value(1)),
        ("on()", pin.on),
        ("toggle()", pin.toggle),
        ("value()", button.value),
    ):
        start = time.ticks_us()
        for _ in range(int(count)):
            call()
        print(name, time.ticks_diff(time.ticks_us(), start) / int(count))


def sysfs_values():
    open("/sys/class/gpio/export").close()  # connects to the fake
    before = open_files()
    pin = Pin(17, Pin.OUT)
    print(pin.value(1), pin.value(), pin(0), pin(), pin.toggle(), pin())
    other = Pin(17)
    print(other == pin, other(), pin.init(Pin.OUT), pin())
    pin.deinit()
    other.deinit()
    print(open_files() - before)
