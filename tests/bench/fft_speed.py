# SPDX-License-Identifier: MIT
"""emlearn_fft's speed compared to upstream's transform, and the cost of features that use it."""

import json
import pathlib
import statistics
import subprocess

import harness
from results import result
from support import MICROPYTHON

SPEED_GOAL = 2.5  # times upstream's
# A window of motion or of vibration, in times of upstream's transform of 1024.
FEATURES_GOAL = 6
ROUNDS = 200

_HERE = pathlib.Path(__file__).parent


def measure(folder):
    library = harness.build(folder, "fft_harness")
    command = [MICROPYTHON, _HERE / "feature_rounds.py", library, str(ROUNDS)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    us = {name: statistics.median(rounds) for name, rounds in json.loads(done.stdout).items()}
    peer_us = us["peer"]
    found = []
    for title, name in (("real values", "real"), ("complex values", "complex")):
        text = f"emlearn's FFT: {peer_us:.1f} us; ours {us[name]:.2f} us"
        found.append(
            result(
                f"FFT of 1024 {title}: speed",
                peer_us / us[name],
                "times",
                SPEED_GOAL,
                text,
                peer_us,
                better="higher",
            )
        )
    for title, name in (
        ("92 features of 128 samples", "timebased"),
        ("vibration of 1024 samples", "vibration"),
    ):
        text = f"emlearn's FFT of 1024 alone: {peer_us:.1f} us; ours {us[name]:.1f} us"
        found.append(result(title, us[name] / peer_us, "ratio", FEATURES_GOAL, text, peer_us))
    return found
