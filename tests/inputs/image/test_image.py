# SPDX-License-Identifier: MIT
"""type = "image": what stands before the camera is what is published."""

import errno
import json
import os
import shutil
import time

import numpy as np
import pytest
from fakes.video import Camera, kernel_with
from readings import Readings
from support import TOP, wait_until

DATA = TOP / "tests/data/cnn"
DIGITS = [str(n) for n in range(10)]
MODELS = [
    "mnist_cnn_int8.tflite",
    "mnist_cnn_int8.tmdl",
    "mnist_cnn_fp32.tflite",
    "mnist_cnn_fp32.tmdl",
]
BOARD = '[sensor.board]\ntype = "system"\ninterval = "100 ms"\n'


def digit(n):
    """The picture of a handwritten digit, 28 x 28, uint8."""
    (path,) = (DATA / "mnist").glob(f"*_{n}.bin")
    return np.fromfile(path, np.uint8).reshape(28, 28)


def table(**keys):
    keys = {
        "type": "image", "model": str(DATA / MODELS[0]), "labels": DIGITS, "size": [28, 28],
        **keys,
    }  # fmt: skip
    lines = [f"{k} = {json.dumps(v)}" for k, v in keys.items() if v is not None]
    return "\n".join(["[sensor.digits]", *lines, ""])


@pytest.fixture
def sensord(daemon):
    def start(config, environment=None):
        running = daemon(config, environment)
        readings = Readings(running)
        readings.daemon = running
        return readings

    return start


@pytest.fixture
def replayed(sensord):
    def run(folder, **keys):
        readings = sensord(table(**{"replay": str(folder), "replay_speed": "max", **keys}))
        assert readings.daemon.process.wait(30) == 0, readings.daemon.messages()
        return readings.of("digits")

    return run


def write_pgm(path, picture, comment=b""):
    kind = b"P6" if picture.ndim == 3 else b"P5"
    height, width = picture.shape[:2]
    header = b"%s\n%s%d %d\n255\n" % (kind, comment, width, height)
    path.write_bytes(header + picture.tobytes())


# Recordings


@pytest.mark.parametrize("model", MODELS)
def test_every_digit_is_known(replayed, model):
    """Ten of ten, from the folder of a recording to the published label."""
    readings = replayed(DATA / "mnist", model=str(DATA / model), size=None)
    assert [r["label"] for r in readings] == DIGITS
    for n, reading in enumerate(readings):
        assert reading[str(n)] > 0.5 and list(reading)[1:] == ["label", *DIGITS]


def test_pictures_of_other_sizes_and_colours_are_made_to_fit(replayed, tmp_path):
    """A photograph is never 28 x 28."""
    for n in (3, 8):
        large = np.kron(digit(n), np.ones((5, 5), np.uint8))
        # Wider than high: the middle is looked at.
        wide = np.pad(large, ((0, 0), (60, 60)))
        write_pgm(tmp_path / f"{n}a.pgm", wide, b"# a comment\n")
        write_pgm(tmp_path / f"{n}b.ppm", np.stack([large] * 3, axis=2))
        write_pgm(tmp_path / f"{n}c.pgm", np.pad(large, ((0, 200), (0, 200))))
    assert [r["label"] for r in replayed(tmp_path)][:2] == ["3", "3"]
    part = [0, 0, 140 / 340, 140 / 340]
    assert [r["label"] for r in replayed(tmp_path, crop=part)][2::3] == ["3", "8"]


