# SPDX-License-Identifier: MIT
"""Third-octaves of type = "sound", what a model hears in them, and how far they are from usual."""

import csv
import json
import subprocess
import sys
import wave

import numpy as np
import pytest
from readings import Readings
from scipy import signal
from support import ALSA_SOUNDS, MICROPYTHON, SENSORD, TOP

G = 10**0.3
LIMITS = TOP / "tests/data/sound/iec61260-1-2014.csv"
# Reads int16 from a file, prints the levels of all bands after its first and its second half.
PROGRAM = """
import sys
from array import array
from sensord.stages.bands import ThirdOctaves
rate, path, block = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
bank = ThirdOctaves(rate)
print(" ".join([str(i) for i in bank.indices]))
with open(path, "rb") as file:
    while True:
        data = file.read(2 * block)
        if not data:
            break
        bank.feed(data)
        bank.read()
        print(" ".join(["%.4f" % level for level in bank.levels]))
"""


def levels_of(tmp_path, samples, rate, block):
    """(indices, levels of each block)."""
    path = tmp_path / "samples"
    samples.astype("<i2").tofile(path)
    program = tmp_path / "levels.py"
    program.write_text(PROGRAM)
    done = subprocess.run(
        [MICROPYTHON, program, str(rate), path, str(block)], env={"MICROPYPATH": ".frozen"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    first, *rows = [line.split() for line in done.stdout.splitlines()]
    return [int(i) for i in first], np.array(rows, float)


def limits(which):
    """(normalised frequency above 1, least, most attenuation) of a class for third-octaves."""
    with open(LIMITS) as file:
        rows = list(csv.DictReader(file))
    inside, outside = [], []
    for row in rows:
        octave = G ** float(row["exponent"])
        # IEC 61260-1, formula 9: the same shape in a third of the width
        omega = 1 + (G ** (1 / 6) - 1) / (G**0.5 - 1) * (octave - 1)
        if row[f"class{which}_max"]:
            inside.append((omega, float(row[f"class{which}_max"])))
        else:
            outside.append((omega, float(row[f"class{which}_min"])))
    least_inside = float(rows[0][f"class{which}_min"])
    return inside, outside, least_inside


def allowed(omega, which):
    """(least, most) attenuation at a normalised frequency; linear in its logarithm between."""
    inside, outside, least = limits(which)
    omega = max(omega, 1 / omega)
    edge = inside[-1][0]
    if omega <= edge:
        return least, np.interp(np.log(omega), *zip(*[(np.log(o), a) for o, a in inside]))
    return np.interp(np.log(omega), *zip(*[(np.log(o), a) for o, a in outside])), np.inf


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 48000, 96000])
def test_every_filter_is_within_class_1(tmp_path, rate):
    """A tone beside a band must not be told as one in it."""
    indices, _ = levels_of(tmp_path, np.zeros(100), rate, 100)
    probed = sorted({indices[0], indices[3], 0, indices[-4], indices[-2], indices[-1]})
    omegas = [1, 0.95, 1.05, 0.9, 1.11, 0.885, 1.13, 0.77, 1.3, 0.53, 1.88, 0.33, 3.05, 0.18, 5.4]
    tones, expected = [], []
    settle = 2 * rate  # until the lowest band has forgotten the tone before
    for index in probed:
        for omega in omegas:
            hz = 1000 * 10 ** (index / 10) * omega
            if hz < rate / 2:
                t = np.arange(2 * settle) / rate
                tones.append(np.round(29000 * np.sin(2 * np.pi * hz * t)))
                expected.append((index, omega))
    _, levels = levels_of(tmp_path, np.concatenate(tones), rate, settle)
    full = 20 * np.log10(29000 / 32768)
    for (index, omega), row in zip(expected, levels[1::2]):
        attenuation = full - row[indices.index(index)]
        least, most = allowed(omega, 1)
        # Of the noise of 16 bits there is as much as 75 dB below: more cannot be seen.
        assert min(least, 70) - 0.02 <= attenuation <= most, (rate, index, omega, attenuation)


def test_the_limits_can_fail(tmp_path):
    """A neighbour's filter is not within them."""
    indices, levels = levels_of(
        tmp_path,
        np.round(29000 * np.sin(2 * np.pi * 1000 * np.arange(32000) / 16000)),
        16000,
        16000,
    )
    attenuation = 20 * np.log10(29000 / 32768) - levels[1][indices.index(1)]
    assert attenuation > allowed(1.0, 2)[1]


