# SPDX-License-Identifier: MIT
"""A network that takes seconds a picture: the other sensors go on, and `sensord check` says so."""

import datetime
import itertools
import subprocess
import time

import numpy as np
import pytest
from networks import Network
from readings import Readings
from support import SENSORD

SIZE, CHANNELS, KERNEL, LAYERS = 64, 128, 7, 18  # 59 thousand million multiply-adds
BOARD = '[sensor.board]\ntype = "system"\ninterval = "100 ms"\n'


def write_heavy(path, size=SIZE, layers=LAYERS):
    """Convolutions one after the other, and a mean of the last for two classes."""
    net, rng = Network(), np.random.default_rng(1)
    first = last = net.tensor((1, size, size, 3), np.int8, 1 / 255, -128)
    depth = 3
    for _ in range(layers):
        weights = rng.integers(-40, 41, (CHANNELS, KERNEL, KERNEL, depth), np.int8)
        following = net.tensor((1, size, size, CHANNELS), np.int8, 0.05, -128)
        net.add(
            "CONV_2D",
            [last, net.constant(weights, 0.01), net.constant(np.zeros(CHANNELS, np.int32), 0.001)],
            [following], "Conv2DOptions", strideH=1, strideW=1,
            dilationHFactor=1, dilationWFactor=1,
        )  # fmt: skip
        last, depth = following, CHANNELS
    pooled = net.tensor((1, 1, 1, CHANNELS), np.int8, 0.05, -128)
    net.add(
        "AVERAGE_POOL_2D", [last], [pooled], "Pool2DOptions",
        filterHeight=size, filterWidth=size, strideH=1, strideW=1, padding=1,
    )  # fmt: skip
    result = net.tensor((1, 1, 1, 2), np.int8, 0.05, -128)
    weights = net.constant(rng.integers(-40, 41, (2, 1, 1, CHANNELS), np.int8), 0.01)
    bias = net.constant(np.zeros(2, np.int32), 0.0005)
    net.add(
        "CONV_2D", [pooled, weights, bias], [result], "Conv2DOptions",
        strideH=1, strideW=1, dilationHFactor=1, dilationWFactor=1,
    )  # fmt: skip
    path.write_bytes(net.bytes([first], [result]))


@pytest.fixture(scope="module")
def heavy(tmp_path_factory):
    """The .toml table of an image sensor with such a network, and the model's path."""
    folder = tmp_path_factory.mktemp("heavy")
    model, pictures = folder / "heavy.tflite", folder / "pictures"
    write_heavy(model)
    pictures.mkdir()
    for i in range(1000):
        (pictures / f"{i:04}.ppm").write_bytes(b"P6 8 8 255\n" + bytes(8 * 8 * 3))
    table = f'[sensor.door]\ntype = "image"\nmodel = "{model}"\nlabels = ["no", "yes"]\n'
    return table + f'replay = "{pictures}"\n', model


@pytest.mark.quiet
def test_the_others_go_on(daemon, heavy):
    """A fire alarm beside a camera is not late by the seconds that a picture takes."""
    table, _ = heavy
    running = daemon(table + 'interval = "100 ms"\n' + BOARD)
    readings = Readings(running)
    readings.wait("door", 2, 120, known=False)
    times = [datetime.datetime.fromisoformat(r["time"]) for r in readings.of("board")[1:]]
    gaps = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(times)]
    # Two pictures take some seconds on any machine, and each slice 20 ms.
    assert len(gaps) > 20 and max(gaps) < 0.5, (max(gaps), len(gaps))


def test_the_check_tells_the_time(heavy, tmp_path):
    """Whoever asks too much of a board learns it before the board is on the wall."""
    table, model = heavy
    config = tmp_path / "sensord.toml"

    def check(text):
        config.write_text(text)
        done = subprocess.run(
            [SENSORD, "check", "--config", config], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stderr

    began = time.monotonic()
    message = check(table + 'interval = "200 ms"\n')
    # It measures a part of a picture.
    assert time.monotonic() - began < 10
    assert f"warning: [sensor.door] {model} takes " in message
    assert "thousand million multiply-adds a picture, about " in message
    assert "the interval is 200 ms: pictures are left out" in message
    message = check(table + 'interval = "1 h"\n')
    assert "thousand million multiply-adds a picture" in message and "warning" not in message


def test_models_that_cannot_be_used(heavy, daemon, tmp_path):
    """One of other labels, and one that needs more memory than the daemon has for it."""
    table, model = heavy
    large = tmp_path / "large.tflite"
    write_heavy(large, 128, 1)
    wrong = table.replace('"yes"]', '"yes", "perhaps"]')
    wrong += table.replace("door", "gate").replace(str(model), str(large))
    running = daemon(wrong)
    done = subprocess.run(
        [SENSORD, "check", "--config", running.config], capture_output=True, text=True, check=False
    )
    for name, message in (
        ("door", f"model {model} has 2 classes, and there are 3 labels"),
        ("gate", f"model {large} needs more memory than there is"),
    ):
        assert f"warning: [sensor.{name}] {message}" in done.stderr
        running.wait_for_message(f"error: {name}: {message}")
