# SPDX-License-Identifier: MIT
"""docs/results.svg: recordings, and the daemon's readings of them.

The recordings are those of `make demo`: voices that name loudspeakers (Debian's alsa-utils), and
exercises recorded by an accelerometer. The daemon replays them as fast as it can.
"""

import json
import os
import pathlib
import subprocess
import wave
from typing import Any, TypeAlias

import svg
from demo import EXERCISES, RECORDINGS, join_exercises
from support import SENSORD, TOP

WIDTH, HEIGHT = 820, 640
LEFT, RIGHT = 70, 20
INTERVAL_S = 0.125
LEVELS_DB = (40, 110)
# The first and the last third-octave, by the nominal frequencies in the fields' names.
BANDS_HZ = (100, 10000)
SHADES = ("#eef3fb", "#cfdff3", "#9fc3e6", "#63a0d4", "#2f78b7", "#0d4a86")
SHADE_FROM_DB, SHADE_STEP_DB = 40, 10
RATE_HZ = 100
COUNTS_PER_G = 32768 / 2  # the recordings are of ±2 g
COLOURS = {"jumpingjack": "#d95f02", "squat": "#1b9e77", "lunge": "#7570b3", "other": "#999999"}

Reading: TypeAlias = dict[str, Any]
Samples: TypeAlias = "memoryview[int]"

NOISE = """\
[sensor.noise]
type = "sound"
replay = "{}"
replay_speed = "max"
rate = {}
interval = "125 ms"
bands = "third-octave"
"""
ACTIVITY = """\
[sensor.activity]
type = "motion"
replay = "{}"
replay_speed = "max"
rate = 100
window = "4 s"
hop = "1 s"
model = "{}"
labels = ["jumpingjack", "lunge", "other", "squat"]
"""


def readings(folder: pathlib.Path, config: str) -> list[Reading]:
    """The readings that `sensord run` prints for a configuration whose recordings end."""
    path = folder / "sensord.toml"
    path.write_text(config)
    done = subprocess.run(
        [SENSORD, "run", "--config", path], check=True, capture_output=True, text=True,
        env={**os.environ, "RUNTIME_DIRECTORY": str(folder)},
    )  # fmt: skip
    return [json.loads(line.split(" ", 1)[1]) for line in done.stdout.splitlines()]


def join_voices(path: pathlib.Path) -> tuple[int, list[tuple[str, float]]]:
    """Writes all voices into one file; returns its rate and (words, start in s) of each."""
    frames, words = b"", []
    for recording in RECORDINGS:
        with wave.open(str(recording), "rb") as one:
            rate = one.getframerate()
            words.append((recording.stem.replace("_", " ").lower(), len(frames) / 2 / rate))
            frames += one.readframes(one.getnframes())
    with wave.open(str(path), "wb") as whole:
        whole.setnchannels(1)
        whole.setsampwidth(2)
        whole.setframerate(rate)
        whole.writeframes(frames)
    return rate, words


def measure(
    folder: pathlib.Path,
) -> tuple[list[tuple[str, float]], list[Reading], Samples, list[Reading]]:
    """The data of the picture: voices, levels, accelerations and labels."""
    rate, words = join_voices(folder / "voices.wav")
    levels = readings(folder, NOISE.format(folder / "voices.wav", rate))
    recording = folder / "exercises.npy"
    join_exercises(recording)
    model = TOP / "packaging/models/exercise.trees.csv"
    labels = readings(folder, ACTIVITY.format(recording, model))
    content = recording.read_bytes()
    values = memoryview(content[10 + int.from_bytes(content[8:10], "little") :]).cast("h")
    return words, levels, values, labels


def frame(top: float, height: float, ticks: list[tuple[float, str]]) -> list[str]:
    """A panel's border and its ticks (y, words)."""
    parts = [
        svg.element("rect", x=LEFT, y=top, width=WIDTH - LEFT - RIGHT, height=height, fill="none",
                    stroke="#888"),
    ]  # fmt: skip
    for y, words in ticks:
        parts.append(svg.element("path", d=f"M{LEFT - 4} {svg.number(y)}h4", stroke="#888"))
        parts.append(svg.text(LEFT - 8, y + 4, words, 11, "end"))
    return parts


def draw_levels(
    top: float, height: float, words: list[tuple[str, float]], levels: list[Reading]
) -> list[str]:
    """LAeq as a line, LAFmin to LAFmax as a band, and the words that were spoken. Fast falls by
    35 dB a second: after a word the band stays above the line."""
    step = (WIDTH - LEFT - RIGHT) / len(levels)
    low, high = LEVELS_DB

    def y(level: float | None) -> float:
        # Between the words every sample of the recordings is 0, and the level is null.
        level = low if level is None else min(max(level, low), high)
        return top + height * (high - level) / (high - low)

    upper = [(LEFT + step * (i + 0.5), y(r["lafmax_db"])) for i, r in enumerate(levels)]
    lower = [(LEFT + step * (i + 0.5), y(r["lafmin_db"])) for i, r in enumerate(levels)]
    outline = " ".join(f"{svg.number(a)},{svg.number(b)}" for a, b in upper + lower[::-1])
    parts = frame(top, height, [(y(level), f"{level} dB") for level in range(low + 10, high, 20)])
    parts.append(svg.element("polygon", points=outline, fill="#f4c9a8"))
    middle = [(LEFT + step * (i + 0.5), y(r["laeq_db"])) for i, r in enumerate(levels)]
    parts.append(svg.polyline(middle, "#b3410a", 2))
    for spoken, start_s in words:
        x = LEFT + step * start_s / INTERVAL_S
        parts.append(svg.element("path", d=f"M{svg.number(x)} {top}v{height}", stroke="#ddd"))
        parts.append(svg.text(x + 4, top + 14, f"“{spoken}”", 11))
    return parts


