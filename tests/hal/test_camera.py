# SPDX-License-Identifier: MIT
"""camera.Camera: the real v4l2-ctl on a fake kernel's camera, and a substitute for rpicam-vid.

Debian does not have rpicam-vid: the substitute writes the same output and logs its arguments.
"""

import errno
import os
import pathlib
import threading
import time

import pytest
from fakes.programs import INTERPRETERS, run, start
from fakes.video import Camera, kernel_with
from support import BUILD, TOP

PROGRAM = "camera_program"
DEVICE = "/dev/video0"
SIZES = [(32, 24), (64, 48), (160, 120), (640, 480)]
BRIGHTNESS, EXPOSURE_AUTO = 0x00980900, 0x009A0901


@pytest.fixture(params=INTERPRETERS)
def interpreter(request):
    return request.param


def numbered(number, pixel_format, size):
    """A frame that begins with its number."""
    n = size[0] * size[1] * (2 if pixel_format == "YUYV" else 1)
    return bytes([number & 0xFF]) + bytes(n - 1)


def coloured(number, pixel_format, size):
    """Left half black, right half white, in YUYV; a short picture in JPEG."""
    if pixel_format == "MJPG":
        return b"\xff\xd8 picture %d \xff\x00 \xff\xd9" % number
    line = bytes([16, 128]) * (size[0] // 2) + bytes([235, 128]) * (size[0] // 2)
    return line * size[1]


class Bench:
    """A kernel with one camera; `environment` runs programs on it."""

    def __init__(self, folder, camera):
        self.camera = camera
        self.kernel = kernel_with(folder, camera)
        self.environment = {
            **self.kernel.environment,
            "MICROPYPATH": f".frozen:{TOP}/hal_linux:{TOP}/tests/hal:{BUILD}/natmods",
        }

    def run(self, interpreter, function, *arguments):
        lines = run(interpreter, PROGRAM, function, *arguments, environment=self.environment)
        return lines.splitlines()


@pytest.fixture
def bench(tmp_path):
    """bench(formats, frame, …) makes a Bench."""
    made = []

    def make(formats=None, frame=numbered, **settings):
        camera = Camera(tmp_path, formats or {"GREY": SIZES}, frame, **settings)
        made.append(Bench(tmp_path, camera))
        return made[-1]

    yield make
    for each in made:
        each.kernel.stop()


@pytest.mark.parametrize(
    "kind, size, expected",
    [
        ("grey", "64x48", (64 * 48, bytes(6), b"\xff\xff\xff")),
        ("rgb", "64x48", (3 * 64 * 48, bytes(6), b"\xff\xff\xff")),
        ("565", "64x48", (2 * 64 * 48, bytes(6), b"\xff\xff\xff")),
        ("yuv", "64x48", (2 * 64 * 48, bytes([16, 128] * 3), b"\x80\xeb\x80")),
        # Not a size of the camera: scaled from the next larger.
        ("grey", "96x96", (96 * 96, bytes(6), b"\xff\xff\xff")),
        ("rgb", "5x3", (45, bytes(6), b"\xff\xff\xff")),
    ],
)
def test_pictures_in_every_format(bench, interpreter, kind, size, expected):
    """A classifier would get other pixels than those it was trained on."""
    lines = bench({"YUYV": SIZES, "MJPG": SIZES}, coloured).run(
        interpreter, "picture", DEVICE, kind, size
    )
    assert lines[0] == "Test Camera"
    assert lines[1] == "%d %r %r" % expected


def test_jpeg_is_passed_on(bench, interpreter):
    """A picture stored as evidence must be the camera's own."""
    bench = bench({"YUYV": SIZES, "MJPG": SIZES}, coloured)
    lines = bench.run(interpreter, "picture", DEVICE, "jpeg", "160x120")
    assert lines[1].startswith("18 b'\\xff\\xd8 pic'") and lines[1].endswith("b' \\xff\\xd9'")
    (refused,) = bench.run(interpreter, "errors", DEVICE, "jpeg", "96x96")
    assert refused.startswith("OSError 22 ") and "MJPG up to 640x480" in refused


def test_the_first_camera_is_found(bench, interpreter):
    """`Camera()` must find a camera without arguments."""
    assert bench().run(interpreter, "picture", "", "grey", "32x24")[0] == "Test Camera"


def test_ranges_of_sizes(bench, interpreter):
    """Cameras with a scaler list a range of sizes instead of single ones."""
    bench = bench({"GREY": ((48, 32), (1920, 1080), (16, 2))})
    assert bench.run(interpreter, "picture", DEVICE, "grey", "50x33")[1].startswith("1650 ")
    assert bench.camera.size == (64, 34)


def test_latest_is_new_and_when_empty_is_next(bench, interpreter):
    """The picture would show the door as it was two seconds ago."""
    bench = bench(rate_hz=25)
    seen = [int(n) for n in bench.run(interpreter, "order", DEVICE, "latest", 400, 4)]
    # 400 ms are ten frames; those waiting in the driver and in the pipe are dropped.
    assert all(b - a >= 8 for a, b in zip(seen, seen[1:])), seen
    first = bench.camera.sent
    seen = [int(n) - first for n in bench.run(interpreter, "order", DEVICE, "next", 60, 8)]
    assert seen == list(range(8))


def test_asyncio_goes_on(bench, interpreter):
    """The daemon would stand still while the camera exposes."""
    assert bench(rate_hz=50).run(interpreter, "in_asyncio", DEVICE, 5) == ["True True"]


def test_polling_and_reconfiguring(bench, interpreter):
    """Programs written for other ports' camera API would not run."""
    lines = bench(rate_hz=50).run(interpreter, "polled", DEVICE)
    assert lines[0] == "3072 True True"
    assert lines[1] == f"{3 * 96 * 96} 96 True"
    assert lines[2].startswith("OSError 22 ") and "deinitialised" in lines[2]
    assert lines[3] == f"{3 * 96 * 96}"


def test_controls(bench, interpreter):
    """A picture too dark to recognise anything could not be corrected."""
    bench = bench(
        controls={
            BRIGHTNESS: ["Brightness", -64, 64, 5],
            EXPOSURE_AUTO: ["Auto Exposure", 1, 3, 3],
        }
    )
    lines = bench.run(interpreter, "controls", DEVICE)
    assert lines[0] == "[('brightness', (-64, 64, 5)), ('exposure_ctrl', (1, 3, 3))]"
    assert lines[1:4] == ["5 5", "7 False", "True"]
    assert lines[4].startswith("OSError 34 ") and DEVICE in lines[4]
    assert lines[5].startswith("OSError 22 ") and lines[6].startswith("OSError 22 ")
    assert lines[7] == "True"
    assert bench.camera.controls[BRIGHTNESS][3] == 7


def test_impossible_settings_are_refused(interpreter):
    """Impossible settings must be refused before anything starts."""
    lines = run(interpreter, PROGRAM, "arguments").splitlines()
    assert len(lines) == 9 and all(line.startswith("ValueError - ") for line in lines)


@pytest.mark.parametrize(
    "number, words",
    [
        (errno.EACCES, ("13", DEVICE, "group video")),
        (errno.ENOENT, ("2", DEVICE, "plugged in")),
        (errno.EBUSY, ("16", DEVICE, "another program")),
    ],
)
def test_cameras_that_cannot_be_opened(bench, interpreter, number, words):
    """The error must say what to do, not only a number."""
    bench = bench()
    bench.camera.refuses = number
    (line,) = bench.run(interpreter, "errors", DEVICE, "grey", "64x48")
    assert line.startswith("OSError ") and all(word in line for word in words), line


def test_sizes_and_devices_that_are_not_there(bench, interpreter, tmp_path):
    """The error must list the sizes to choose from."""
    bench = bench({"YUYV": SIZES})
    (line,) = bench.run(interpreter, "errors", DEVICE, "grey", "800x600")
    assert "YUYV up to 640x480" in line and "--list-formats-ext" in line
    (line,) = bench.run(interpreter, "errors", "/dev/null", "grey", "64x48")
    assert line.startswith("OSError 25 ") and "not a video device" in line
    bench.environment["FAKE_SYS"] = str(tmp_path / "empty")
    bench.environment["PATH"] = "/nowhere"
    (line,) = bench.run(interpreter, "errors", "", "grey", "64x48")
    assert line.startswith("OSError 19 ") and "rpicam-apps" in line
    (line,) = bench.run(interpreter, "errors", DEVICE, "grey", "64x48")
    assert line.startswith("OSError 2 ") and "v4l-utils" in line


def test_unplugged_and_plugged_in_again(bench, interpreter):
    """A loose plug must not end the program's pictures for ever."""
    bench = bench(rate_hz=100)
    camera = bench.camera

    def unplug():
        time.sleep(1)
        camera.gone = camera.refuses = errno.ENODEV
        time.sleep(1)
        camera.gone = camera.refuses = None

    thread = threading.Thread(target=unplug)
    thread.start()
    lines = bench.run(interpreter, "follow", DEVICE, 3)
    thread.join()
    assert lines[0] == lines[-1] == "ok" and camera.starts == 2
    assert all(line.startswith("19 ") and DEVICE in line for line in lines[1:-1]), lines
    assert len(lines) > 2


def test_a_camera_that_falls_silent(bench, interpreter):
    """The program would keep working on a frozen picture."""
    silent = []

    def frame(number, pixel_format, size):
        return None if silent else numbered(number, pixel_format, size)

    bench = bench(frame=frame, rate_hz=100)
    timers = [threading.Timer(0.7, silent.append, [1]), threading.Timer(1.6, silent.clear)]
    for timer in timers:
        timer.start()
    lines = bench.run(interpreter, "follow", DEVICE, 3)
    assert lines[0] == lines[-1] == "ok"
    assert lines[1].startswith("110 ") and "no picture for 300 ms" in lines[1]


def test_damaged_pictures_are_left_out(bench, interpreter):
    """A short transfer on USB must not shift the pictures after it."""

    def frame(number, pixel_format, size):
        whole = numbered(number, pixel_format, size)
        return whole[:-100] if number % 3 == 1 else whole

    lines = bench(frame=frame, rate_hz=20).run(interpreter, "damaged", DEVICE, 4)
    numbers, count = lines[0].rsplit(" ", 1)
    assert all(number % 3 != 1 for number in eval(numbers)) and int(count) > 0
    assert int(lines[1]) >= int(count)


def test_descriptors_and_processes_are_given_back(bench, interpreter):
    """A camera opened every minute must work for a year."""
    assert bench().run(interpreter, "descriptors", DEVICE) == ["0", "0"]


RPICAM = """#!/bin/sh
echo "$@" >> "$0.calls"
[ -e "$0.fault" ] && { cat "$0.fault" >&2; exit 255; }
case "$*" in
*mjpeg*) while :; do printf '\\377\\330 a picture \\377\\331'; sleep 0.05; done ;;
*) while :; do head -c $((128 * 96)) /dev/zero | tr '\\0' '\\353'; head -c $((64 * 96)) /dev/zero |
   tr '\\0' '\\200'; sleep 0.02; done ;;
esac
"""


@pytest.fixture
def pi(tmp_path):
    """A folder with the substitute for rpicam-vid, which is first on PATH."""
    program = tmp_path / "bin/rpicam-vid"
    program.parent.mkdir()
    program.write_text(RPICAM)
    program.chmod(0o755)
    return program


def _with(program):
    return {
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "MICROPYPATH": f".frozen:{TOP}/hal_linux:{TOP}/tests/hal:{BUILD}/natmods",
    }


def _calls(program):
    return pathlib.Path(f"{program}.calls").read_text().splitlines()


def test_a_pi_camera(pi, interpreter):
    """Most Pis have a camera on their own connector. Its rows are padded to 64 bytes."""
    got = run(interpreter, PROGRAM, "picture", "rpicam:1", "rgb", "96x96", environment=_with(pi))
    assert got.splitlines()[1] == f"{3 * 96 * 96} {bytes([255] * 6)!r} {bytes([255] * 3)!r}"
    (call,) = _calls(pi)
    assert "--camera 1" in call and "--codec yuv420 --width 128 --height 96" in call
    assert call.endswith("-o -") and "-t 0" in call
    # The same without a name, when there is no other camera.
    got = run(interpreter, PROGRAM, "picture", "", "grey", "96x96", environment=_with(pi))
    assert got.splitlines()[1].startswith(f"{96 * 96} ")


def test_jpeg_of_a_pi_camera(pi, interpreter):
    """Pictures are found in a stream without headers."""
    got = run(interpreter, PROGRAM, "picture", "rpicam", "jpeg", "640x480", environment=_with(pi))
    assert got.splitlines()[1] == "15 b'\\xff\\xd8 a p' b' \\xff\\xd9'"


def test_controls_of_a_pi_camera(pi, interpreter):
    """Controls take effect, and a value that rpicam-vid would refuse raises before it starts."""
    source = (
        "from camera import Camera\n"
        "c = Camera(device='rpicam', frame_size=(96, 96), pixel_format='GREY')\n"
        "c.brightness = 0.5; c.vflip = True\n"
        "print(c.brightness, c.vflip, c.contrast, c.capture()[0])\n"
        "try:\n    c.brightness = 2\nexcept OSError as e:\n    print(e.errno)\n"
        "c.deinit()\n"
    )
    program = pi.parent / "pi_controls.py"
    program.write_text("def go():\n" + "".join("    " + s + "\n" for s in source.splitlines()))
    environment = _with(pi)
    environment["MICROPYPATH"] += f":{pi.parent}"
    lines = run(interpreter, "pi_controls", "go", environment=environment).splitlines()
    assert lines == ["0.5 True 1.0 255", "22"]
    assert _calls(pi)[-1].endswith("--brightness 0.5 --vflip -o -")


def test_a_pi_camera_that_is_not_there(pi, interpreter):
    """rpicam-vid's own message is the best hint."""
    pathlib.Path(f"{pi}.fault").write_text("ERROR: *** no cameras available ***\n")
    process = start(interpreter, PROGRAM, "picture", "rpicam", "grey", "96x96",
                    environment=_with(pi))  # fmt: skip
    output, _ = process.communicate(timeout=30)
    assert "no cameras available" in output and "[Errno 19]" in output