def test_noise_has_the_levels_that_scipy_finds(tmp_path):
    rng = np.random.default_rng(1)
    rate = 48000
    noise = np.round(3000 * rng.standard_normal(20 * rate)).clip(-32768, 32767)
    indices, levels = levels_of(tmp_path, noise, rate, 2 * rate)
    for index, level in zip(indices, 10 * np.log10(np.mean(10 ** (levels[5:] / 10), axis=0))):
        low, high = 1000 * 10 ** ((index - 0.5) / 10), 1000 * 10 ** ((index + 0.5) / 10)
        sos = signal.butter(3, (low, high), "bandpass", fs=rate, output="sos")
        expected = 10 * np.log10(2 * np.mean(signal.sosfilt(sos, noise / 32768)[10 * rate :] ** 2))
        assert level == pytest.approx(expected, abs=0.15 if index > -10 else 0.4), index


# The daemon


@pytest.fixture
def replayed(daemon, tmp_path):
    def run(samples, rate=16000, environment=None, **keys):
        path = tmp_path / "sound.wav"
        write_wav(path, samples, rate)
        keys = {"type": "sound", "replay": str(path), "replay_speed": "max", **keys}
        lines = [f"{k} = {json.dumps(v)}" for k, v in keys.items()]
        running = daemon("\n".join(["[sensor.noise]", *lines, ""]), environment)
        assert running.process.wait(60) == 0, running.messages()
        return Readings(running).of("noise")

    return run


def write_wav(path, samples, rate):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.clip(np.round(samples), -32768, 32767).astype("<i2").tobytes())


def test_a_reading_has_the_levels_of_its_bands(replayed):
    t = np.arange(3 * 16000) / 16000
    readings = replayed(10000 * np.sin(2 * np.pi * 1000 * t), bands="third-octave", weighting="Z")
    last = readings[-1]
    names = [name for name in last if name.startswith("l") and name.endswith("hz_db")]
    assert names[0] == "l25hz_db" and names[-1] == "l6300hz_db" and len(names) == 25
    assert last["l1000hz_db"] == pytest.approx(last["lzeq_db"], abs=0.1)
    assert last["l2000hz_db"] < last["l1000hz_db"] - 40


def test_a_machine_is_judged_by_its_sound(replayed, tmp_path):
    """Green while it hums as it did, not green when it screams."""
    rng = np.random.default_rng(2)
    rate, t = 16000, np.arange(80 * 16000) / 16000
    hum = 800 * np.sin(2 * np.pi * 100 * t) + 300 * np.sin(2 * np.pi * 300 * t)
    hum += 100 * rng.standard_normal(len(t))
    scream = np.where(t > 60, 150 * np.sin(2 * np.pi * 3150 * t), 0)
    statuses = [
        r["status"]
        for r in replayed(
            hum + scream, rate, {"STATE_DIRECTORY": str(tmp_path)}, bands="third-octave",
            learn="20 s", yellow=6, red=12,
        )
    ]  # fmt: skip
    assert set(statuses[21:60]) == {"green"} and set(statuses[-10:]) <= {"yellow", "red"}


def speech():
    """The words of alsa-utils, 48 kHz, made 16 kHz."""
    words = []
    for name in ("Front_Center", "Front_Left", "Front_Right", "Rear_Center", "Rear_Left"):
        with wave.open(f"{ALSA_SOUNDS}/{name}.wav") as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        words.append(signal.decimate(samples.astype(float), 3))
    return words


