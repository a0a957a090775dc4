# SPDX-License-Identifier: MIT
"""Sound levels of the native module beside those of the same chain in float64, made with scipy.

numpy makes the signals, levels.py measures them in MicroPython. Levels are in dB relative to a
full-scale sine's RMS, as from the module.
"""

import json
import math
import os
import pathlib
import runpy
import subprocess
import tempfile
from collections import namedtuple

import numpy as np
from scipy import signal
from support import BUILD, MICROPYTHON, STOCK_MICROPYTHON, TOP

_LEVELS = pathlib.Path(__file__).with_name("levels.py")
_design_sections = runpy.run_path(str(TOP / "daemon/sensord/stages/weighting.py"))["sections"]
_TIMEOUT_S = 60

# The interpreters for levels.py, and their folders of modules besides the frozen ones.
INTERPRETERS = {
    "sensord": (MICROPYTHON, []),
    "stock": (STOCK_MICROPYTHON, [TOP / "daemon", BUILD / "natmods"]),
}

TAU_S = {"fast": 0.125, "slow": 1.0}  # IEC 61672-1:2013, 5.8
FULL_SCALE = 32767

Levels = namedtuple("Levels", "leq max min c_peak l10 l50 l90 input_peak")


def job(samples, rate, weighting="A", time="fast", parts=None, cut=1 << 28):
    """A job for levels.py with int16 samples. Without `parts` all are read at once."""
    return {
        "samples": samples,
        "rate": rate,
        "weighting": weighting,
        "time": time,
        "parts": parts or [(len(samples), "read")],
        "cut": cut,
    }


def settled_job(samples, rate, weighting="A", time="fast", lead_s=0.1, method="settle"):
    """As in the daemon: the time weighting starts from the mean of the first 0.1 s."""
    lead = round(lead_s * rate)
    return job(samples, rate, weighting, time, [(lead, method), (len(samples) - lead, "read")])


def steady_job(samples, rate, weighting="A", time="fast", lead_s=1):
    """The last reading has the levels after `lead_s` seconds, in which everything settles."""
    return settled_job(samples, rate, weighting, time, lead_s, "read")


def run_levels(interpreter, jobs):
    """Runs jobs in one process; returns the list of readings for each."""
    command, path = INTERPRETERS[interpreter]
    with tempfile.TemporaryDirectory() as folder:
        jobs_path, pcm_path = pathlib.Path(folder, "jobs"), pathlib.Path(folder, "pcm")
        places = {}
        with open(jobs_path, "w") as lines, open(pcm_path, "wb") as pcm:
            for each in jobs:
                samples = each["samples"]
                if id(samples) not in places:
                    assert samples.dtype == np.int16
                    places[id(samples)] = pcm.tell() // 2
                    pcm.write(samples.tobytes())
                print(json.dumps({**each, "samples": None, "at": places[id(samples)]}), file=lines)
        done = subprocess.run(
            [command, _LEVELS, jobs_path, pcm_path],
            env={**os.environ, "MICROPYPATH": ":".join([".frozen", *map(str, path)])},
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == len(jobs)
    return [[Levels(*levels) for levels in json.loads(line)] for line in lines]


def assert_within(points):
    """Fails with every point outside its limits. A point is (what, value, lowest, highest)."""
    wrong = [
        f"{what}: {value:.4f} is not within [{lowest:.4f}, {highest:.4f}]"
        for what, value, lowest, highest in points
        if not lowest <= value <= highest
    ]
    assert points and not wrong, f"{len(wrong)} of {len(points)}:\n" + "\n".join(wrong)


def near(what, value, expected, tolerance):
    return what, value, expected - tolerance, expected + tolerance


def to_pcm(values):
    return np.rint(np.clip(values, -32768, 32767)).astype(np.int16)


def tone(hz, rate, seconds, level_db=0):
    """A sine that starts at a zero crossing, in LSB, not rounded."""
    n = np.arange(round(seconds * rate))
    return FULL_SCALE * 10 ** (level_db / 20) * np.sin(2 * np.pi * hz / rate * n)


def to_db(mean_square):
    return 10 * np.log10(2 * np.maximum(mean_square, 0.5e-14))  # -140 dB is the module's floor


def weighted(samples, rate, weighting):
    """The weighted signal in float64, as if the first sample had always been there."""
    sections = np.array(_design_sections(rate), dtype=np.float64).reshape(4, 6)
    chain = {"A": sections[:3], "C": sections[:2], "Z": sections[3:]}[weighting]
    x = samples / 32768
    return signal.sosfilt(chain, x, zi=signal.sosfilt_zi(chain) * x[0])[0]


def reference(samples, rate, weighting="A", time="fast"):
    """The expected result of settled_job(), in float64 with an average updated at every sample."""
    lead = rate // 10
    squares = weighted(samples, rate, weighting) ** 2
    keep = math.exp(-1 / (rate * TAU_S[time]))
    start = squares[:lead].mean()
    average = signal.lfilter([1 - keep], [1, -keep], squares[lead:], zi=[keep * start])[0]
    average = to_db(np.append(start, average))
    return Levels(
        to_db(squares.mean()),
        average.max(),
        average.min(),
        to_db((weighted(samples, rate, "C") ** 2).max()),
        *np.percentile(average[rate // 100 :: rate // 100], (90, 50, 10)),  # every 10 ms
        np.abs(samples / 32768).max(),
    )
