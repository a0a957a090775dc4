# SPDX-License-Identifier: MIT
"""A microphone in trouble, and trouble elsewhere that must not reach the microphone."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from support import TOP, free_port, wait_until

HOST = socket.gethostname()
# The build root is no mount point of its own, which changing the propagation would need.
UNSHARE = ["unshare", "--net", "--mount", "--propagation", "unchanged"]

NOISE = """
[sensor.noise]
type = "sound"
device = "{device}"
rate = 48000
interval = "500 ms"
"""
BOARD = """
[sensor.board]
type = "system"
interval = "200 ms"
"""
MQTT = """
[mqtt]
server = "mqtt://{server}"
[journal]
readings = true
"""


def arecord_of(daemon):
    with open(f"/proc/{daemon.pid}/task/{daemon.pid}/children") as children:
        for child in map(int, children.read().split()):
            with open(f"/proc/{child}/cmdline", "rb") as command:
                if b"arecord" in command.read():
                    return child
    return None


def noise_readings(daemon):
    lines = [line.split(" ", 1) for line in daemon.output().splitlines()]
    return [json.loads(payload) for sensor, payload in lines if sensor == "noise"]


def test_a_wrong_device_is_one_message_with_the_devices_there_are(microphone, daemon):
    """A misspelt device is the first mistake everyone makes; the message must end the search."""
    running = daemon(NOISE.format(device="mik") + BOARD, microphone.environment)
    running.wait_for_message('capture device "mik"')
    message = [line for line in running.messages().splitlines() if "mik" in line]
    assert len(message) == 1
    assert "cannot be opened (audio open error: No such file or directory)" in message[0]
    assert message[0].endswith("capture devices here: mic")
    # The other sensor does not notice.
    wait_until(lambda: running.output().count("board {") >= 10, 5, "the board's readings")


def test_missing_arecord_names_the_package(daemon, tmp_path):
    """On a minimal system the message must say what to install."""
    (tmp_path / "empty").mkdir()
    running = daemon(NOISE.format(device="default"), {"PATH": str(tmp_path / "empty")})
    running.wait_for_message("noise: arecord is missing: install the package alsa-utils")


def test_a_device_that_dies_is_opened_again(microphone, daemon):
    """A USB microphone pulled and plugged in again must not need a restart of the daemon."""
    running = daemon(NOISE.format(device="mic"), microphone.environment)
    wait_until(lambda: noise_readings(running), 5, "a reading")
    os.kill(arecord_of(running), signal.SIGKILL)
    running.wait_for_message('noise: capture device "mic": arecord ended')
    # A reading from before the fault can still be on its way: the sensor's own word counts.
    running.wait_for_message("noise: ok", count=2)
    before = len(noise_readings(running))
    wait_until(lambda: len(noise_readings(running)) > before, 5, "a reading after the fault")


def test_the_delay_between_attempts_grows(tmp_path, daemon):
    """A device that stays away must not keep the processor busy."""
    program = tmp_path / "arecord"
    program.write_text(f'#!/bin/sh\ndate +%s.%N >> {tmp_path}/attempts\necho "gone" >&2\nexit 1\n')
    program.chmod(0o755)
    daemon(NOISE.format(device="mic"), {"PATH": f"{tmp_path}:{os.environ['PATH']}"})

    def attempts():
        path = tmp_path / "attempts"
        return [float(line) for line in path.read_text().split()] if path.exists() else []

    # Every attempt asks for the device once and for the list of devices once.
    times = wait_until(lambda: attempts() if len(attempts()) >= 7 else None, 20, "four attempts")
    gaps = [b - a for a, b in zip(times[0::2], times[2::2], strict=False)]
    assert gaps[1] > 1.6 * gaps[0] and gaps[2] > 1.6 * gaps[1], gaps


def test_a_device_that_falls_silent_is_a_fault_and_opened_again(microphone, daemon):
    """A driver that hangs without an error is worse than one that fails: it must be noticed."""
    running = daemon(NOISE.format(device="mic") + BOARD, microphone.environment)
    wait_until(lambda: noise_readings(running), 5, "a reading")
    first = arecord_of(running)
    os.kill(first, signal.SIGSTOP)
    running.wait_for_message("noise: no data for 10 s", 15)
    before = len(noise_readings(running))
    wait_until(lambda: len(noise_readings(running)) > before, 5, "a reading after the fault")
    assert arecord_of(running) != first


def test_overruns_are_counted_and_published(microphone, daemon):
    """A level made of what was left of the sound must be recognisable as such."""
    fake = microphone_with_message("overrun!!! (at least 41.500 ms long)")
    environment = {**microphone.environment, "PATH": fake + ":" + os.environ["PATH"]}
    running = daemon(NOISE.format(device="mic"), environment)
    wait_until(lambda: len(noise_readings(running)) >= 3, 5, "readings")
    assert sum(reading["overruns"] for reading in noise_readings(running)) == 1


@pytest.fixture(autouse=True)
def _fake_folder(tmp_path):
    microphone_with_message.folder = tmp_path / "fake"


def microphone_with_message(text):
    """A folder with an `arecord` that says one line more than the real one, which it runs.

    An overrun needs a sound card's clock; what arecord says of one is known.
    """
    folder = microphone_with_message.folder
    folder.mkdir()
    program = folder / "arecord"
    program.write_text(f"#!/bin/sh\necho '{text}' >&2\nexec /usr/bin/arecord \"$@\"\n")
    program.chmod(0o755)
    return str(folder)


def test_a_device_with_another_rate_is_an_error_not_wrong_levels(microphone, daemon):
    """arecord only warns: every frequency would be weighted wrongly."""
    fake = microphone_with_message(
        "Warning: rate is not accurate (requested = 48000Hz, got = 44100Hz)"
    )
    environment = {**microphone.environment, "PATH": fake + ":" + os.environ["PATH"]}
    running = daemon(NOISE.format(device="mic"), environment)
    running.wait_for_message(
        "gives 44100 Hz, not 48000 Hz: set that rate, or use a plughw: device"
    )
    assert noise_readings(running) == []


def test_a_silent_broker_does_not_touch_the_sound(microphone, daemon):
    """A broker that accepts and then says nothing is the network fault nobody tests."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        config = MQTT.format(server=f"127.0.0.1:{port}") + NOISE.format(device="mic")
        running = daemon(config, microphone.environment)
        assert_sound_is_complete(running, seconds=12)
    message = "the broker accepted the connection and then said nothing"
    assert message in running.messages()