def draw_bands(top: float, height: float, levels: list[Reading]) -> list[str]:
    """Third-octave levels: time to the right, frequency upwards, the louder the darker."""
    names = [name for name in levels[0] if name.startswith("l") and name.endswith("hz_db")]
    names.sort(key=frequency_hz)
    names = [name for name in names if BANDS_HZ[0] <= frequency_hz(name) <= BANDS_HZ[1]]
    step, row = (WIDTH - LEFT - RIGHT) / len(levels), height / len(names)
    runs: list[list[str]] = [[] for _ in SHADES]
    for band, name in enumerate(names):
        # Between the words there is no level.
        known = [reading[name] or SHADE_FROM_DB for reading in levels]
        shades = [
            min(max(int((level - SHADE_FROM_DB) // SHADE_STEP_DB), 0), len(SHADES) - 1)
            for level in known
        ]
        y = top + height - row * (band + 1)
        start = 0
        for i in range(1, len(shades) + 1):
            if i == len(shades) or shades[i] != shades[start]:
                x, width = LEFT + step * start, step * (i - start)
                runs[shades[start]].append(
                    f"M{svg.number(x)} {svg.number(y)}h{svg.number(width)}v{svg.number(row)}"
                    f"h-{svg.number(width)}z"
                )
                start = i
    parts = [
        svg.element("path", d="".join(run), fill=shade, stroke=shade, stroke_width=0.3)
        for shade, run in zip(SHADES, runs, strict=True)
        if run
    ]
    ticks = []
    for band, name in enumerate(names):
        hertz = frequency_hz(name)
        if hertz in (100, 1000, 10000):
            words = f"{hertz:.0f} Hz" if hertz < 1000 else f"{hertz / 1000:.0f} kHz"
            ticks.append((top + height - row * (band + 0.5), words))
    return parts + frame(top, height, ticks)


def frequency_hz(name: str) -> float:
    """The nominal frequency of a field such as l31_5hz_db."""
    return float(name[1 : name.index("hz")].replace("_", "."))


def draw_acceleration(top: float, height: float, values: Samples) -> list[str]:
    """The three axes of the accelerometer, every second sample."""
    samples = len(values) // 3
    step = (WIDTH - LEFT - RIGHT) / samples

    def y(acceleration_g: float) -> float:
        return top + height * (2 - acceleration_g) / 4

    parts = []
    for axis, colour in enumerate(("#4c78a8", "#72b7b2", "#e45756")):
        points = [
            (LEFT + step * i, y(values[3 * i + axis] / COUNTS_PER_G)) for i in range(0, samples, 2)
        ]
        parts.append(svg.polyline(points, colour, 1))
    for i, exercise in enumerate(EXERCISES):
        x = LEFT + (WIDTH - LEFT - RIGHT) * i / len(EXERCISES)
        parts.append(svg.element("path", d=f"M{svg.number(x)} {top}v{height}", stroke="#bbb"))
        parts.append(svg.text(x + 4, top + 14, f"recorded: {exercise}", 11))
    return parts + frame(top, height, [(y(a), f"{a} g") for a in (-1, 0, 1)])


def draw_labels(top: float, height: float, seconds: float, labels: list[Reading]) -> list[str]:
    """The probability of each label, at the second in which its window ends."""
    second = (WIDTH - LEFT - RIGHT) / seconds
    parts = []
    for i, reading in enumerate(labels):
        x = LEFT + second * (seconds - len(labels) + i)
        y = top + height
        for label, colour in COLOURS.items():
            part = height * reading[label]
            if part:
                y -= part
                parts.append(svg.element(
                    "rect", x=x + 1, y=y, width=second - 2, height=part, fill=colour
                ))  # fmt: skip
    parts += frame(top, height, [(top + height, "0"), (top, "1")])
    x = LEFT
    for label, colour in COLOURS.items():
        parts.append(
            svg.element("rect", x=x, y=top + height + 9, width=11, height=11, fill=colour)
        )
        parts.append(svg.text(x + 16, top + height + 19, label, 11))
        x += 24 + 8 * len(label)
    return parts


def draw(folder: str | os.PathLike[str]) -> str:
    """The file's text; `folder` is an empty folder for temporary files."""
    words, levels, values, labels = measure(pathlib.Path(folder))
    seconds = len(values) / 3 / RATE_HZ
    heads = (
        "Noise monitor, every 125 ms: LAeq (line), LAFmin to LAFmax (band)",
        "The same in third-octave bands: the louder, the darker",
        "Activity: 16 s of an accelerometer",
        "Every second: the probability of each label, from the last 4 s",
    )
    title = (
        "Noise monitor: levels and third-octaves of a voice. Activity: acceleration and the "
        "probability of each exercise."
    )
    return svg.document(WIDTH, HEIGHT, title, [
        svg.text(LEFT, 26, heads[0], 14),
        *draw_levels(38, 150, words, levels),
        svg.text(LEFT, 212, heads[1], 14),
        *draw_bands(222, 120, levels),
        svg.text(LEFT, 378, heads[2], 14),
        *draw_acceleration(390, 100, values),
        svg.text(LEFT, 516, heads[3], 14),
        *draw_labels(528, 70, seconds, labels),
    ])  # fmt: skip
