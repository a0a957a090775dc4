# SPDX-License-Identifier: MIT
"""The whole way: real arecord -> levels -> real mosquitto, and how the daemon leaves."""

import json
import re
import signal
import socket
import time

import pytest
from support import ALSA_SOUNDS, wait_until

HOST = socket.gethostname()

CONFIG = """
[mqtt]
server = "mqtt://127.0.0.1:{port}"

[sensor.noise]
type = "sound"
device = "mic"
rate = 48000
interval = "500 ms"

[sensor.board]
type = "system"
interval = "1 s"
"""


def test_readings_arrive_in_the_documented_form(broker, subscriber, microphone, daemon):
    """Without this nobody sees a sound level: the product's main job."""
    daemon(CONFIG.format(port=broker.port), microphone.environment)
    subscriber.wait_for(f"sensord/{HOST}/noise", 4)
    for reading in subscriber.readings(f"sensord/{HOST}/noise")[:4]:
        # Whether an NTP client has set this machine's clock is not ours to say.
        reading.pop("time_synchronized", None)
        assert list(reading) == [
            "time", "id", "laeq_db", "lafmax_db", "lafmin_db", "lcpeak_db",
            "l10_db", "l50_db", "l90_db", "overload", "overruns",
        ]  # fmt: skip
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", reading["time"])
        assert 40 < reading["lafmin_db"] <= reading["l90_db"] + 0.1
        assert reading["lafmin_db"] < reading["laeq_db"] < reading["lafmax_db"] < 120
        assert reading["overruns"] == 0 and reading["overload"] is False
    assert subscriber.payloads(f"sensord/{HOST}/status") == ["online"]
    assert subscriber.payloads(f"sensord/{HOST}/noise/status") == ["ok"]
    board = subscriber.readings(f"sensord/{HOST}/board")[0]
    assert {"load_1min", "memory_used_percent", "disk_free_mib", "uptime_s"} <= set(board)


@pytest.mark.quiet
def test_readings_keep_the_pace_of_the_sound(broker, subscriber, microphone, daemon):
    """A monitor that drifts would report a day's noise in less or more than a day."""
    daemon(CONFIG.format(port=broker.port), microphone.environment)
    topic = f"sensord/{HOST}/noise"
    subscriber.wait_for(topic, 11, 20)
    times = [arrival for name, _, arrival, _ in subscriber.messages if name == topic]
    assert abs((times[10] - times[0]) / 10 - 0.5) < 0.05


def test_sigterm_says_goodbye_within_two_seconds(broker, subscriber, microphone, daemon):
    """systemctl stop must be quick, leave no arecord behind and tell the broker."""
    running = daemon(CONFIG.format(port=broker.port), microphone.environment)
    subscriber.wait_for(f"sensord/{HOST}/noise")
    children = _children(running.pid)
    assert any("arecord" in command for command in children.values()), children
    start = time.monotonic()
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(5) == 0
    assert time.monotonic() - start < 2
    subscriber.wait_for(f"sensord/{HOST}/status", 1, payload="offline")
    wait_until(lambda: not any(_alive(pid) for pid in children), 2, "arecord ends")


def test_kill_leaves_the_will(broker, subscriber, microphone, daemon):
    """A board that loses power must not look online for ever."""
    running = daemon(CONFIG.format(port=broker.port), microphone.environment)
    subscriber.wait_for(f"sensord/{HOST}/noise")
    children = _children(running.pid)
    running.process.kill()
    subscriber.wait_for(f"sensord/{HOST}/status", 1, payload="offline")
    wait_until(lambda: not any(_alive(pid) for pid in children), 2, "arecord ends")


def test_without_a_broker_readings_go_to_standard_output(daemon):
    """The default configuration has no broker: the journal is where a new user looks."""
    running = daemon(f"""
[sensor.board]
type = "system"
interval = "200 ms"
[sensor.noise]
type = "sound"
replay = "{ALSA_SOUNDS}/Front_Center.wav"
replay_speed = "max"
interval = "500 ms"
""")
    wait_until(lambda: running.output().count("board {") >= 3, 5, "three readings of the board")
    lines = [line.split(" ", 1) for line in running.output().splitlines()]
    noise = [json.loads(payload) for sensor, payload in lines if sensor == "noise"]
    assert len(noise) == 2  # of 1.43 s


def test_a_replay_ends_the_daemon_with_everything_delivered(broker, subscriber, daemon):
    """Evaluating a recording is a command that ends, and that loses nothing."""
    running = daemon(f"""
[mqtt]
server = "mqtt://127.0.0.1:{broker.port}"
[sensor.noise]
type = "sound"
replay = "{ALSA_SOUNDS}/Noise.wav"
replay_speed = "max"
interval = "100 ms"
""")
    assert running.process.wait(10) == 0, running.messages()
    wait_until(lambda: subscriber.payloads(f"sensord/{HOST}/status")[-1:] == ["offline"], 5, "end")
    assert len(subscriber.payloads(f"sensord/{HOST}/noise")) == 14


def _children(pid):
    found = {}
    with open(f"/proc/{pid}/task/{pid}/children") as children:
        for child in children.read().split():
            with open(f"/proc/{child}/cmdline", "rb") as command:
                found[int(child)] = command.read().decode()
    return found


def _alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
