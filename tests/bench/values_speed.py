# SPDX-License-Identifier: MIT
"""The cost of calibration, filters, statistics and the other steps of a value."""

import json
import pathlib
import statistics
import subprocess

from results import result
from support import MICROPYTHON

STEPS_GOAL_US = 60  # more than without
ROUNDS = 15

_ROUNDS = pathlib.Path(__file__).with_name("value_rounds.py")


def measure():
    command = [MICROPYTHON, _ROUNDS, str(ROUNDS)]
    found = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    plain_us, steps_us = (statistics.median(found[name]) for name in ("plain", "steps"))
    return [
        result(
            "all steps of a value: a sample costs more",
            steps_us - plain_us,
            "us a sample",
            STEPS_GOAL_US,
            f"the check alone: {plain_us:.2f} us; with all steps {steps_us:.2f} us",
            plain_us,
        )
    ]
