# SPDX-License-Identifier: MIT
"""MicroPython programs for test_i2s.py."""

import asyncio
import gc
import os
import time
from array import array

from linux import libc
from machine import I2S

CHUNK = 4800  # bytes; whole frames in every format, and not whole pages


def open_i2s(device, mode, bits=16, format=I2S.MONO, rate=16000, ibuf=20000):
    return I2S(
        device, sck=1, ws=2, sd=3, mode=mode, bits=bits, format=format, rate=rate, ibuf=ibuf
    )


def chunks_of(path):
    with open(path, "rb") as file:
        data = file.read()
    return [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)]


def playing(how, bits, format, path):
    i2s = open_i2s("speaker", I2S.TX, int(bits), int(format))
    chunks = chunks_of(path)
    if how == "blocking":
        print(sum(i2s.write(chunk) for chunk in chunks))
    elif how == "asyncio":
        asyncio.run(play_stream(i2s, chunks))
    else:
        play_irq(i2s, chunks, how == "loop")
    i2s.deinit()
    i2s.deinit()


async def play_stream(i2s, chunks):
    writer = asyncio.StreamWriter(i2s)
    for chunk in chunks:
        writer.write(chunk)
        await writer.drain()
    writer.close()
    await writer.wait_closed()
    print(sum(len(chunk) for chunk in chunks))


def play_irq(i2s, chunks, loop):
    done = asyncio.Event()
    taken = sum(i2s_ready(i2s, chunks, done))
    if loop:
        asyncio.run(asyncio.wait_for_ms(done.wait(), 20000))
    while not done.is_set():
        assert i2s.poll_events(20000)
    print(taken + sum(len(chunk) for chunk in chunks[2:]))


def i2s_ready(i2s, chunks, done):
    """Writes two buffers; each call of the handler writes one more."""
    left = iter(chunks)
    count = 0

    def handler(which):
        nonlocal count
        assert which is i2s
        count += 1
        chunk = next(left, None)
        if chunk is not None:
            assert i2s.write(chunk) == len(chunk)
        if count == len(chunks):
            done.set()

    assert i2s.irq(handler) is None
    return [i2s.write(next(left)), i2s.write(next(left))]


def recording(how, bits, format, count, path):
    i2s = open_i2s("microphone", I2S.RX, int(bits), int(format))
    buf = bytearray(CHUNK)
    with open(path, "wb") as out:
        if how == "blocking":
            for _ in range(int(count)):
                assert i2s.readinto(buf) == CHUNK
                out.write(buf)
        elif how == "asyncio":
            asyncio.run(record_stream(i2s, buf, int(count) * CHUNK, out))
        else:
            record_irq(i2s, buf, int(count), out, how == "loop")
    i2s.deinit()


async def record_stream(i2s, buf, length, out):
    reader = asyncio.StreamReader(i2s)
    while length > 0:
        n = await reader.readinto(buf)
        # Half a frame would swap the channels from here on.
        assert n and n % 8 == 0, n
        out.write(memoryview(buf)[:n])
        length -= n


def record_irq(i2s, buf, count, out, loop):
    done = asyncio.Event()

    def handler(which):
        nonlocal count
        assert which is i2s
        out.write(buf)
        count -= 1
        if count:
            assert i2s.readinto(buf) == CHUNK
        else:
            done.set()

    i2s.irq(handler)
    assert i2s.readinto(buf) == CHUNK
    if loop:
        asyncio.run(asyncio.wait_for_ms(done.wait(), 20000))
    while not done.is_set():
        assert i2s.poll_events(20000)


def stuck_irq(length):
    """Queues sound that is not read until the test reads it."""
    i2s = open_i2s("speaker", I2S.TX)
    called = asyncio.Event()
    i2s.irq(lambda which: (print("called"), called.set()))

    async def main():
        print(i2s.write(bytes(int(length))))
        await asyncio.sleep_ms(100)
        print("ready", called.is_set())
        await asyncio.wait_for_ms(called.wait(), 20000)

    asyncio.run(main())
    i2s.deinit()


