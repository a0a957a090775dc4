# SPDX-License-Identifier: MIT
"""The cost of all four jobs at once and of each alone, and how late a label comes."""

import json
import pathlib
import statistics
import sys
import time

import numpy as np
import paho.mqtt.client as mqtt
import person_network
from fakes import motion
from fakes.i2c import FakeI2CBus
from fakes.kernel import FakeKernel
from monitors import PEER_TEXT
from recording import RATE_HZ
from results import result
from steady_state import cpu_ns
from support import SENSORD, TOP, Broker, Daemon, Microphone, Subscriber, wait_until

PRIVATE_GOAL_KB = 1500
RSS_GOAL_KB = 6000
# CPU time, of the peer's
WINDOW_GOAL = 0.5  # a window of motion, with its samples
PICTURES_GOAL = 3  # 10 pictures a second; LiteRT uses AVX-512 where the processor has it
CPU_GOAL = 2  # all four jobs
LATENCY_GOAL = 6  # times that of a message alone
SECONDS = 20
ALONE_SECONDS = 10
WINDOWS = 30

_PEER = (sys.executable, pathlib.Path(__file__).with_name("peer_jobs.py"))
_LABELS = ["jumpingjack", "lunge", "other", "squat"]
_FOREST = TOP / "packaging/models/exercise.trees.csv"
_RECORDING = sorted((TOP / "tests/data/har/exercise").glob("*_squat.npy"))[-1]


def _tables(folder):
    """The [sensor.…] tables of the jobs, by name, with the recordings they need."""
    movements = folder / "movements.npy"
    np.save(movements, np.tile(np.load(_RECORDING), (20, 1)))
    model = person_network.write(folder / "person.tflite")
    pictures = folder / "pictures"
    pictures.mkdir()
    rng = np.random.default_rng(1)
    side = person_network.SIZE
    for i in range(10 * (SECONDS + 40)):
        header = b"P5\n%d %d\n255\n" % (side, side)
        pixels = rng.integers(0, 256, side * side, np.uint8)
        (pictures / f"{i:05}.pgm").write_bytes(header + pixels.tobytes())
    return {
        "noise": {"type": "sound", "device": "mic", "rate": RATE_HZ, "interval": "1 s"},
        "activity": {
            "type": "motion", "model": str(_FOREST), "labels": _LABELS, "rate": 100,
            "replay": str(movements),
        },
        "picture": {
            "type": "image", "model": str(model), "labels": ["none", "person"],
            "interval": "100 ms", "replay": str(pictures),
        },
        "board": {"type": "system", "interval": "1 s"},
    }  # fmt: skip


