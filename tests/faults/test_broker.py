# SPDX-License-Identifier: MIT
"""A broker that dies, hangs, refuses, sends garbage, or sends more than was requested."""

import contextlib
import random
import signal
import socket
import subprocess
import threading
import time

import pytest
from support import stop
from trial import Trial

HOST = socket.gethostname()


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_killed_and_started_again(tmp_path, row, version):
    chance = random.Random(2026)
    slowest = 0
    with Trial(tmp_path, version=version) as trial:
        for _ in range(10):
            trial.broker.process.kill()
            trial.broker.process.wait()
            time.sleep(chance.uniform(0, 6))
            trial.broker.start()
            slowest = max(slowest, trial.recovered())
            time.sleep(chance.uniform(0, 2))
        trial.judge(row, f"broker killed 10 times, MQTT {version}", slowest)


def test_stopped_for_minutes(tmp_path, row):
    """A half-open connection: the kernel accepts the data, but no one answers."""
    with Trial(tmp_path) as trial:
        trial.broker.process.send_signal(signal.SIGSTOP)
        start = time.monotonic()
        trial.daemon.wait_for_message("no answer from the broker", 9)
        noticed_s = time.monotonic() - start
        time.sleep(120 - noticed_s)
        trial.broker.process.send_signal(signal.SIGCONT)
        trial.judge(row, "broker stopped for 2 minutes", trial.recovered())
    assert noticed_s <= 1.5 * 5 + 1


def test_refusing(tmp_path, row):
    """The passwords are changed, and later changed back."""
    passwords = tmp_path / "passwords"

    def set_password(password):
        subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "me", password], check=True)

    set_password("right")
    mqtt = 'username = "me"\npassword = "right"\n'
    lines = [f"password_file {passwords}"]
    with Trial(tmp_path, mqtt, lines=lines) as trial:
        set_password("wrong")
        trial.broker.stop()
        trial.broker.start()
        trial.daemon.wait_for_message("refused: ")
        time.sleep(30)
        set_password("right")
        trial.broker.process.send_signal(signal.SIGHUP)
        recovery_s = trial.recovered()
        assert "right" not in trial.daemon.messages()
        trial.judge(row, "broker refuses for 30 s", recovery_s)


class Impostor:
    """Takes the broker's port for a time: plays `act(connection)` for each connection."""

    def __init__(self, port, act):
        self._server = socket.create_server(("127.0.0.1", port))
        self._act = act
        self._client = None
        self.count = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            self.count += 1
            self._client = client
            client.settimeout(8)
            with contextlib.suppress(OSError):
                self._act(client)
            client.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # accept() and an open connection would keep the port in use.
        if self._client is not None:
            with contextlib.suppress(OSError):
                self._client.shutdown(socket.SHUT_RDWR)
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(10)


def garbage(client):
    client.recv(4096)
    client.sendall(random.Random(1).randbytes(5000))


def accept_and_garbage(client):
    client.recv(4096)
    client.sendall(b"\x20\x03\x00\x00\x00")
    client.sendall(random.Random(2).randbytes(100000))


def storm(client):
    """Sends messages without a subscription, as fast as they are read; reads nothing."""
    client.recv(4096)
    client.sendall(b"\x20\x03\x00\x00\x00")
    message = b"\x32\xb0\x09\x00\x05storm\x00\x01\x00" + bytes(1200 - 10)
    while True:
        client.sendall(message * 50)


def silence(client):
    client.recv(4096)
    time.sleep(5)


@pytest.mark.parametrize(
    ("act", "name"),
    [
        (garbage, "broker answers garbage"),
        (accept_and_garbage, "broker accepts, then garbage"),
        (storm, "broker sends a PUBLISH storm"),
        (silence, "broker accepts and says nothing"),
    ],
)
def test_something_else_in_the_brokers_place(tmp_path, row, act, name):
    with Trial(tmp_path) as trial:
        trial.broker.stop()
        with Impostor(trial.broker.port, act) as impostor:
            before = trial.counter.count()
            time.sleep(20)
            # No sensor waits for a broker.
            assert trial.counter.count() - before > 150
            assert impostor.count
        trial.broker.start()
        trial.judge(row, name, trial.recovered())


def test_commands_faster_than_they_can_be_obeyed(tmp_path, row):
    """A storm of valid messages: another client sends 20,000 commands to one output."""
    more = '[action.lamp]\npublish = "lamp"\n'
    with Trial(tmp_path, more=more) as trial:
        lines = "ON\nOFF\n" * 10000
        storm = subprocess.Popen(
            ["mosquitto_pub", "-p", str(trial.broker.port), "-t", f"sensord/{HOST}/lamp/set",
             "-q", "0", "-l"],
            stdin=subprocess.PIPE, text=True,
        )  # fmt: skip
        storm.communicate(lines, timeout=300)
        stop(storm)
        trial.judge(row, "20,000 commands to an output", trial.recovered(30))
