# SPDX-License-Identifier: MIT
"""Peers that stall, flood, come and go: the daemon goes on measuring, and stops on request."""

import json
import os
import signal
import socket
import ssl
import subprocess
import threading
import time

import pytest
from servers import late_broker
from support import (
    ALSA_SOUNDS,
    MICROPYTHON,
    SENSORD,
    TOP,
    Broker,
    Subscriber,
    free_port,
    wait_until,
)

HOST = socket.gethostname()
BOARD = '[sensor.board]\ntype = "system"\ninterval = "100 ms"\n'
MQTT = '[mqtt]\nserver = "mqtt://127.0.0.1:{}"\n'
PRINT = "[journal]\nreadings = true\n"
ACCEPTED = b"\x20\x02\x00\x00"


def readings(running):
    return running.output().count("board {")


def assert_measures_on(running, count=10):
    before = readings(running)
    wait_until(lambda: readings(running) >= before + count, 5, f"{count} more readings")


def assert_leaves(running):
    start = time.monotonic()
    running.process.terminate()
    assert running.process.wait(5) == 0
    assert time.monotonic() - start < 2.2


class Flood:
    """A broker that accepts, then sends the same bytes without end, and reads nothing."""

    def __init__(self, data):
        self._data = data * (4096 // len(data))
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._ended = False
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while not self._ended:
            client, _ = self._server.accept()
            try:
                client.recv(4096)
                client.sendall(ACCEPTED)
                while not self._ended:
                    client.sendall(self._data)
            except OSError:
                client.close()

    def stop(self):
        self._ended = True
        # Wake accept().
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._server.close()


@pytest.mark.parametrize(
    "data", [b"\xd0\x00", b"\x32\x08\x00\x01a\x00\x01abc"], ids=["PINGRESP", "PUBLISH"]
)
def test_a_flood_from_the_broker(daemon, data):
    """A flooding broker must not stop the sensors, fill the memory or delay a shutdown."""
    flood = Flood(data)
    try:
        running = daemon(MQTT.format(flood.port) + BOARD + PRINT)
        wait_until(lambda: readings(running) > 3, 5, "readings")
        assert_measures_on(running)
        assert running.memory_kb()["Private"] < 1200
        assert_leaves(running)
    finally:
        flood.stop()


def test_tls_through_a_link_that_stalls(tmp_path):
    """Encrypted data that waits for a slow link arrives whole and in order."""
    subprocess.run(
        "openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=localhost "
        "-addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem".split(),
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    received = bytearray()

    def serve(server):
        client, _ = server.accept()
        with context.wrap_socket(client, server_side=True) as stream:
            stream.recv(4096)
            stream.sendall(ACCEPTED)
            # The kernel buffers less than 12 MB for a peer that does not read.
            time.sleep(2)
            while data := stream.recv(65536):
                received.extend(data)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        program = TOP / "tests/mqtt/mqtt_posts.py"
        done = subprocess.run(
            [MICROPYTHON, program, str(server.getsockname()[1]), tmp_path / "cert.pem"],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        thread.join(30)
    assert done.stdout == "ok\n", done.stdout + done.stderr
    # Each packet: PUBLISH, remaining length (two bytes), topic "t", six digits and 1000 letters
    packets = [b"\x30\xf1\x07\x00\x01t%06d" % i + b"x" * 1000 for i in range(12000)]
    wanted = b"".join(packets) + b"\xe0\x00"
    # Not compared in the assertion: pytest would take a minute to show how 12 MB differ.
    same = len(os.path.commonprefix([bytes(received), wanted]))
    assert same == len(wanted) == len(received), (same, len(received), thread.is_alive())


def test_a_reload_moves_to_another_broker(tmp_path, daemon):
    """The old broker gets a DISCONNECT, the new one every status and all later readings."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with (
        Broker(tmp_path / "a") as old,
        Broker(tmp_path / "b") as new,
        Subscriber(old) as at_old,
        Subscriber(new) as at_new,
    ):
        running = daemon(MQTT.format(old.port) + BOARD + PRINT)
        at_old.wait_for(f"sensord/{HOST}/board", 5)
        running.config.write_text(MQTT.format(new.port) + BOARD + PRINT)
        running.process.send_signal(signal.SIGHUP)
        at_old.wait_for(f"sensord/{HOST}/status", payload="offline")
        at_new.wait_for(f"sensord/{HOST}/status", payload="online")
        at_new.wait_for(f"sensord/{HOST}/board/status", payload="ok")
        at_new.wait_for(f"sensord/{HOST}/board", 10)
        # Without [mqtt] the daemon leaves the new one as well.
        running.config.write_text(BOARD)
        running.process.send_signal(signal.SIGHUP)
        at_new.wait_for(f"sensord/{HOST}/status", payload="offline")
        lines = running.output().splitlines()
        made = [json.loads(line.split(" ", 1)[1])["time"] for line in lines]
        topic = f"sensord/{HOST}/board"
        seen = [reading["time"] for s in (at_old, at_new) for reading in s.readings(topic)]
        assert seen == made[: len(seen)] and len(seen) >= 15
        sockets = [os.readlink(f"/proc/{running.pid}/fd/{fd}") for fd in _fds(running.pid)]
        assert not [link for link in sockets if link.startswith("socket:")], sockets


def _fds(pid):
    return os.listdir(f"/proc/{pid}/fd")


def test_a_broker_that_drops_every_connection_is_not_hammered(daemon):
    """Two boards with one identity would end each other's connection many times a second."""
    attempts = []

    def serve(server):
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            attempts.append(time.monotonic())
            client.recv(4096)
            client.sendall(ACCEPTED)
            client.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, args=(server,), daemon=True).start()
        daemon(MQTT.format(server.getsockname()[1]) + BOARD)
        time.sleep(9)
        server.close()
    assert 3 <= len(attempts) <= 7, attempts


def test_recordings_are_delivered_even_if_the_broker_comes_late(tmp_path, daemon):
    """A replay that ends before the connection still delivers its readings."""
    port = free_port()
    running = daemon(f"""{MQTT.format(port)}
[sensor.noise]
type = "sound"
replay = "{ALSA_SOUNDS}/Noise.wav"
replay_speed = "max"
interval = "100 ms"
""")
    running.wait_for_message("the recording has ended")
    with late_broker(tmp_path, port) as subscriber:
        assert running.process.wait(15) == 0
        subscriber.wait_for(f"sensord/{HOST}/noise", 14)


def test_a_manager_that_does_not_read(tmp_path, daemon):
    """If systemd does not read its socket, the measurements go on."""
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        running = daemon(BOARD, {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "60000"})
        wait_until(lambda: readings(running) > 3, 5, "readings")
        assert_measures_on(running, 20)
        assert_leaves(running)
    running = daemon(BOARD, {"NOTIFY_SOCKET": str(tmp_path / "nobody")})
    running.wait_for_message("nobody: No such file or directory")
    wait_until(lambda: readings(running) > 3, 5, "readings")


def test_a_reader_of_the_output_that_stalls(tmp_path, broker, subscriber):
    """`sensord run | less` goes on publishing, and ends at a signal."""
    config = tmp_path / "sensord.toml"
    config.write_text(MQTT.format(broker.port) + BOARD.replace("100 ms", "100 ms") + PRINT)
    read_end, write_end = os.pipe()
    # Fill the pipe but for a few readings.
    os.set_blocking(write_end, False)
    with pytest.raises(BlockingIOError):
        while True:
            os.write(write_end, bytes(1024))
    os.read(read_end, 8192)
    process = subprocess.Popen([SENSORD, "run", "--config", config], stdout=write_end)
    os.set_blocking(write_end, True)
    try:
        subscriber.wait_for(f"sensord/{HOST}/board", 60)
        process.terminate()
        assert process.wait(5) == 0
    finally:
        process.kill()
        os.close(read_end)
        os.close(write_end)


def test_closed_standard_files(tmp_path, broker, subscriber):
    """Started without standard streams, it must not write messages to the broker's connection."""
    config = tmp_path / "sensord.toml"
    config.write_text(MQTT.format(broker.port) + BOARD + PRINT)
    process = subprocess.Popen(
        ["sh", "-c", 'exec "$0" run --config "$1" <&- >&- 2>&-', SENSORD, config]
    )
    try:
        subscriber.wait_for(f"sensord/{HOST}/board", 10)
        process.terminate()
        assert process.wait(5) == 0
    finally:
        process.kill()
    assert "malformed" not in broker.log() and "protocol error" not in broker.log().lower()


def test_a_huge_configuration_is_refused_and_survived(daemon, tmp_path):
    """A file that is not a configuration: one message, and the old configuration stays."""
    running = daemon(BOARD)
    wait_until(lambda: readings(running) > 3, 5, "readings")
    running.config.write_text("# nothing\n" * 200000)
    done = subprocess.run(
        [SENSORD, "check", "--config", running.config], capture_output=True, text=True, check=False
    )
    assert done.returncode == 78 and "larger than 64 KiB" in done.stderr, done.stderr
    running.process.send_signal(signal.SIGHUP)
    running.wait_for_message("the old configuration stays")
    assert_measures_on(running)


def test_no_capture_stays_behind(microphone, tmp_path, daemon):
    """Other programs could not open a microphone that stays open."""
    config = tmp_path / "sensord.toml"
    config.write_text('[sensor.noise]\ntype = "sound"\ndevice = "mic"\nrate = 48000\n')
    # A link of this test leads to arecord, so that its processes can be distinguished from others.
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/arecord").symlink_to("/usr/bin/arecord")
    environment = {**os.environ, **microphone.environment}
    environment["PATH"] = f"{tmp_path}/bin:{environment['PATH']}"
    environment["SENSORD_TEST_MARK"] = mark = f"mark-{os.getpid()}-{time.monotonic_ns()}"
    done = subprocess.run(
        [SENSORD, "read", "noise", "--config", config],
        capture_output=True, env=environment, timeout=20, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not _marked(mark)
    running = daemon(config.read_text(), environment)
    wait_until(lambda: _marked(mark) and "noise {" in running.output(), 5, "a reading")
    running.process.terminate()
    assert running.process.wait(5) == 0
    assert not _marked(mark)


def _marked(mark):
    """The processes with the mark in their environment."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/environ", "rb") as environ:
                    if mark.encode() in environ.read():
                        found.append(int(entry))
            except OSError:
                continue
    return [pid for pid in found if pid != os.getpid()]
