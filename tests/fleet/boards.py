# SPDX-License-Identifier: MIT
"""Boards of a fleet, each a real sensord with a counting sensor, and their reader."""

import json
import socket
import subprocess
import threading
import time

import paho.mqtt.client as mqtt
from counting import Counter, printed
from support import Daemon, wait_until

# Besides the counting sensor: load, and readings of another size.
_MORE = '[metrics]\ninterval = "1 s"\n' + "".join(
    f'[sensor.board{number}]\ntype = "system"\ninterval = "100 ms"\n' for number in range(5)
)


class Board:
    """A sensord with a name and user of its own.

    `topic` is its counting sensor's, `counted()` the numbers that it has given so far.
    """

    def __init__(self, folder, name, servers, mqtt=""):
        """`servers` is the value of `server` in the configuration, `mqtt` more lines of it."""
        self.folder = folder / name
        self.folder.mkdir()
        self.topic = f"sensord/{name}/count"
        self._counter = Counter(self.folder)
        settings = (
            f'client_id = "{name}"\nusername = "{name}"\npassword = "secret of {name}"\n'
            f'topic = "sensord/{name}/{{sensor}}"\n{mqtt}'
        )
        config = self._counter.config(0, mqtt=settings, more=_MORE)
        self.daemon = Daemon(self.folder, config.replace('"mqtt://127.0.0.1:0"', servers))

    def counted(self):
        lines = self.daemon.output().splitlines(True)
        # The last may be printed but not yet in the outbox.
        return printed("".join(line for line in lines if '"value": ' in line))[:-1]

    def stop(self):
        self.daemon.stop()


class Reader:
    """A client whose session outlives its connections: it continues at any broker that answers.

    `messages` is a list of (topic, payload, time of arrival).
    """

    def __init__(self, servers, topic, user, client_id="reader"):
        """`servers` are (address, port)."""
        self._servers = servers
        self._topic = topic
        self.messages = []
        self.connects = 0
        self._subscribed = threading.Event()
        self._ended = False
        self._client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id, clean_session=False,
            reconnect_on_failure=False,
        )  # fmt: skip
        self._client.username_pw_set(*user)
        self._client.on_connect = self._connected
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = lambda _client, _, message: self.messages.append(
            (message.topic, message.payload.decode(), time.monotonic())
        )
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._subscribed.wait(20), "no subscription"

    def _connected(self, client, _userdata, _flags, reason, _properties):
        if not reason.is_failure:
            self.connects += 1
            client.subscribe(self._topic, 1)

    def _run(self):
        while not self._ended:
            for server in self._servers:
                try:
                    self._client.connect(*server)
                except OSError:
                    continue
                self._client.loop_forever()
                if self._ended:
                    return
            time.sleep(0.2)

    def payloads(self, topic):
        return [message[1] for message in list(self.messages) if message[0] == topic]

    def readings(self, topic):
        return [json.loads(payload) for payload in self.payloads(topic)]

    def longest_silence_s(self, topic):
        times = [message[2] for message in list(self.messages) if message[0] == topic]
        return max(after - before for before, after in zip(times, times[1:]))

    def stop(self):
        self._ended = True
        self._client.disconnect()
        self._thread.join(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def arrived(reader, board, timeout_s):
    """Waits until the last number that a board counted has come; returns all it counted."""
    wanted = board.counted()
    wait_until(
        lambda: wanted[-1] in [r.get("value") for r in reader.readings(board.topic)[-500:]],
        timeout_s, f"number {wanted[-1]} of {board.topic}; {board.daemon.messages()[-2000:]}",
    )  # fmt: skip
    return wanted


def answers(server):
    """Whether a server listens at (address, port)."""
    with socket.socket() as s:
        s.settimeout(1)
        return s.connect_ex(server) == 0


def node_of(process, cluster):
    """The node that a process is connected to, or None."""
    table = subprocess.run(
        ["ss", "-Htnp", "state", "established"], capture_output=True, text=True, check=True
    ).stdout
    peers = [line.split()[3] for line in table.splitlines() if f"pid={process.pid}," in line]
    for node in cluster.nodes:
        if "%s:%d" % node.address in peers:
            return node
    return None
