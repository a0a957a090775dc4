# SPDX-License-Identifier: MIT
"""Trains a forest for a motion or a sound sensor from labelled recordings.

usage: train_activity.py RECORDINGS -o FOLDER [--sensord PROGRAM] [--window "4 s"] [--hop "1 s"]
                         [--rate 100] [--trees 10]

RECORDINGS is a folder of .npy files (int16, N x 3) or of .wav files (int16, mono) with the class
at the end of each name: 2026-01-31T120000_squat.npy. If it has a file labels.csv, its annotations
(columns timeseriesUrl and trend_forecast, as from Label Studio) are used instead, and only the
recordings in it; those labelled mixed are left out.

sensord itself computes the features, so they are the same as on the board. The forest is tested by
cross-validation: each recording is held out once, as a whole. The results in FOLDER:

    activity.trees.csv   the forest (of sound: sound.trees.csv)
    sensord.toml         a sensor that uses it
    report.md            the figures, and confusion.png

The last line printed ends with the F1 score (micro): F1 0.97
"""

import argparse
import collections
import csv
import pathlib
import subprocess
import sys
import tempfile
from typing import Any, ClassVar, NoReturn, TypeAlias

import emlearn
import matplotlib
import numpy as np
import numpy.typing as npt
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.metrics import ConfusionMatrixDisplay, classification_report, f1_score
from sklearn.model_selection import StratifiedGroupKFold

matplotlib.use("agg")
from matplotlib import pyplot  # noqa: E402

FOLDS = 5
SEED = 1
LEFT_OUT = "mixed"
# Leaves with so few windows are chance.
MIN_WINDOWS = 2

Strings: TypeAlias = npt.NDArray[np.str_]
Features: TypeAlias = npt.NDArray[np.int16]


class Motion:
    """Recordings of accelerations, and their settings."""

    suffix, name = ".npy", "activity"
    defaults: ClassVar[dict[str, str | int]] = {"window": "4 s", "hop": "1 s", "rate": 100}

    @staticmethod
    def configuration(options: argparse.Namespace) -> str:
        return (
            'type = "motion"\n'
            'driver = "mpu6886"\n'
            "bus = 1\n"
            f"rate = {options.rate}\n"
            f'window = "{options.window}"\n'
            f'hop = "{options.hop}"\n'
            'features = "timebased"\n'
        )


class Sound:
    """Recordings of sound, and their settings. The rate is in the files."""

    suffix, name = ".wav", "sound"
    defaults: ClassVar[dict[str, str | int]] = {"window": "1 s", "hop": "1 s"}

    @staticmethod
    def configuration(options: argparse.Namespace) -> str:
        return f'type = "sound"\nwindow = "{options.window}"\ninterval = "{options.hop}"\n'


def fail(text: str) -> NoReturn:
    sys.exit(f"train_activity.py: {text}")


def annotations(path: pathlib.Path) -> dict[str, str]:
    """{recording: class} of a labels.csv; a recording with several classes is left out."""
    found: dict[str, set[str]] = collections.defaultdict(set)
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            try:
                url, label = row["timeseriesUrl"], row["trend_forecast"]
            except KeyError as error:
                fail(f"{path} has no column {error}")
            # Label Studio adds eight digits and a dash before the name, and .csv after it.
            name = url.rsplit("/", 1)[-1].split("-", 1)[-1]
            found[name.removesuffix(".csv")].add(label)
    return {name: labels.pop() for name, labels in found.items() if len(labels) == 1}


def kind_of(folder: pathlib.Path) -> type[Motion] | type[Sound]:
    """Motion or Sound, by the files in a folder."""
    both: tuple[type[Motion], type[Sound]] = (Motion, Sound)
    kinds = [kind for kind in both if any(folder.glob(f"*{kind.suffix}"))]
    if len(kinds) != 1:
        fail(f"{folder} must have recordings of motion (.npy) or of sound (.wav)")
    return kinds[0]


def recordings(folder: pathlib.Path, suffix: str) -> list[tuple[pathlib.Path, str]]:
    """[(path, class)] of the recordings to learn from."""
    paths = sorted(folder.glob(f"*{suffix}"))
    table = folder / "labels.csv"
    if table.exists():
        labels = annotations(table)
        chosen = [(path, labels[path.name]) for path in paths if path.name in labels]
        print(f"{len(chosen)} of {len(paths)} recordings are annotated in labels.csv")
    else:
        chosen = [(path, path.stem.rsplit("_", 1)[-1]) for path in paths if "_" in path.stem]
    return [(path, label) for path, label in chosen if label != LEFT_OUT]


