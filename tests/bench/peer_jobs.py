# SPDX-License-Identifier: MIT
"""The peer of all four jobs: one CPython program with paho, numpy, scipy, scikit-learn and LiteRT.

usage: peer_jobs.py run --config FILE

It reads sensord's configuration and does the jobs in its tables as people usually write them: a
thread for each, with the libraries doing the work.
"""

import json
import pathlib
import signal
import sys
import threading
import time
import tomllib

import numpy as np
import scipy.stats
from ai_edge_litert.interpreter import Interpreter
from peer_noise import SoundLevel, capture, connect
from sklearn.ensemble import ExtraTreesClassifier


def noise(table, publish):
    level = SoundLevel(table["rate"])
    with capture(table["device"], table["rate"]) as arecord:
        while block := arecord.stdout.read(2 * table["rate"]):
            publish(level.reading(np.frombuffer(block, "<i2")))


def features(window):
    """Features of each axis that libraries provide; fewer than sensord's 92."""
    return np.concatenate(
        [
            window.mean(0), window.std(0), np.abs(window).max(0), np.median(window, 0),
            scipy.stats.iqr(window, axis=0), (window.astype(float) ** 2).mean(0),
            np.abs(np.diff(window, axis=0)).mean(0), scipy.stats.kurtosis(window, axis=0),
        ]
    )  # fmt: skip


def activity(table, publish):
    samples = np.load(table["replay"], mmap_mode="r")
    rate, labels = table["rate"], table["labels"]
    rng = np.random.default_rng(1)
    # Its training does not matter here, only that it is a forest of that size.
    model = ExtraTreesClassifier(10, max_leaf_nodes=40, random_state=1)
    model.fit(rng.standard_normal((400, 24)), rng.choice(labels, 400))
    begun = time.monotonic()
    for end in range(4 * rate, len(samples), rate):
        time.sleep(max(0, begun + end / rate - time.monotonic()))
        (probabilities,) = model.predict_proba([features(samples[end - 4 * rate : end])])
        publish({"label": labels[probabilities.argmax()], **dict(zip(labels, probabilities))})


def picture(table, publish):
    interpreter = Interpreter(table["model"], num_threads=1)
    interpreter.allocate_tensors()
    (entry,), (result,) = interpreter.get_input_details(), interpreter.get_output_details()
    begun, interval_s = time.monotonic(), int(table["interval"].split()[0]) / 1000
    for i, path in enumerate(sorted(pathlib.Path(table["replay"]).iterdir())):
        time.sleep(max(0, begun + i * interval_s - time.monotonic()))
        pixels = np.frombuffer(path.read_bytes()[-9216:], np.uint8).astype(np.int16) - 128
        interpreter.set_tensor(entry["index"], pixels.astype(np.int8).reshape(entry["shape"]))
        interpreter.invoke()
        values = (interpreter.get_tensor(result["index"])[0].astype(float) + 128) / 256
        publish(dict(zip(table["labels"], values)))


def board(table, publish):
    while True:
        load = pathlib.Path("/proc/loadavg").read_text().split()
        publish({"load_1min": float(load[0])})
        time.sleep(1)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with open(sys.argv[3], "rb") as file:
        config = tomllib.load(file)
    client, topic = connect(config["mqtt"], "noise")
    jobs = {"noise": noise, "activity": activity, "picture": picture, "board": board}
    for name, table in config["sensor"].items():

        def publish(fields, name=name):
            rounded = {
                k: round(float(v), 3) if not isinstance(v, str) else v for k, v in fields.items()
            }
            client.publish(topic.replace("noise", name), json.dumps(rounded), qos=1)

        threading.Thread(target=jobs[name], args=(table, publish), daemon=True).start()
    signal.pause()


if __name__ == "__main__":
    main()
