# SPDX-License-Identifier: MIT
"""How fast readings stored on disk are sent, compared to a loop that sends from memory."""

import statistics
import subprocess

from results import result
from support import MICROPYTHON, TOP, Broker

ROUNDS = 7
GOAL = 0.5  # of the bare loop's rate


def measure(folder):
    """Both against the same broker, in turns. Returns the results."""
    with Broker(folder, ["log_type none"]) as broker:
        done = subprocess.run(
            [MICROPYTHON, TOP / "tests/bench/drain_rounds.py"]
            + [str(broker.port), folder / "outbox", str(ROUNDS)],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=120,
        )
    pairs = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    assert len(pairs) == ROUNDS, done.stdout
    bare = statistics.median(pair[0] for pair in pairs)
    ratio = statistics.median(pair[1] / pair[0] for pair in pairs)
    text = f"a bare QoS 1 loop with the same window: {bare:.0f} readings/s"
    name = "outbox: 10,000 stored readings sent"
    return [result(name, ratio, "ratio", GOAL, text, bare, better="higher")]
