# SPDX-License-Identifier: MIT
"""MicroPython programs for test_system_classes.py."""

import asyncio
import gc
import os
import sys
import time

import machine.system as system
from machine.rtc import RTC
from machine.sdcard import SDCard
from machine.timer import Timer
from machine.wdt import WDT


def attempt(function, *arguments, **keywords):
    try:
        print(function(*arguments, **keywords))
    except (OSError, ValueError) as error:
        print(type(error).__name__, getattr(error, "errno", ""), error)


def watchdog(timeout):
    wdt = WDT(timeout=int(timeout))
    print(wdt, wdt.timeout)
    wdt.feed()
    wdt.feed()
    wdt.deinit()
    wdt.deinit()
    attempt(wdt.feed)


def watchdog_stop():
    wdt = WDT()
    attempt(wdt.deinit, stop=True)
    attempt(wdt.feed)


def watchdog_errors(id, timeout=5000):
    attempt(WDT, int(id) if id.isdigit() else id, int(timeout))


def watchdog_leaks(count):
    WDT().deinit()
    before = len(os.listdir("/proc/self/fd"))
    for i in range(int(count)):
        wdt = WDT(0, 5000)
        wdt.feed()
        wdt.deinit(stop=i % 2)
        if i % 2:
            try:
                WDT(0, 99000)
            except OSError:
                pass
    print(len(os.listdir("/proc/self/fd")) - before)


def clock():
    rtc = RTC()
    before = time.time()
    now = rtc.datetime()
    print(len(now), list(now[:3] + now[4:7]), now[3], 0 <= now[7] < 1000000)
    print(before)
    print(rtc, rtc.now()[:3] == now[:3], rtc.now()[7])
    attempt(rtc.datetime, (2026, 2, 29, 0, 0, 0, 0, 0))
    attempt(rtc.datetime, (2026, 2, 28))
    attempt(rtc.irq)
    attempt(rtc.alarm, 1, 5)
    attempt(RTC, 3)


def set_clock():
    attempt(RTC().datetime, (2024, 2, 29, 3, 12, 34, 56, 789000))
    attempt(RTC().init, (2024, 2, 29, 12, 34))
    attempt(RTC().init, (2040, 1, 1))  # more than 31 bits


def chip():
    rtc = RTC("/dev/rtc0")
    print(rtc, rtc.datetime())
    rtc.datetime((2024, 2, 29, 0, 23, 59, 58, 0))
    print(rtc.datetime())
    rtc.alarm(0, 1500)
    print(rtc.alarm_left(), RTC().alarm_left(0))
    rtc.alarm(RTC.ALARM0, (2024, 3, 1, 0, 0, 10))
    print(rtc.alarm_left())
    rtc.cancel()
    print(rtc.alarm_left())
    attempt(rtc.alarm, 0, 1, repeat=True)
    attempt(RTC, "/dev/rtc9")


def epochs():
    from linux.rtcdev import epoch_seconds

    bad = 0
    for day in range(-1000, 48000, 7):
        at = day * 86400 + 12345
        bad += epoch_seconds(*time.gmtime(at)[:6]) != at
    print(bad)


def timers():
    asyncio.run(_timers())


async def _timers():
    calls = []
    start = time.ticks_ms()
    Timer(-1, mode=Timer.ONE_SHOT, period=50, callback=lambda t: calls.append("once"))
    before = time.ticks_ms()
    timer = Timer(2, freq=100, callback=lambda t: calls.append("tick"))
    after = time.ticks_ms()
    await asyncio.sleep_ms(505)
    # Making the timer may take long, and so may the time between two calls.
    least = time.ticks_diff(time.ticks_ms(), after) // 10 * 4 // 5
    most = time.ticks_diff(time.ticks_ms(), before) // 10
    timer.deinit()
    count = calls.count("tick")
    # On a slow machine two expirations may come as one call.
    print(calls.count("once"), least <= timer.expired <= most, 25 <= count <= timer.expired)
    await asyncio.sleep_ms(50)
    print(calls.count("tick") - count)
    # A busy loop: all missed expirations come as one call.
    calls.clear()
    timer = Timer(period=10, callback=calls.append)
    await asyncio.sleep_ms(0)
    time.sleep_ms(100)
    await asyncio.sleep_ms(5)
    print(len(calls) <= 3, calls[0] is timer, timer.expired >= 9)
    timer.init(mode=Timer.ONE_SHOT, period=5, callback=lambda t: calls.append("again"))
    await asyncio.sleep_ms(60)
    print(calls[-1], calls.count("again"))
    timer.init(period=5, callback=lambda t: (calls.append("last"), t.deinit()))
    await asyncio.sleep_ms(50)
    print(calls.count("last"), time.ticks_diff(time.ticks_ms(), start) < 3000)


