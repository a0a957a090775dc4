# SPDX-License-Identifier: MIT
"""Programs for test_camera.py, run by MicroPython."""

import asyncio
import gc
import os
import time

from camera import Camera, FrameSize, GrabMode, PixelFormat

FORMATS = {
    "grey": PixelFormat.GRAYSCALE,
    "rgb": PixelFormat.RGB888,
    "565": PixelFormat.RGB565,
    "yuv": PixelFormat.YUV422,
    "jpeg": PixelFormat.JPEG,
}


def size_of(text):
    return tuple(int(n) for n in text.split("x"))


def said(function):
    try:
        print(function())
    except (OSError, ValueError) as error:
        print(
            type(error).__name__,
            error.errno if isinstance(error, OSError) else "-",
            error.args[-1],
        )


def picture(device, kind, size):
    with Camera(
        pixel_format=FORMATS[kind], frame_size=size_of(size), device=device or None
    ) as camera:
        data = camera.capture()
        print(camera.sensor_name)
        print(len(data), bytes(data[:6]), bytes(data[-3:]))


def order(device, mode, pause_ms, count):
    """Prints which frames a slow program gets, by their first byte, which is their number."""
    camera = Camera(
        pixel_format=PixelFormat.GRAYSCALE, frame_size=(64, 48), device=device,
        grab_mode=GrabMode.LATEST if mode == "latest" else GrabMode.WHEN_EMPTY,
    )  # fmt: skip
    for _ in range(int(count)):
        time.sleep_ms(int(pause_ms))
        print(camera.capture()[0])
    camera.deinit()


def in_asyncio(device, count):
    async def main():
        camera = Camera(pixel_format=PixelFormat.GRAYSCALE, frame_size=(64, 48), device=device)
        beats = 0

        async def beat():
            nonlocal beats
            while True:
                await asyncio.sleep_ms(1)
                beats += 1

        task = asyncio.create_task(beat())
        frames = []
        for _ in range(int(count)):
            frames.append((await camera.acapture())[0])
        task.cancel()
        camera.deinit()
        print(frames == sorted(set(frames)), beats >= 10)

    asyncio.run(main())


def polled(device):
    camera = Camera(pixel_format=PixelFormat.GRAYSCALE, frame_size=(64, 48), device=device)
    camera.free_buffer()
    waits = 0
    while not camera.frame_available():
        waits += 1
        time.sleep_ms(1)
    start = time.ticks_ms()
    data = camera.capture()
    print(len(data), waits > 0, time.ticks_diff(time.ticks_ms(), start) < 100)
    camera.reconfigure(frame_size=FrameSize.R96X96, pixel_format=PixelFormat.RGB888)
    print(len(camera.capture()), camera.pixel_width, camera.pixel_format == PixelFormat.RGB888)
    camera.deinit()
    camera.deinit()
    said(camera.capture)
    camera.init()
    print(len(camera.capture()))
    camera.deinit()


def controls(device):
    with Camera(pixel_format=PixelFormat.GRAYSCALE, frame_size=(64, 48), device=device) as camera:
        print(sorted(camera.controls().items()))
        print(camera.brightness, camera.get_brightness())
        camera.brightness = 7
        camera.set_exposure_ctrl(False)
        print(camera.brightness, camera.exposure_ctrl)
        camera.exposure_ctrl = True
        print(camera.exposure_ctrl)

        def set(name, value):
            said(lambda: setattr(camera, name, value))

        set("brightness", 1000)
        set("vflip", 1)
        said(camera.get_quality)
        print(camera.capture()[0] >= 0)


def errors(device, kind, size):
    said(
        lambda: Camera(pixel_format=FORMATS[kind], frame_size=size_of(size), device=device or None)
    )


def arguments():
    for wrong in (
        {"pixel_format": "BGR"}, {"frame_size": (0, 5)}, {"frame_size": (5000, 5)},
        {"frame_size": (5, 5, 5)}, {"grab_mode": 2}, {"fb_count": 0}, {"fb_count": 33},
        {"pixel_format": PixelFormat.YUV422, "frame_size": (5, 4)}, {"device": "rpicam:x"},
    ):  # fmt: skip
        said(lambda wrong=wrong: Camera(**wrong))


def follow(device, seconds):
    """Prints what a program sees when its camera is unplugged and plugged in: each change once."""
    camera = Camera(pixel_format=PixelFormat.GRAYSCALE, frame_size=(64, 48), device=device)
    camera.timeout_ms = 300
    before = None
    end = time.ticks_add(time.ticks_ms(), int(seconds) * 1000)
    while time.ticks_diff(end, time.ticks_ms()) > 0:
        try:
            camera.capture()
            state = "ok"
        except OSError as error:
            state = "%d %s" % (error.errno, error.args[-1])
            time.sleep_ms(50)
        if state != before:
            print(state)
            before = state
    camera.deinit()


def damaged(device, count):
    with Camera(pixel_format=PixelFormat.GRAYSCALE, frame_size=(64, 48), device=device) as camera:
        frames = [camera.capture()[0] for _ in range(int(count))]
        print(frames, camera.damaged)
    print(camera.damaged)


def descriptors(device):
    Camera(pixel_format=PixelFormat.GRAYSCALE, frame_size=(64, 48), device=device).deinit()
    count = len(os.listdir("/proc/self/fd"))
    for _ in range(100):
        Camera(pixel_format=PixelFormat.GRAYSCALE, frame_size=(64, 48), device=device).deinit()
        try:
            Camera(frame_size=(4000, 4000), device=device)
        except OSError:
            pass
    gc.collect()
    print(len(os.listdir("/proc/self/fd")) - count)
    print(os.system('test -z "$(ps -o stat= --ppid $PPID | grep Z)"'))
