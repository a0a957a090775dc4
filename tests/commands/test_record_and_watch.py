# SPDX-License-Identifier: MIT
"""`sensord record` and `sensord watch`: what a recording replays is what was measured."""

import json
import os
import pty
import re
import signal
import subprocess
import time

import numpy as np
import pytest
import scipy.io.wavfile
from fakes import motion
from fakes.i2c import FakeI2CBus
from fakes.kernel import FakeKernel
from readings import Readings
from support import ALSA_SOUNDS, SENSORD, TOP, Broker, Microphone, wait_until

RECORDING = sorted((TOP / "tests/data/har/exercise").glob("*_squat.npy"))[-1]
CLASSES = ["jumpingjack", "lunge", "other", "squat"]
NOISE = '[sensor.noise]\ntype = "sound"\ninterval = "500 ms"\n'
ACTIVITY = "\n".join(
    [
        "[sensor.activity]", 'type = "motion"', f"labels = {json.dumps(CLASSES)}",
        f'model = "{TOP / "packaging/models/exercise.trees.csv"}"', "",
    ]
)  # fmt: skip


@pytest.fixture
def config(tmp_path):
    def write(text):
        path = tmp_path / "record.toml"
        path.write_text(text)
        return path

    return write


def sensord(*arguments, environment=None):
    return subprocess.run(
        [SENSORD, *arguments], env={**os.environ, **(environment or {})},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def replayed(daemon, text, sensor):
    running = daemon(text)
    assert running.process.wait(30) == 0, running.messages()
    readings = Readings(running).of(sensor)
    return [{k: v for k, v in r.items() if k != "time"} for r in readings]


def test_sound_from_the_real_arecord(tmp_path, config, daemon):
    """A user sends such a .wav with a question."""
    target = tmp_path / "noise.wav"
    with Microphone(tmp_path, [f"{ALSA_SOUNDS}/Front_Center.wav"]) as microphone:
        path = config(NOISE + f'device = "mic"\nrate = {microphone.rate}\n')
        done = sensord(
            "record", "noise", "-o", target, "--duration", "2 s", "--config", path,
            environment=microphone.environment,
        )  # fmt: skip
    assert done.returncode == 0 and re.match(rf"sensord: {target}: 2\.\d s\n", done.stderr), done
    rate, samples = scipy.io.wavfile.read(target)
    assert rate == microphone.rate and samples.dtype == np.int16
    assert 2 * rate <= len(samples) < 2.2 * rate
    _, original = scipy.io.wavfile.read(f"{ALSA_SOUNDS}/Front_Center.wav")
    # Byte for byte the device's samples; the first 100 ms may still be the pipe's.
    period = rate // 10
    n = min(len(samples), len(original) // period * period - period)
    np.testing.assert_array_equal(samples[:n], original[:n])
    levels = replayed(daemon, NOISE + f'replay = "{target}"\nreplay_speed = "max"\n', "noise")
    assert len(levels) == 4 and all(reading["laeq_db"] > 30 for reading in levels)


def test_a_recording_of_a_recording_is_the_same(tmp_path, config):
    """The recorder changes no sample."""
    for name, source, target in (
        ("noise", f"{ALSA_SOUNDS}/Noise.wav", tmp_path / "again.wav"),
        ("activity", RECORDING, tmp_path / "again.npy"),
    ):
        table = NOISE if name == "noise" else ACTIVITY
        path = config(table + f'replay = "{source}"\nreplay_speed = "max"\n')
        done = sensord("record", name, "-o", target, "--config", path)
        assert done.returncode == 0, done.stderr
        read = (lambda p: scipy.io.wavfile.read(p)[1]) if name == "noise" else np.load
        np.testing.assert_array_equal(read(target), read(source))


def test_motion_of_a_chip_gives_the_readings_of_the_chip(tmp_path, config, daemon):
    """Models are trained on recordings: these must equal the samples that the daemon gets."""
    samples = np.load(RECORDING)
    bus = FakeI2CBus({0x68: motion.MPU(samples.tolist())})
    with FakeKernel(tmp_path, {"/dev/i2c-1": bus}) as kernel:
        path = config(ACTIVITY + 'driver = "mpu6050"\nrate = 500\n')
        folder = tmp_path / "recordings"
        folder.mkdir()
        done = sensord(
            "record", "activity", "-o", f"{folder}/", "--label", "squat", "--duration", "1 s",
            "--config", path, environment=kernel.environment,
        )  # fmt: skip
    assert done.returncode == 0 and "lost" not in done.stderr, done.stderr
    (file,) = folder.iterdir()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d{6}_squat\.npy", file.name)
    recorded = np.load(file)
    assert 500 <= len(recorded) < 700
    np.testing.assert_array_equal(recorded, samples[: len(recorded)])


def test_pictures_into_a_folder(tmp_path, config, daemon):
    table = "\n".join(
        [
            "[sensor.digits]", 'type = "image"', f"labels = {json.dumps(list('0123456789'))}",
            f'model = "{TOP / "tests/data/cnn/mnist_cnn_int8.tflite"}"', 'interval = "20 ms"', "",
        ]
    )  # fmt: skip
    source, target = TOP / "tests/data/cnn/mnist", tmp_path / "pictures"
    path = config(table + f'replay = "{source}"\n')
    done = sensord("record", "digits", "-o", target, "--config", path)
    assert done.returncode == 0, done.stderr
    assert [p.name for p in sorted(target.iterdir())] == [f"{n:06}.pgm" for n in range(1, 11)]
    seen = replayed(daemon, table + f'replay = "{target}"\nreplay_speed = "max"\n', "digits")
    assert seen == replayed(
        daemon, table + f'replay = "{source}"\nreplay_speed = "max"\n', "digits"
    )


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_the_file_is_whole_however_it_ends(tmp_path, config, how):
    """An hour of a rare noise, and then the battery was empty."""
    target = tmp_path / "noise.wav"
    with Microphone(tmp_path, [f"{ALSA_SOUNDS}/Front_Center.wav"]) as microphone:
        path = config(NOISE + f'device = "mic"\nrate = {microphone.rate}\n')
        recorder = subprocess.Popen(
            [SENSORD, "record", "noise", "-o", target, "--config", path],
            env={**os.environ, **microphone.environment}, stderr=subprocess.PIPE,
        )  # fmt: skip
        time.sleep(3.5)
        recorder.send_signal(how)
        assert recorder.wait(5) == (0 if how == signal.SIGINT else -signal.SIGKILL)
        recorder.stderr.close()
    rate, samples = scipy.io.wavfile.read(target)
    assert len(samples) > 2 * rate


def test_what_cannot_be_recorded(tmp_path, config):
    path = config(NOISE + '[sensor.board]\ntype = "system"\n')
    for arguments, code, words in (
        (["board", "-o", "x"], 64, 'type "system" cannot be recorded; these can: '),
        (["nose", "-o", "x"], 64, 'did you mean "noise"?'),
        (["noise"], 64, "record needs a file: sensord record noise -o FILE"),
        (["noise", "-o", "x", "--duration", "10"], 64, '--duration "10" has no unit'),
        (["noise", "-o", "x", "--label", "a_b"], 64, "--label must be a name"),
        (["noise", "-o", "/proc/x.wav"], 73, "noise to /proc/x.wav: "),
        (["noise", "-o", tmp_path / "x.wav"], 69, "capture device"),
    ):
        done = sensord("record", *arguments, "--config", path)
        assert done.returncode == code and words in done.stderr, done
        assert done.stderr.count("\n") == 1, done.stderr


def test_a_full_disk(config):
    path = config(NOISE + f'replay = "{ALSA_SOUNDS}/Noise.wav"\nreplay_speed = "max"\n')
    done = sensord("record", "noise", "-o", "/dev/full", "--config", path)
    assert done.returncode == 73 and "No space left on device" in done.stderr, done


# watch

BOARD = '[sensor.board]\ntype = "system"\ninterval = "100 ms"\n'


def test_watch_from_the_broker_beside_the_daemon(tmp_path, config, daemon):
    """Both run at once: the daemon keeps the hardware and its connection."""
    with Broker(tmp_path) as broker:
        text = f'[mqtt]\nserver = "mqtt://127.0.0.1:{broker.port}"\n' + BOARD
        running = daemon(text)
        running.wait_for_message("connected to")
        watcher = subprocess.Popen(
            [SENSORD, "watch", "--config", running.config], stdout=subprocess.PIPE, text=True
        )
        lines = [watcher.stdout.readline() for _ in range(5)]
        for line in lines:
            sensor, reading = line.split(" ", 1)
            assert sensor == "board" and "uptime_s" in json.loads(reading)
        watcher.send_signal(signal.SIGINT)
        assert watcher.wait(5) == 0
        watcher.stdout.close()
        assert running.messages().count("connected to") == 1


def test_watch_without_a_broker_runs_the_sensors(config):
    path = config(f'[sensor.noise]\ntype = "sound"\nreplay = "{ALSA_SOUNDS}/Noise.wav"\n'
                  'replay_speed = "max"\n')  # fmt: skip
    done = sensord("watch", "--config", path)
    assert done.returncode == 0 and done.stdout.startswith('noise {"time": ')


def test_watch_on_a_terminal(config):
    """A line for each sensor that stays where it is, and no wider than the window."""
    path = config(BOARD + '[sensor.gone]\ntype = "w1"\ndevice = "28-0"\n')
    master, slave = pty.openpty()
    watcher = subprocess.Popen(
        [SENSORD, "watch", "--config", path], stdin=slave, stdout=slave, stderr=slave
    )
    os.close(slave)
    seen = b""

    def painted():
        nonlocal seen
        seen += os.read(master, 65536)
        return seen.count(b"\x1b[2A") >= 2 and b"28-0" in seen

    wait_until(painted, 10, "two repaints")
    lines = seen.decode().split("\x1b[2A")[-1].replace("\x1b[K", "").splitlines()
    assert lines[0].startswith("board ") and "disk_free_mib" in lines[0]
    assert lines[1].startswith("gone ") and all(len(line) <= 80 for line in lines)
    watcher.send_signal(signal.SIGINT)
    assert watcher.wait(5) == 0
    os.close(master)


def test_watch_without_an_answer(config):
    path = config('[mqtt]\nserver = "mqtt://127.0.0.1:1"\n' + BOARD)
    done = sensord("watch", "--config", path)
    assert done.returncode == 69 and "mqtt://127.0.0.1:1: " in done.stderr


def test_watch_without_the_services_credential(config):
    """The message says how to see the readings, not how to make the credential again."""
    mqtt = '[mqtt]\nserver = "mqtt://127.0.0.1:1"\n'
    mqtt += 'username = "board"\npassword_credential = "mqtt"\n'
    done = sensord("watch", "--config", config(mqtt + BOARD))
    assert done.returncode == 69 and done.stderr.count("\n") == 1
    assert "systemd-run -qt -p LoadCredential=mqtt:FILE sensord watch" in done.stderr