def _config(tables, names, port, topic):
    lines = ["[mqtt]", f'server = "mqtt://127.0.0.1:{port}"', f'topic = "{topic}/{{sensor}}"']
    for name in names:
        lines.append(f"[sensor.{name}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in tables[name].items()]
    return "\n".join([*lines, ""])


class _Run:
    """A running daemon or its peer. Attributes: cpu, % of a core; memory_kb."""

    def __init__(self, folder, recording, command, config):
        folder.mkdir()
        self._microphone = Microphone(folder, [recording])
        self.daemon = Daemon(folder, config, self._microphone.environment, command)

    def begin(self):
        self._start = time.monotonic_ns(), cpu_ns(self.daemon.pid)

    def end(self):
        wall, cpu = self._start
        spent = cpu_ns(self.daemon.pid) - cpu
        self.cpu = 100 * spent / (time.monotonic_ns() - wall)
        self.memory_kb = self.daemon.memory_kb()
        if self.daemon.process.poll() is not None:
            raise AssertionError(self.daemon.messages())

    def stop(self):
        self.daemon.stop()
        self._microphone.stop()


def _side_by_side(folder, recording, tables, names, seconds):
    """(ours, the peer's) _Run of some jobs, both at the same time."""
    with Broker(folder) as broker, Subscriber(broker, "+/+") as subscriber:
        runs = [
            _Run(
                folder / f"{title}-{'-'.join(names)}", recording, command,
                _config(tables, names, broker.port, title),
            )
            for title, command in (("ours", (SENSORD,)), ("peer", _PEER))
        ]  # fmt: skip
        wanted = {f"{title}/{name}" for title in ("ours", "peer") for name in names}
        wait_until(
            lambda: wanted <= {message[0] for message in list(subscriber.messages)}, 60,
            f"all of {wanted}",
        )  # fmt: skip
        for run in runs:
            run.begin()
        time.sleep(seconds)
        for run in runs:
            run.end()
        for run in runs:
            run.stop()
    return runs


def _arrivals(subscriber):
    """When the client's messages came, once all of them are there."""
    found = [at for topic, _, at, _ in list(subscriber.messages) if topic == "peer/activity"]
    return found if len(found) >= WINDOWS else None


def _message_ms(port, subscriber):
    """How long messages of a connected client take through a broker to its subscriber."""
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    sent = []
    for _ in range(WINDOWS):
        time.sleep(0.05)  # as from the daemon, one that finds all asleep
        sent.append(time.monotonic())
        client.publish("peer/activity", "{}", qos=1)
    arrived = wait_until(lambda: _arrivals(subscriber), 30, "messages")
    client.disconnect()
    client.loop_stop()
    return [1000 * (at - begun) for begun, at in zip(sent, arrived, strict=True)]


def _latencies_ms(folder):
    """How long after the last sample of each window its label arrived, from an MPU6050's FIFO to a
    subscriber of a broker; and how long a message alone takes through that broker."""
    samples = np.tile(np.load(_RECORDING), (WINDOWS, 1)).tolist()
    bus = FakeI2CBus({0x68: motion.MPU(samples)})
    tables = {
        "activity": {
            "type": "motion", "model": str(_FOREST), "labels": _LABELS, "rate": 100,
            "driver": "mpu6050", "hop": "500 ms",
        }
    }  # fmt: skip
    (folder / "chip").mkdir()
    with FakeKernel(folder / "chip", {"/dev/i2c-1": bus}) as kernel, Broker(folder) as broker:
        config = _config(tables, tables, broker.port, "ours")
        with (
            Subscriber(broker, "+/activity") as subscriber,
            Daemon(folder / "chip", config, kernel.environment),
        ):
            wait_until(lambda: len(subscriber.messages) >= WINDOWS, 60, "windows")
            labels = subscriber.messages[:WINDOWS]
            alone = _message_ms(broker.port, subscriber)
    chip = bus.chips[0x68]
    found = []
    for i, (_, _, arrived, _) in enumerate(labels):
        last = 400 + 50 * i  # so many samples there were when the window was full
        found.append(1000 * (arrived - (chip.began + last / chip.rate)))
    return found, alone


def measure(folder, recording):
    tables = _tables(folder)
    ours, peer = _side_by_side(folder, recording, tables, list(tables), SECONDS)
    peer_text = PEER_TEXT + ", scikit-learn, LiteRT"
    for key, title, goal in (
        ("Private", "private", PRIVATE_GOAL_KB),
        ("Rss", "resident", RSS_GOAL_KB),
    ):
        peer_kb = peer.memory_kb[key]
        text = f"{peer_text}: {peer_kb} kB"
        yield result(f"four jobs: {title} memory", ours.memory_kb[key], "kB", goal, text, peer_kb)
    text = f"{peer_text}: {peer.cpu:.2f} % of a core; sensord {ours.cpu:.2f} % (without arecord)"
    yield result("four jobs: CPU time", ours.cpu / peer.cpu, "ratio", CPU_GOAL, text, peer.cpu)
    ours, peer = _side_by_side(folder, recording, tables, ["activity"], ALONE_SECONDS)
    text = (
        f"{peer_text}, with fewer features: {10 * peer.cpu:.2f} ms; sensord {10 * ours.cpu:.2f} ms"
    )
    yield result(
        "activity: CPU time of a window of 4 s at 100 Hz", ours.cpu / peer.cpu, "ratio",
        WINDOW_GOAL, text, 10 * peer.cpu,
    )  # fmt: skip
    ours, peer = _side_by_side(folder, recording, tables, ["picture"], ALONE_SECONDS)
    text = f"{peer_text}: {peer.cpu:.1f} % of a core; sensord {ours.cpu:.1f} %"
    yield result(
        "pictures: 10 a second, 96 x 96, 7 million multiply-adds", ours.cpu / peer.cpu, "ratio",
        PICTURES_GOAL, text, peer.cpu,
    )  # fmt: skip
    latencies, alone = _latencies_ms(folder)
    ours_ms, alone_ms = statistics.median(latencies), statistics.median(alone)
    text = (
        f"a message of paho's through the same broker: {alone_ms:.2f} ms; sensord "
        f"{ours_ms:.2f} ms, the slowest of {len(latencies)} {max(latencies):.1f} ms"
    )
    yield result(
        "activity: from a window's last sample to the message", ours_ms / alone_ms, "ratio",
        LATENCY_GOAL, text, alone_ms,
    )  # fmt: skip