def sounds(kind, seed):
    """Four seconds of a class: words, the beeps of an alarm, or an engine; with some noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(4 * 16000) / 16000
    if kind == "speech":
        words = np.concatenate([speech()[i] for i in rng.permutation(5)])
        sound = np.resize(words, len(t)) * rng.uniform(0.2, 1)
    elif kind == "alarm":
        hz, rate = rng.uniform(2500, 3500), rng.uniform(2, 4)
        sound = (
            rng.uniform(1000, 8000)
            * np.sin(2 * np.pi * hz * t)
            * (np.sin(2 * np.pi * rate * t) > 0)
        )
    else:
        hz = rng.uniform(40, 90)
        sound = sum(np.sin(2 * np.pi * hz * k * t) / k for k in range(1, 12))
        sound *= rng.uniform(500, 4000)
    return sound + 30 * rng.standard_normal(len(t))


CLASSES = ("alarm", "engine", "speech")


def test_a_sound_model_from_recordings_to_the_label(replayed, tmp_path):
    """The whole way: record, train, run. What the board says is what scikit-learn says."""
    recordings, output = tmp_path / "recordings", tmp_path / "model"
    recordings.mkdir()
    for kind in CLASSES:
        for i in range(6):
            write_wav(recordings / f"{i}_{kind}.wav", sounds(kind, 10 * i + len(kind)), 16000)
    done = subprocess.run(
        [sys.executable, TOP / "tools/train_activity.py", recordings, "-o", output,
         "--sensord", SENSORD, "--hop", "500 ms"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.rsplit("F1 ", 1)[1]) >= 0.95
    model = output / "sound.trees.csv"
    config = (output / "sensord.toml").read_text()
    assert 'labels = ["alarm", "engine", "speech"]' in config and 'interval = "500 ms"' in config
    right = total = 0
    for kind in CLASSES:
        readings = replayed(
            sounds(kind, 999), model=str(model), labels=list(CLASSES), interval="500 ms"
        )
        assert readings[0]["label"] is None, "half a window is none"
        for reading in readings[1:]:
            probabilities = [reading[c] for c in CLASSES]
            assert sum(probabilities) == pytest.approx(1, abs=0.01)
            assert reading[reading["label"]] == max(probabilities)
            right, total = right + (reading["label"] == kind), total + 1
    assert right / total > 0.9, (right, total)


@pytest.mark.parametrize("sample", [0, -1, 1, 12345])
def test_a_microphone_that_gives_nothing_has_no_level(daemon, tmp_path, sample):
    """A wire that is off, or a microphone that is muted: null with the reason, in every field."""
    rng = np.random.default_rng(1)
    noise = 100 * rng.standard_normal(16000)
    write_wav(tmp_path / "a.wav", np.concatenate([noise, [sample] * 16000, noise]), 16000)
    running = daemon(
        f'[sensor.noise]\ntype = "sound"\nreplay = "{tmp_path}/a.wav"\nreplay_speed = "max"\n'
        'bands = "third-octave"\nlearn = "1 min"\n',
        {"STATE_DIRECTORY": str(tmp_path)},
    )
    assert running.process.wait(30) == 0, running.messages()
    loud, silent, again = Readings(running).of("noise")
    assert {name: value for name, value in silent.items() if value is not None} == {
        "time": silent["time"], "overload": False, "overruns": 0,
    }  # fmt: skip
    for reading in (loud, again):
        assert reading["laeq_db"] > 40 and reading["l1000hz_db"] is not None
    why = f"laeq_db is null: every sample is {sample}: is the microphone connected and not muted?"
    assert why in running.messages()


def test_features_on_a_pc_are_those_of_the_board(tmp_path):
    """Of a whole minute and at another rate; the numbers worked out in another way."""
    rate = 8000
    rng = np.random.default_rng(3)
    samples = np.round(2000 * rng.standard_normal(4 * rate))
    write_wav(tmp_path / "in.wav", samples, rate)
    subprocess.run(
        [SENSORD, "features", tmp_path / "in.wav", tmp_path / "out.npy", "--window", "1 s",
         "--hop", "500 ms"], check=True,
    )  # fmt: skip
    features = np.load(tmp_path / "out.npy")
    indices, frames = levels_of(tmp_path, samples, rate, rate // 10)
    assert features.shape == (7, 1 + 3 * len(indices)) and features.dtype == np.int16
    for i, row in enumerate(features):
        window = frames[5 * i : 5 * i + 10]
        means = window.mean(axis=0)
        per_band = np.stack([means - means.mean(), window.std(axis=0), window.max(axis=0) - means])
        expected = np.concatenate([[means.mean()], per_band.T.ravel()])
        np.testing.assert_allclose(row, 100 * expected, atol=1.1)


def test_what_does_not_go_together(daemon, tmp_path):
    write_wav(tmp_path / "a.wav", np.zeros(1600), 16000)
    start = f'[sensor.noise]\ntype = "sound"\nreplay = "{tmp_path}/a.wav"\n'
    model = f'model = "{TOP}/packaging/models/exercise.trees.csv"\n'
    for more, words in (
        ('learn = "1 h"', 'learn needs bands = "third-octave"'),
        (model, "labels and model go together"),
        (model + 'labels = ["a", "b"]\ninterval = "2 s"', "must not be longer than the window"),
        ('bands = "octave"', 'must be "none" or "third-octave"'),
    ):
        running = daemon(start + more + "\n")
        assert running.process.wait(10) == 78 and words in running.messages(), running.messages()
    running = daemon(start + model + 'labels = ["a", "b", "c", "d"]\n')
    running.wait_for_message("does not take 76 features")
