# SPDX-License-Identifier: MIT
"""The peer: the same noise monitor as people usually write it in CPython, with paho and scipy.

usage: peer_noise.py run --config FILE

It reads sensord's configuration and publishes the same messages at the same times. numpy and scipy
do all the work: one block a second, no Python code per sample.
"""

import datetime
import json
import signal
import socket
import subprocess
import sys
import tomllib
import urllib.parse

import numpy as np
import paho.mqtt.client as mqtt
from scipy.signal import bilinear_zpk, lfilter, sosfilt, zpk2sos

INTERVAL_S = 1
LEVELS_PER_SECOND = 100
FAST_S = 0.125
SENSITIVITY_DBFS = -26.0
CALIBRATION_DB = 94.0
# IEC 61672-1:2013, annex E: the poles of C are F1 and F4, twice each; A adds F2 and F3.
F1, F2, F3, F4 = 20.598997, 107.65265, 737.86223, 12194.217


def weighting(letter, rate_hz):
    """scipy's SOS of A (three sections) or C (two), by the bilinear transform, 0 dB at 1 kHz."""
    corners = [F1, F1, F4, F4] + ([F2, F3] if letter == "A" else [])
    poles = -2 * np.pi * np.array(corners)
    zeros = np.zeros(len(corners) - 2)
    zeros, poles, _ = bilinear_zpk(zeros, poles, 1.0, rate_hz)
    at_1khz = np.exp(2j * np.pi * 1000 / rate_hz)
    gain = np.prod(np.abs(at_1khz - poles)) / np.prod(np.abs(at_1khz - zeros))
    return zpk2sos(zeros, poles, gain)


class SoundLevel:
    def __init__(self, rate_hz):
        self._a, self._c = weighting("A", rate_hz), weighting("C", rate_hz)
        self._a_state = np.zeros((len(self._a), 2))
        self._c_state = np.zeros((len(self._c), 2))
        share = -np.expm1(-1 / (rate_hz * FAST_S))
        self._fast = [share], [1, share - 1]
        self._fast_state = np.zeros(1)
        self._level_every = rate_hz // LEVELS_PER_SECOND

    def reading(self, pcm):
        samples = pcm / 32768
        a, self._a_state = sosfilt(self._a, samples, zi=self._a_state)
        c, self._c_state = sosfilt(self._c, samples, zi=self._c_state)
        squares = a * a
        weighted, self._fast_state = lfilter(*self._fast, squares, zi=self._fast_state)
        l90, l50, l10 = np.percentile(weighted[:: self._level_every], (10, 50, 90))
        mean_squares = {
            "laeq_db": squares.mean(),
            "lafmax_db": weighted.max(),
            "lafmin_db": weighted.min(),
            "lcpeak_db": np.abs(c).max() ** 2,
            "l10_db": l10,
            "l50_db": l50,
            "l90_db": l90,
        }
        offset = CALIBRATION_DB - SENSITIVITY_DBFS
        fields = {
            name: round(float(10 * np.log10(2 * value + 1e-14)) + offset, 2)
            for name, value in mean_squares.items()
        }
        return {**fields, "overload": bool(np.abs(samples).max() >= 32767 / 32768), "overruns": 0}


def connect(settings, sensor):
    """A client whose loop runs in its own thread, and the topic of the sensor's readings."""
    host = socket.gethostname()
    topic = settings["topic"].replace("{host}", host).replace("{sensor}", sensor)
    status = settings["topic"].replace("{host}", host).replace("{sensor}", "status")

    def on_connect(client, *_):
        client.publish(status, "online", qos=1, retain=True)
        client.publish(topic + "/status", "ok", qos=1, retain=True)

    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="peer-" + host)
    client.on_connect = on_connect
    client.will_set(status, "offline", qos=1, retain=True)
    server = urllib.parse.urlsplit(settings["server"])
    client.connect(server.hostname, server.port, keepalive=30)
    client.loop_start()
    return client, topic


def capture(device, rate_hz):
    period = rate_hz // 10
    return subprocess.Popen(
        ["arecord", "-q", "-D", device, "-t", "raw", "-f", "S16_LE", "-c", "1"]
        + ["-r", str(rate_hz), f"--period-size={period}", f"--buffer-size={5 * period}"],
        stdout=subprocess.PIPE,
    )


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with open(sys.argv[3], "rb") as file:
        config = tomllib.load(file)
    ((name, sensor),) = config["sensor"].items()
    client, topic = connect(config["mqtt"], name)
    level = SoundLevel(sensor["rate"])
    with capture(sensor["device"], sensor["rate"]) as arecord:
        try:
            while block := arecord.stdout.read(2 * sensor["rate"] * INTERVAL_S):
                now = datetime.datetime.now(datetime.UTC)
                time = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
                reading = level.reading(np.frombuffer(block, "<i2"))
                client.publish(topic, json.dumps({"time": time, **reading}), qos=1)
        finally:
            arecord.terminate()
            client.disconnect()


if __name__ == "__main__":
    main()
