# SPDX-License-Identifier: MIT
"""MicroPython programs for test_uart.py."""

import asyncio
import os
import time

from machine.uart import UART


def elapsed(function, *arguments):
    start = time.ticks_ms()
    result = function(*arguments)
    return result, time.ticks_diff(time.ticks_ms(), start)


def reading(path):
    uart = UART(path, 115200, timeout=2000)
    print("ready")
    print(uart.read(5), uart.readline(), uart.readline())
    buf = bytearray(8)
    print(uart.readinto(buf, 3), bytes(buf))
    print(uart.readinto(buf), bytes(buf))


def timeouts(path):
    uart = UART(path, 115200)
    for function, arguments in (
        (uart.read, ()),
        (uart.read, (4,)),
        (uart.readinto, (bytearray(4),)),
        (uart.readline, ()),
    ):
        result, ms = elapsed(function, *arguments)
        print(result, ms < 50)
    print(uart.any(), uart.read(0))
    uart.init(115200, timeout=200)
    result, ms = elapsed(uart.read, 4)
    print(result, 190 <= ms < 400)
    uart.init(115200, timeout=60000, timeout_char=150)
    print("part")
    result, ms = elapsed(uart.read, 10)
    print(result, 150 <= ms < 5000)
    print("line")
    print(uart.readline())


def counting(path, count):
    uart = UART(path)
    print("ready")
    while uart.any() != int(count):
        time.sleep_ms(1)
    print(uart.any(), uart.read(), uart.any(), uart.read())


def writing(path, length):
    uart = UART(path, 115200)
    print(uart.write(b"hello\n"), uart.write(bytearray(b"abcdef"), 3), uart.write(b""))
    uart.flush()
    print(uart.txdone())
    data = bytes(range(256)) * (int(length) // 256)
    print(uart.write(data))


def breaking(path):
    uart = UART(path, 115200)
    uart.write(b"hello")
    print(uart.sendbreak())


def stuck(path):
    uart = UART(path, 1000000, timeout=50)
    sent, ms = elapsed(uart.write, bytes(200000))
    again, ms2 = elapsed(uart.write, b"more")
    print(0 < sent < 200000, again, 50 <= ms2 < 1500)


def streams(path):
    asyncio.run(_streams(path))


async def _streams(path):
    uart = UART(path, 921600)
    reader = asyncio.StreamReader(uart)
    writer = asyncio.StreamWriter(uart, {})
    ticks = 0

    async def ticking():
        nonlocal ticks
        while True:
            await asyncio.sleep_ms(5)
            ticks += 1

    task = asyncio.create_task(ticking())
    print("ready")
    line = await reader.readline()
    writer.write(line)
    await writer.drain()
    # More than the kernel holds: the rest must be sent as the other side reads.
    writer.write(await reader.readexactly(30000))
    await writer.drain()
    task.cancel()
    writer.close()
    await writer.wait_closed()
    print(line, ticks > 10)


def hangup(path):
    uart = UART(path, timeout=5000)
    print("ready")
    try:
        uart.read(1)
    except OSError as error:
        print(error.errno, error)


def settings(path, *arguments):
    baudrate, bits, parity, stop, flow = (eval(argument) for argument in arguments)
    try:
        uart = UART(path, baudrate, bits, parity, stop, flow=flow)
        print(uart)
    except (OSError, ValueError) as error:
        print(type(error).__name__, error)


def opening(id):
    try:
        print(UART(int(id) if id.isdigit() else id))
    except OSError as error:
        print(error.errno, error)


def refused():
    for keywords in (
        {"bits": 9}, {"parity": 2}, {"stop": 3}, {"flow": UART.RTS}, {"invert": UART.INV_TX},
        {"baudrate": 0},
    ):  # fmt: skip
        try:
            UART("/dev/null", **keywords)
        except ValueError as error:
            print(error)


def leaks(path):
    before = len(os.listdir("/proc/self/fd"))
    for i in range(10000):
        uart = UART(path, timeout=i & 1)
        if i % 2:
            uart.deinit()
        if i % 10 == 0:
            try:
                UART("/dev/null")
            except OSError as error:
                assert error.errno == 25, error
    uart.deinit()
    uart.deinit()
    try:
        uart.any()
    except OSError as error:
        print(error.errno)
    del uart
    import gc

    gc.collect()
    print(len(os.listdir("/proc/self/fd")) - before)


def steady(path):
    import gc

    uart = UART(path)
    buf = bytearray(16)
    uart.readinto(buf)
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    for _ in range(100):
        uart.readinto(buf)
        uart.write(buf)
    print((gc.mem_alloc() - before) // 100)