def stuck_stream(length):
    i2s = open_i2s("speaker", I2S.TX)
    i2s.setblocking(False)
    writer = asyncio.StreamWriter(i2s)
    ticks = 0

    async def ticking():
        nonlocal ticks
        while True:
            await asyncio.sleep_ms(1)
            ticks += 1
            if ticks == 50:
                print("ready")

    async def main():
        task = asyncio.create_task(ticking())
        writer.write(bytes(int(length)))
        await writer.drain()
        task.cancel()
        print(ticks >= 50)

    asyncio.run(main())
    i2s.deinit()


def arrays(path):
    i2s = open_i2s("speaker", I2S.TX, 32)
    # More than ibuf: the part after the first pipeful must arrive in its place.
    print(i2s.write(array("i", range(10000))))
    print(i2s.write(memoryview(array("i", range(10000)))[100:200]), i2s.write(b""))
    i2s.deinit()
    i2s = open_i2s("microphone", I2S.RX, 16, I2S.STEREO)
    samples = array("h", bytes(60000))
    print(i2s.readinto(samples), i2s.readinto(memoryview(samples)[:100]))
    with open(path, "wb") as out:
        out.write(samples)
    i2s.deinit()


def shifting():
    for bits, typecode in ((16, "h"), (32, "i")):
        limit = 1 << (bits - 1)
        buf = array(typecode, (1, -1, 100, -100, limit - 1, -limit))
        I2S.shift(buf=buf, bits=bits, shift=2)
        I2S.shift(buf=memoryview(buf)[1:], bits=bits, shift=-1)
        print(list(buf))
    raw = bytearray(b"\x01\x00\xff\xff\x05")
    I2S.shift(buf=raw, bits=16, shift=1)
    print(raw)


def settings():
    """init() with other settings, and the object's repr."""
    i2s = open_i2s("speaker", I2S.TX)
    i2s.irq(print)
    i2s.init(sck=1, ws=2, sd=3, mode=I2S.RX, bits=32, format=I2S.STEREO, rate=8000, ibuf=4096,
             id="microphone")  # fmt: skip
    print(i2s, i2s.readinto(bytearray(800)))
    try:
        i2s.init(mode=I2S.RX, bits=24, format=I2S.STEREO, rate=8000, ibuf=4096)
    except ValueError:
        # The old settings still apply.
        print(i2s.readinto(bytearray(800)), i2s.overruns, i2s.underruns, i2s.lost_ms)
    i2s.deinit()


def said(function, *arguments, **keywords):
    try:
        print(function(*arguments, **keywords))
    except (OSError, ValueError, TypeError) as error:
        print(
            type(error).__name__,
            error.errno if isinstance(error, OSError) else "-",
            error.args[-1],
        )


def refused():
    good = {"id": "speaker", "mode": I2S.TX, "bits": 16, "format": I2S.MONO, "rate": 16000,
            "ibuf": 4096}  # fmt: skip
    for name, value in (
        ("mode", 2), ("bits", 24), ("format", 3), ("rate", 0), ("rate", 44.1), ("rate", 800000),
        ("ibuf", 0), ("ibuf", None), ("id", ""), ("id", -1), ("id", 1.5),
    ):  # fmt: skip
        said(I2S, **dict(good, **{name: value}))
    said(I2S.shift, buf=bytearray(4), bits=8, shift=1)
    said(I2S.shift, buf=b"abcd", bits=16, shift=1)
    i2s = open_i2s("speaker", I2S.TX, 32, I2S.STEREO)
    said(i2s.irq, 5)
    said(i2s.poll_events)
    said(i2s.readinto, bytearray(8))
    said(i2s.write, bytes(12))
    i2s.deinit()
    said(i2s.write, bytes(8))
    said(i2s.irq, print)
    i2s = open_i2s("microphone", I2S.RX)
    said(i2s.write, bytes(8))
    said(i2s.readinto, bytes(8))
    said(i2s.readinto, bytearray(3))