def features(sensord: str, path: pathlib.Path, options: argparse.Namespace) -> Features | None:
    """The int16 features of each window of a recording, as the board computes them."""
    with tempfile.TemporaryDirectory() as folder:
        target = pathlib.Path(folder) / "features.npy"
        command = [sensord, "features", str(path), str(target)]
        for name in options.kind.defaults:
            command += [f"--{name}", str(getattr(options, name))]
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
        if done.stderr:
            print(done.stderr.strip())
        if done.returncode:
            return None
        loaded: Features = np.load(target)
        return loaded


def windows(options: argparse.Namespace) -> tuple[Features, Strings, Strings]:
    """(features, classes, recordings) of all windows."""
    rows: list[Features] = []
    labels: list[str] = []
    groups: list[str] = []
    for path, label in recordings(options.recordings, options.kind.suffix):
        found = features(options.sensord, path, options)
        if found is None or not len(found):
            print(f"{path.name}: no window in it: left out")
            continue
        rows.append(found)
        labels += [label] * len(found)
        groups += [path.name] * len(found)
    if len(set(labels)) < 2:
        fail("there must be recordings of at least two classes")
    return np.concatenate(rows), np.array(labels), np.array(groups)


def forest(options: argparse.Namespace) -> Any:
    return ExtraTreesClassifier(options.trees, min_samples_leaf=MIN_WINDOWS, random_state=SEED)


def held_out(
    options: argparse.Namespace, rows: Features, labels: Strings, groups: Strings
) -> Strings:
    """The predicted class of each window, by a forest trained without its recording."""
    fewest = min(len({g for g, c in zip(groups, labels) if c == label}) for label in set(labels))
    if fewest < 2:
        fail("each class needs at least two recordings: one to learn from and one to test on")
    said = np.empty_like(labels)
    split = StratifiedGroupKFold(min(FOLDS, fewest), shuffle=True, random_state=SEED)
    for known, unknown in split.split(rows, labels, groups):
        said[unknown] = forest(options).fit(rows[known], labels[known]).predict(rows[unknown])
    return said


def save_forest(model: Any, path: pathlib.Path) -> None:
    converted = emlearn.convert(model, method="inline", dtype="int16_t", leaf_bits=8)
    converted.save(format="csv", name="model", file=str(path))


def write_configuration(options: argparse.Namespace, classes: Strings, path: pathlib.Path) -> None:
    names = ", ".join(f'"{name}"' for name in classes)
    path.write_text(
        f"[sensor.{options.kind.name}]\n"
        f"{options.kind.configuration(options)}"
        f'model = "/etc/sensord/{options.model}"\n'
        f"labels = [{names}]\n"
    )


def write_report(
    options: argparse.Namespace,
    score: float,
    labels: Strings,
    said: Strings,
    groups: Strings,
    size: int,
) -> None:
    figure = ConfusionMatrixDisplay.from_predictions(labels, said, cmap="Blues", colorbar=False)
    figure.ax_.set_title(f"windows of recordings not seen, F1 {score:.2f}")
    figure.figure_.savefig(options.output / "confusion.png", dpi=110, bbox_inches="tight")
    pyplot.close(figure.figure_)
    (options.output / "report.md").write_text(
        f"# Model of {options.kind.name}\n\n"
        f"{len(set(groups))} recordings, {len(labels)} windows of {options.window} every "
        f"{options.hop}; {options.trees} trees, {size} bytes.\n\n"
        f"F1 (micro) {score:.4f} on recordings held out whole.\n\n"
        "![confusion matrix](confusion.png)\n\n"
        f"```\n{classification_report(labels, said, digits=3)}```\n"
    )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("recordings", type=pathlib.Path)
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True)
    parser.add_argument("--sensord", default="sensord", help="the program; sensord if not given")
    parser.add_argument("--window", help="4 s of motion, 1 s of sound if not given")
    parser.add_argument("--hop", help="1 s if not given")
    parser.add_argument("--rate", type=int, help="samples a second of motion, 100 if not given")
    parser.add_argument("--trees", type=int, default=10)
    options = parser.parse_args()
    if not options.recordings.is_dir():
        fail(f"{options.recordings} is not a folder")
    options.kind = kind_of(options.recordings)
    options.model = f"{options.kind.name}.trees.csv"
    for name, value in options.kind.defaults.items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    return options


def main() -> None:
    options = arguments()
    options.output.mkdir(parents=True, exist_ok=True)
    rows, labels, groups = windows(options)
    said = held_out(options, rows, labels, groups)
    score = f1_score(labels, said, average="micro")
    model = forest(options).fit(rows, labels)
    save_forest(model, options.output / options.model)
    write_configuration(options, model.classes_, options.output / "sensord.toml")
    size = (options.output / options.model).stat().st_size
    write_report(options, score, labels, said, groups, size)
    print(f"{len(labels)} windows of {len(set(groups))} recordings, {len(model.classes_)} classes")
    made = f"{options.model} ({size} bytes), sensord.toml, report.md"
    print(f"{options.output}: {made}, F1 {score:.2f}")


if __name__ == "__main__":
    main()