def test_a_damaged_picture_is_named_and_passed_over(sensord, tmp_path):
    tmp_path = tmp_path / "in"
    tmp_path.mkdir()
    write_pgm(tmp_path / "1.pgm", digit(5))
    whole = (tmp_path / "1.pgm").read_bytes()
    for name, content in (
        ("2.pgm", whole[:-1]), ("3.pgm", b"P5\n28"), ("4.pgm", b""), ("5.pgm", b"P2\n1 1\n255\n0"),
        ("6.pgm", b"P5\n28 28\n65535\n" + bytes(1568)), ("7.pgm", b"P5\n0 28\n255\n"),
        ("8.jpg", b"\xff\xd8"), ("9.pgm", b"P5\n99999999 99999999\n255\n"),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(content)
    readings = sensord(table(replay=str(tmp_path), replay_speed="max"))
    assert readings.daemon.process.wait(30) == 0
    assert [r["label"] for r in readings.of("digits")] == ["5"]
    messages = readings.daemon.messages()
    for n in range(2, 10):
        assert f"/{n}." in messages
    assert messages.count("passed over") == 8


def test_a_label_changes_when_enough_pictures_agree(replayed, tmp_path):
    """A door that opens at one wrong frame is no door."""
    order = [1, 1, 7, 1, 7, 7, 7, 1, 1, 1]
    for i, n in enumerate(order):
        write_pgm(tmp_path / f"{i:02}.pgm", digit(n))
    readings = replayed(tmp_path, agree=3)
    assert [r["label"] for r in readings] == [None] * 6 + ["7"] * 3 + ["1"]
    # The probabilities are those of the picture all the same.
    assert [max(DIGITS, key=lambda d: r[d]) for r in readings] == [str(n) for n in order]
    assert [r["label"] for r in replayed(tmp_path, threshold=1.0)][0] in (None, "1")
    changes = replayed(tmp_path, publish="changes")
    assert [r["label"] for r in changes] == ["1", "7", "1", "7", "1"]


def test_the_picture_of_a_change_is_kept_and_the_folder_bounded(replayed, tmp_path):
    """The archive shows which picture changed the label."""
    pictures, saved = tmp_path / "in", tmp_path / "out"
    pictures.mkdir()
    saved.mkdir()
    (saved / "family.pgm").write_bytes(b"not ours")
    for i, n in enumerate([1, 7, 7, 1, 3, 8, 9, 4, 6, 2, 0, 5]):
        write_pgm(pictures / f"{i:02}.pgm", digit(n))
    replayed(pictures, save=str(saved), save_max="4 KiB", replay_speed="real", interval="20 ms")
    names = sorted(path.name for path in saved.iterdir())
    # Each takes 797 bytes.
    assert names[-1] == "family.pgm" and len(names) == 6, names
    assert [name[-5] for name in names[:-1]] == ["4", "6", "2", "0", "5"]
    assert (saved / names[-2]).read_bytes()[-784:] == digit(5).tobytes()


def test_a_folder_that_cannot_be_written_costs_no_reading(sensord, tmp_path):
    readings = sensord(table(replay=str(DATA / "mnist"), replay_speed="max", save="/proc"))
    assert readings.daemon.process.wait(30) == 0
    assert len(readings.of("digits")) == 10
    assert readings.daemon.messages().count("pictures cannot be saved in /proc") == 1


@pytest.mark.parametrize(
    "keys, words",
    [
        ({"size": [96, 96]}, "takes pictures of [28, 28], and size is [96, 96]"),
        ({"labels": ["a", "b"]}, "has 10 classes, and there are 2 labels"),
        ({"model": str(TOP / "README.md")}, "README.md: "),
    ],
)
def test_a_model_that_does_not_fit(sensord, keys, words):
    sensord(BOARD + table(replay=str(DATA / "mnist"), **keys)).daemon.wait_for_message(words)


def test_values_that_cannot_be(sensord):
    for keys, words in (
        ({"crop": [0.5, 0, 0.6, 1]}, "must lie within the picture"),
        ({"crop": [0, 0, 0, 1]}, "must lie within the picture"),
        ({"crop": [0, 0, 1]}, "must be an array of 4, each a number from 0"),
        ({"labels": ["label", *DIGITS[1:]]}, 'cannot have "label"'),
        ({"save": "/nowhere"}, "names a folder that is not there"),
    ):
        running = sensord(table(replay=str(DATA / "mnist"), **keys)).daemon
        assert running.process.wait(10) == 78
        assert words in running.messages()


# A camera


class Scene:
    """A picture from the camera: a digit, with the noise of a live sensor."""

    def __init__(self):
        self.digit = 4
        self.noise = True
        self.silent = False
        self._rng = np.random.default_rng(1)

    def frame(self, number, pixel_format, size):
        if self.silent:
            return None
        picture = np.kron(digit(self.digit), np.ones((4, 4), np.uint8)).astype(int)
        if self.noise:
            picture += self._rng.integers(-3, 4, picture.shape)
        picture = np.clip(picture, 0, 255)
        wide = np.zeros((112, 160), np.uint8)
        wide[:, 24:136] = picture
        if pixel_format == "GREY":
            return wide.tobytes()
        # BT.601 of limited range
        luma = np.round(16 + wide * (219 / 255)).astype(np.uint8)
        return np.stack([luma, np.full_like(luma, 128)], axis=2).tobytes()


@pytest.fixture(params=["GREY", "YUYV"])
def scene(tmp_path, request):
    scene = Scene()
    scene.camera = Camera(tmp_path, {request.param: [(160, 112)]}, scene.frame, rate_hz=30)
    kernel = kernel_with(tmp_path, scene.camera)
    scene.environment = kernel.environment
    yield scene
    kernel.stop()


@pytest.fixture
def watching(scene, sensord):
    def start(**keys):
        keys = {"device": "/dev/video0", "interval": "100 ms", **keys}
        return sensord(BOARD + table(**keys), scene.environment)

    return start


def test_what_the_camera_sees_is_published(scene, watching):
    readings = watching()
    readings.wait("digits", 3)
    assert {r["label"] for r in readings.of("digits")} == {"4"}
    scene.digit = 9
    wait_until(lambda: readings.of("digits")[-1]["label"] == "9", 10, "the other digit")


def test_a_part_of_what_the_camera_sees(scene, watching):
    """The cat flap is a corner of the picture."""
    readings = watching(crop=[24 / 160, 0, 112 / 160, 1])
    assert {r["label"] for r in readings.wait("digits", 3)} == {"4"}


def test_a_part_where_nothing_is(scene, watching):
    readings = watching(crop=[0, 0, 24 / 160, 1])
    assert {r["label"] for r in readings.wait("digits", 3)} != {"4"}


def test_a_camera_that_is_pulled_and_plugged_in_again(scene, watching):
    """It alone says so, once, publishes null rather than the last label, and recovers."""
    readings = watching()
    readings.wait("digits", 2)
    scene.camera.gone = errno.ENODEV
    readings.wait_for_last("digits", known=False)
    seen = len(readings.of("board"))
    wait_until(lambda: len(readings.of("board")) > seen + 20, 10, "the other sensor")
    scene.camera.gone = None
    readings.wait_for_last("digits", known=True)
    assert len([r for r in readings.of("digits") if None in r.values()]) == 1
    # That it went, and that it is not there to be opened again.
    told = [line for line in readings.daemon.messages().splitlines() if "error: digits" in line]
    assert len(told) == 2, told


def test_a_camera_that_is_frozen(scene, watching):
    """The same picture for ever looks like an empty room."""
    scene.noise = False
    readings = watching(frozen_after="1 s")
    readings.daemon.wait_for_message("has not changed by a single bit for 1 s")
    readings.wait_for_last("digits", known=False)
    scene.noise = True
    readings.wait_for_last("digits", known=True)


def test_a_camera_that_is_silent(scene, watching):
    readings = watching()
    readings.wait("digits", 2)
    scene.silent = True
    readings.daemon.wait_for_message("no picture for 5000 ms", 20)
    assert readings.of("digits")[-1]["label"] is None
    scene.silent = False
    readings.wait_for_last("digits", known=True)


def test_no_camera_and_no_program(scene, watching, sensord):
    scene.camera.refuses = errno.ENOENT
    readings = watching()
    readings.daemon.wait_for_message("plugged in")
    readings.wait("board", 3)
    scene.camera.refuses = None
    readings.wait("digits", 1)
    readings = sensord(BOARD + table(device="/dev/video0"), {**scene.environment, "PATH": "/none"})
    readings.daemon.wait_for_message("v4l-utils")
    readings.wait("board", 3)


# The model's file


def _cut(model):
    with open(model, "r+b") as file:
        file.truncate(4096)


def _rewrite(model):
    data = bytearray(model.read_bytes())
    time.sleep(1.1)  # the interpreter compares whole seconds
    with open(model, "r+b") as file:
        file.write(data)


@pytest.mark.parametrize("harm", [_cut, _rewrite, lambda model: model.write_bytes(b"")])
def test_a_model_that_is_changed_in_place_ends_no_other_sensor(sensord, tmp_path, harm):
    """A copy onto the model's file once killed the whole daemon with SIGBUS."""
    model = tmp_path / "model.tflite"
    shutil.copy(DATA / MODELS[0], model)
    good = model.read_bytes()
    folder = tmp_path / "pictures"
    folder.mkdir()
    for n in range(500):
        write_pgm(folder / f"{n:04}.pgm", digit(n % 10))
    readings = sensord(table(replay=str(folder), model=str(model), interval="50 ms") + BOARD)
    readings.wait("digits", 3)
    harm(model)
    message = readings.daemon.wait_for_message
    message(f"error: digits: model {model} has changed while it was used")
    board = len(readings.of("board"))
    readings.wait("board", board + 3)
    # Nothing wrong was told: the labels go on until the fault, which gives null.
    labels = [r["label"] for r in readings.of("digits")]
    assert labels == [*(DIGITS * 50)[: len(labels) - 1], None]
    os.replace(shutil.copy(DATA / MODELS[0], tmp_path / "new"), model)
    assert model.read_bytes() == good
    readings.wait_for_last("digits", known=True)


def test_a_model_that_is_replaced_as_packages_do_stays(sensord, tmp_path):
    """The old file lives on below its new name's, until the next reload."""
    model = tmp_path / "model.tflite"
    shutil.copy(DATA / MODELS[0], model)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for n in range(40):
        write_pgm(folder / f"{n:04}.pgm", digit(n % 10))
    readings = sensord(table(replay=str(folder), model=str(model), interval="50 ms"))
    readings.wait("digits", 3)
    new = tmp_path / "new"
    new.write_bytes(b"no model")
    os.replace(new, model)
    assert readings.daemon.process.wait(30) == 0
    assert [r["label"] for r in readings.of("digits")] == DIGITS * 4