def timer_errors():
    attempt(Timer, period=0)
    attempt(Timer, mode=7, period=1)
    attempt(Timer, period=1, callback=3)
    attempt(Timer, period=1, hard=True)
    asyncio.run(_timer_exception())


async def _timer_exception():
    seen = []
    loop = asyncio.get_event_loop()
    loop.set_exception_handler(lambda loop, context: seen.append(str(context["exception"])))
    Timer(period=5, callback=lambda t: {}["missing"])
    await asyncio.sleep_ms(50)
    print(seen)


def timer_leaks():
    asyncio.run(_timer_leaks())


async def _timer_leaks():
    Timer(period=1000).deinit()
    await asyncio.sleep_ms(1)
    before = len(os.listdir("/proc/self/fd"))
    for i in range(3000):
        timer = Timer(period=1000)
        if i % 2:
            await asyncio.sleep_ms(0)
        timer.deinit()
    timer = None
    await asyncio.sleep_ms(1)
    gc.collect()
    print(len(os.listdir("/proc/self/fd")) - before)


def card(path):
    card = SDCard(path)
    print(card, card.info(), card.ioctl(4, 0), card.ioctl(5, 0), card.ioctl(6, 1), card.present())
    card.writeblocks(3, bytes(range(256)) * 4)
    buf = bytearray(512)
    card.readblocks(4, buf)
    print(buf == bytes(range(256)) * 2)
    card.writeblocks(3, b"hello", 510)
    card.readblocks(3, memoryview(buf)[:5], 510)
    print(bytes(buf[:5]))
    attempt(card.readblocks, card.ioctl(4, 0), buf)
    attempt(card.writeblocks, card.ioctl(4, 0) - 1, buf, 1)
    attempt(card.readblocks, -1, buf)
    print(card.ioctl(3, 0), card.ioctl(2, 0))
    attempt(card.readblocks, 0, buf)
    print(card.ioctl(1, 0), card.readblocks(0, buf))


def card_errors(*paths):
    for path in paths:
        attempt(SDCard, int(path) if path.isdigit() else path)


def mounted(path, kind):
    import vfs

    fs = getattr(vfs, kind)
    card = SDCard(path)
    fs.mkfs(card)
    vfs.mount(fs(card), "/sd")
    text = "0123456789" * 5000
    os.mkdir("/sd/folder")
    with open("/sd/folder/a.txt", "w") as file:
        file.write(text)
    vfs.umount("/sd")
    card.deinit()
    vfs.mount(SDCard(path), "/sd")
    with open("/sd/folder/a.txt") as file:
        print(file.read() == text, os.listdir("/sd"))
    vfs.umount("/sd")


def card_leaks(path):
    before = len(os.listdir("/proc/self/fd"))
    for i in range(2000):
        card = SDCard(path)
        if i % 2:
            card.deinit()
        try:
            SDCard("/dev/null")
        except OSError:
            pass
    del card
    gc.collect()
    print(len(os.listdir("/proc/self/fd")) - before)


def sleeping(function, *times):
    attempt(getattr(system, function), *(int(time) for time in times))


def ask(*functions):
    for function in functions:
        attempt(getattr(system, function))
    attempt(system.freq, 1000000)


class FakePin:
    """High from 20 ms to 50 ms after the start."""

    def __init__(self, high=1):
        self._start = time.ticks_ms()
        self._high = high

    def value(self):
        inside = 20 <= time.ticks_diff(time.ticks_ms(), self._start) < 50
        return self._high if inside else 1 - self._high


def pulses():
    """Prints whether each result is right at least once in ten: a busy machine may delay it."""

    def seen(right, high, level, *timeout):
        return any(right(system.time_pulse_us(FakePin(high), level, *timeout)) for _ in range(10))

    print(seen(lambda us: 29000 <= us < 35000, 1, 1))
    print(seen(lambda us: 29000 <= us < 35000, 0, 0, 100000))
    print(seen(lambda us: us == -2, 1, 1, 5000))
    print(seen(lambda us: us == -1, 0, 1, 5000))


def interrupts():
    outer = system.disable_irq()
    inner = system.disable_irq()
    system.enable_irq(inner)
    print(outer, inner, system.disable_irq())
    system.enable_irq(outer)
    print(system.disable_irq(), system.idle())
    sys.stdout.write("")