def missing():
    said(open_i2s, "speaker", I2S.TX)
    said(open_i2s, "microphone", I2S.RX)


def forever(function, buf):
    while True:
        function(buf)


def short_sound(i2s):
    i2s.write(bytes(2))
    i2s.deinit()


def wrong_device():
    for mode in (I2S.TX, I2S.RX):
        i2s = open_i2s("no_such_pcm", mode)
        said(forever, i2s.write if mode == I2S.TX else i2s.readinto, bytearray(1024))
        said(i2s.deinit)  # the error was raised already
    i2s = open_i2s("no_such_pcm", I2S.TX)
    said(short_sound, i2s)
    said(i2s.deinit)


def unplugged():
    i2s = open_i2s("speaker", I2S.TX)
    i2s.irq(print)

    async def main():
        failed = asyncio.Event()
        asyncio.get_event_loop().set_exception_handler(
            lambda loop, context: (print("loop", context["exception"].args[1]), failed.set())
        )
        print(i2s.write(bytes(100000)))
        await asyncio.wait_for_ms(failed.wait(), 10000)
        said(i2s.write, bytes(16))

    asyncio.run(main())
    said(i2s.deinit)


def children():
    """The process ids of this program's children."""
    with open("/proc/self/task/%d/children" % libc.getpid()) as file:
        return file.read()


def killed():
    for mode in (I2S.TX, I2S.RX):
        i2s = open_i2s("speaker" if mode == I2S.TX else "microphone", mode)
        move = i2s.write if mode == I2S.TX else i2s.readinto
        move(bytearray(1024))
        libc.kill(int(children()), libc.SIGKILL)
        said(forever, move, bytearray(1024))
        i2s.deinit()


def another_rate():
    i2s = open_i2s("speaker", I2S.TX)
    said(forever, i2s.write, bytes(16))
    i2s.deinit()


def underruns():
    i2s = open_i2s("speaker", I2S.TX)
    while not i2s.underruns:
        i2s.write(bytes(16))
    print(i2s.underruns, i2s.overruns)
    i2s.deinit()
    print(i2s.underruns)


def faulty_handler():
    i2s = open_i2s("speaker", I2S.TX)
    seen = []
    done = asyncio.Event()

    def handler(which):
        seen.append(which is i2s)
        if len(seen) == 1:
            raise ValueError("a fault in the handler")
        which.irq(None)
        done.set()

    async def main():
        i2s.irq(handler)
        i2s.write(bytes(64))
        i2s.write(bytes(64))
        await asyncio.wait_for_ms(done.wait(), 10000)
        print(seen, i2s.write(bytes(64)))

    asyncio.run(main())
    i2s.deinit()


def leaks():
    open_i2s("speaker", I2S.TX).deinit()
    gc.collect()
    files = len(os.listdir("/proc/self/fd"))
    memory = gc.mem_alloc()
    for i in range(1000):
        i2s = open_i2s("speaker" if i & 1 else "microphone", I2S.TX if i & 1 else I2S.RX)
        if i & 2:
            i2s.irq(print)
        elif i & 4:
            i2s.write(bytes(640)) if i & 1 else i2s.readinto(bytearray(640))
        i2s.deinit()
    print(len(os.listdir("/proc/self/fd")) - files)
    print(repr(children()))
    i2s = None
    gc.collect()
    print(gc.mem_alloc() - memory < 4000)


def steady():
    i2s = open_i2s("microphone", I2S.RX)
    i2s.setblocking(False)
    buf = bytearray(320)
    i2s.readinto(buf)
    time.sleep_ms(100)
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    for _ in range(50):
        i2s.readinto(buf)
    print((gc.mem_alloc() - before) // 50)
    i2s.deinit()