def test_a_dead_resolver_does_not_touch_the_sound(tmp_path):
    """A name server that does not answer blocks getaddrinfo() for seconds, again and again."""
    # Name servers cannot be configured per process: the test runs in a network and mount name
    # space of its own, where a socket that never answers is the only one.
    done = subprocess.run(
        UNSHARE + [sys.executable, __file__, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(TOP / "tests")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode()


def dead_resolver(folder):
    from support import ALSA_SOUNDS, Daemon, Microphone

    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    (folder / "resolv.conf").write_text("nameserver 127.0.0.53\noptions timeout:2 attempts:2\n")
    resolver = ["mount", "--bind", folder / "resolv.conf", "/etc/resolv.conf"]
    subprocess.run(resolver, check=True)
    config = MQTT.format(server="broker.example:1883") + NOISE.format(device="mic")
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.53", 53))
    with (
        silent,
        Microphone(folder, [ALSA_SOUNDS / "Front_Center.wav"]) as microphone,
        Daemon(folder, config, microphone.environment) as running,
    ):
        assert_sound_is_complete(running, seconds=12)
        silent.settimeout(1)
        assert b"broker" in silent.recv(512), "the resolver was never asked"
        assert "broker.example" in running.messages(), running.messages()


def assert_sound_is_complete(running, seconds):
    """Every reading came when it was due: nothing else held the capture up."""
    wait_until(lambda: noise_readings(running), 5, "a reading")
    arrivals = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        count = len(noise_readings(running))
        while len(arrivals) < count:
            arrivals.append(time.monotonic())
        time.sleep(0.01)
    gaps = [b - a for a, b in zip(arrivals, arrivals[1:], strict=False)]
    # The machine's other work may delay a reading once, but not hold several back.
    assert len(arrivals) >= 2 * seconds - 3, f"{len(arrivals)} readings in {seconds} s"
    assert max(gaps) < 1.5, gaps
    assert sum(reading["overruns"] for reading in noise_readings(running)) == 0


def test_a_refused_connection_says_so(microphone, daemon):
    """The most common mistake with a broker: it does not run, or on another port."""
    port = free_port()
    running = daemon(MQTT.format(server=f"127.0.0.1:{port}") + BOARD)
    running.wait_for_message(f"mqtt://127.0.0.1:{port}: Connection refused")


if __name__ == "__main__":
    import pathlib

    dead_resolver(pathlib.Path(sys.argv[1]))
