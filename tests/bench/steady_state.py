# SPDX-License-Identifier: MIT
"""Memory and CPU time of the noise monitors while they run, connected to a real broker."""

import json
import pathlib
import statistics
import time

from monitors import PEER_TEXT
from results import result
from support import Broker, Subscriber, wait_until

PRIVATE_GOAL_KB = 600
RSS_GOAL_KB = 4500
CPU_GOAL = 0.5  # of the peer's

WARM_UP_READINGS = 5
WINDOWS = 8
WINDOW_S = 4
SECONDS = WINDOWS * WINDOW_S

# Their filters are designed differently: at 16 kHz the bilinear transform is off by some dB above
# 6 kHz, where speech has little energy.
_AGREE_DB = 1.0


def cpu_ns(pid):
    """CPU time of all threads, from the scheduler: clock ticks are too coarse for 0.1 %."""
    files = pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(file.read_text().split()[0]) for file in files)


class _Observer:
    """Records a monitor's CPU share per window and its largest memory."""

    def __init__(self, daemon):
        self._daemon = daemon
        self._shares = []
        self.memory_kb = daemon.memory_kb()
        self._at = self._now()

    def _now(self):
        return time.monotonic_ns(), cpu_ns(self._daemon.pid)

    def end_window(self):
        wall, cpu = self._at
        self._at = self._now()
        self._shares.append(100 * (self._at[1] - cpu) / (self._at[0] - wall))
        for name, size in self._daemon.memory_kb().items():
            self.memory_kb[name] = max(self.memory_kb[name], size)

    @property
    def cpu_percent(self):
        return statistics.median(self._shares)


def _check_same_job(subscriber, ours, peer):
    """Checks that both published a reading a second with the same levels, from one recording."""
    levels = {ours.name: [], peer.name: []}
    for topic, payload, _, _ in subscriber.messages:
        levels[topic.split("/")[0]].append(json.loads(payload)["laeq_db"])
    count = min(len(found) for found in levels.values())
    assert count >= SECONDS, f"too few readings: {levels}"
    pairs = zip(levels[ours.name], levels[peer.name])
    differences = [abs(a - b) for a, b in pairs]
    assert statistics.median(differences) < _AGREE_DB, f"the monitors disagree: {levels}"


def measure(folder, ours, peer):
    """Runs both at the same time, side by side. Returns the results."""
    with (
        Broker(folder) as broker,
        Subscriber(broker, "+/+/noise") as subscriber,
        ours.start(broker.port) as our_daemon,
        peer.start(broker.port) as peer_daemon,
    ):
        wait_until(
            lambda: len(subscriber.messages) >= 2 * WARM_UP_READINGS, 60, "the first readings"
        )
        mine, theirs = _Observer(our_daemon), _Observer(peer_daemon)
        for _ in range(WINDOWS):
            time.sleep(WINDOW_S)
            mine.end_window()
            theirs.end_window()
        _check_same_job(subscriber, ours, peer)
    return _results(mine, theirs)


def _results(mine, theirs):
    found = []
    for title, key, goal in (
        ("noise monitor: private memory", "Private", PRIVATE_GOAL_KB),
        ("noise monitor: resident memory", "Rss", RSS_GOAL_KB),
    ):
        peer_kb = theirs.memory_kb[key]
        text = f"{PEER_TEXT}: {peer_kb} kB"
        found.append(result(title, mine.memory_kb[key], "kB", goal, text, peer_kb))
    ours, peers = mine.cpu_percent, theirs.cpu_percent
    text = f"{PEER_TEXT}: {peers:.2f} % of a core; sensord {ours:.2f} % (without arecord)"
    name = "noise monitor: CPU time, 16 kHz"
    found.append(result(name, ours / peers, "ratio", CPU_GOAL, text, peers))
    return found
