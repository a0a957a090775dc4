# SPDX-License-Identifier: MIT
"""`make demo`: all four jobs at once, each MQTT message as it arrives, then a summary.

usage: demo.py [DEVICE]    DEVICE: an ALSA capture device instead of the recording

The microphone is the real arecord on recordings of a voice, the movements are recordings of
exercises, the pictures handwritten digits, the climate comes from the model of a BME280, and the
board's own values are this machine's.
"""

import contextlib
import json
import pathlib
import sys
import tempfile
import time

from fakes.environment import BME280
from fakes.i2c import FakeI2CBus
from fakes.kernel import FakeKernel
from support import ALSA_SOUNDS, TOP, Broker, Daemon, Microphone, Subscriber

SECONDS = 15
RECORDINGS = sorted(ALSA_SOUNDS.glob("[FRS]*.wav"))  # a voice that names the loudspeakers
EXERCISES = ("jumpingjack", "squat", "lunge", "other")
DIGITS = json.dumps(list("0123456789"))

CONFIG = """\
[mqtt]
server = "mqtt://127.0.0.1:{port}"

[sensor.noise]
type = "sound"
device = "{device}"
rate = {rate}

[sensor.activity]
type = "motion"
model = "{top}/packaging/models/exercise.trees.csv"
labels = ["jumpingjack", "lunge", "other", "squat"]
replay = "{exercises}"

[sensor.picture]
type = "image"
model = "{top}/tests/data/cnn/mnist_cnn_int8.tflite"
labels = {digits}
replay = "{top}/tests/data/cnn/mnist"

[sensor.climate]
type = "i2c"
driver = "bme280"
interval = "5 s"

[sensor.board]
type = "system"
interval = "5 s"

[action.applause]
when = 'activity.label == "squat"'
publish = "demo/applause"
"""


def show(topic, payload):
    print(f"{topic}  {payload}", flush=True)


def join_exercises(path):
    """A recording of some exercises, one after the other: .npy, int16, N x 3."""
    data = b""
    for exercise in EXERCISES:
        recording = sorted((TOP / "tests/data/har/exercise").glob(f"*_{exercise}.npy"))[-1]
        content = recording.read_bytes()
        data += content[10 + int.from_bytes(content[8:10], "little") :][: 400 * 6]
    header = f"{{'descr': '<i2', 'fortran_order': False, 'shape': ({len(data) // 6}, 3), }}"
    header = header.ljust(117) + "\n"
    path.write_bytes(
        b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + data
    )


def summary(daemon, subscriber):
    readings = {}
    for topic, payload, _, _ in subscriber.messages:
        if payload.startswith("{"):
            readings.setdefault(topic.rsplit("/", 1)[-1], []).append(json.loads(payload))
    missing = {"noise", "activity", "picture", "climate", "board"} - set(readings)
    if missing:
        sys.exit(f"no reading of {', '.join(sorted(missing))}; sensord's log: {daemon.messages()}")
    levels = [reading["laeq_db"] for reading in readings["noise"]]
    labels = [reading["label"] for reading in readings["activity"]]
    digits = "".join(reading["label"] for reading in readings["picture"])
    return (
        f"{len(subscriber.messages)} messages, LAeq {min(levels):.1f} to {max(levels):.1f} dB, "
        f"{sum(reading['overruns'] for reading in readings['noise'])} overruns, "
        f"activities {' '.join(sorted(set(labels)))}, digits {digits}, "
        f"{readings['climate'][-1]['temperature_c']:.1f} °C"
    )


def main():
    device = sys.argv[1] if len(sys.argv) > 1 else None
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        broker = stack.enter_context(Broker(folder))
        subscriber = stack.enter_context(Subscriber(broker, on_message=show))
        bus = FakeI2CBus({0x76: BME280()})
        kernel = stack.enter_context(FakeKernel(folder, {"/dev/i2c-1": bus}))
        environment, rate = dict(kernel.environment), 16000
        if device is None:
            microphone = stack.enter_context(Microphone(folder, RECORDINGS))
            environment.update(microphone.environment)
            rate = microphone.rate
            print(f"microphone: arecord on {len(RECORDINGS)} recordings from {ALSA_SOUNDS}")
        else:
            print(f"microphone: {device}")
        exercises = folder / "exercises.npy"
        join_exercises(exercises)
        config = CONFIG.format(
            port=broker.port, device=device or "mic", rate=rate, top=TOP, exercises=exercises,
            digits=DIGITS,
        )  # fmt: skip
        daemon = stack.enter_context(Daemon(folder, config, environment))
        time.sleep(SECONDS)
        if daemon.process.poll() is not None:
            sys.exit("sensord ended early: " + daemon.messages())
        memory, cpu = daemon.memory_kb(), daemon.cpu_s()
        alive_s = time.monotonic() - daemon.started
        status = daemon.stop()
        if status != 0:
            sys.exit(f"sensord ended with {status}: {daemon.messages()}")
        print(
            f"{summary(daemon, subscriber)}, RSS {memory['Rss']} kB, "
            f"private {memory['Private']} kB, CPU {100 * cpu / alive_s:.2f} %"
        )


if __name__ == "__main__":
    main()
