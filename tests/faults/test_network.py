# SPDX-License-Identifier: MIT
"""A line that loses and delays packets, a dead line, and a dead name server."""

import socket
import struct
import threading
import time

import pytest
from line import ADDRESSES, Line
from support import SENSORD, free_port
from trial import Trial

SECONDS = 40


@pytest.mark.parametrize(
    ("loss", "delay_s", "name"),
    [
        (0.1, 0, "10 % of the packets lost each way"),
        (0.5, 0, "50 % of the packets lost each way"),
        (0, 2, "each packet 2 s late each way"),
        (1, 0, "no packet arrives"),
    ],
)
def test_a_bad_line(tmp_path, row, loss, delay_s, name):
    with Line() as line:
        port = free_port()
        listener = [f"listener {port} {ADDRESSES['house']}"]
        server = f"mqtt://{ADDRESSES['house']}:{{}}"
        with Trial(
            tmp_path, port=lambda broker: port, lines=listener, server=server, inside=line.inside
        ) as trial:
            line.loss, line.delay_s = loss, delay_s
            time.sleep(SECONDS)
            line.loss, line.delay_s = 0, 0
            trial.judge(row, f"{name} for {SECONDS} s", trial.recovered())


class NameServer:
    """Answers every address query with 127.0.0.1, or nothing while `dead`."""

    def __init__(self):
        self.dead = False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 53))
        self.questions = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            question, client = self._socket.recvfrom(512)
            self.questions += 1
            if self.dead:
                continue
            end = question.index(b"\0", 12) + 5
            (kind,) = struct.unpack_from(">H", question, end - 4)
            # RFC 1035, 4.1: repeat the question, and add an A record that points to its name.
            answer = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x00\x00\x04\x7f\x00\x00\x01"
            found = kind == 1
            head = question[:2] + struct.pack(">HHHHH", 0x8180, 1, found, 0, 0)
            self._socket.sendto(head + question[12:end] + answer * found, client)


def test_the_name_server_is_dead(tmp_path, row):
    """The name cannot be looked up while the connection is gone; no sensor waits for that."""
    resolver = tmp_path / "resolv.conf"
    resolver.write_text("nameserver 127.0.0.1\n")
    bind = f'mount --bind {resolver} /etc/resolv.conf && exec {SENSORD} "$@"'
    with Line() as line:
        with line.inside("board"):
            names = NameServer()
        with Trial(
            tmp_path,
            server="mqtt://broker.example:{}",
            # Broker and daemon are in one namespace: only the name server is far away.
            inside=lambda end: line.inside("board"),
            command=("unshare", "--mount", "--propagation", "unchanged", "sh", "-c", bind, "sh"),
        ) as trial:
            names.dead = True
            trial.broker.stop()
            with line.inside("board"):
                trial.broker.start()
            before, asked = trial.counter.count(), names.questions
            time.sleep(SECONDS)
            assert trial.counter.count() - before > 8 * SECONDS
            assert names.questions > asked
            names.dead = False
            trial.judge(row, f"name server dead for {SECONDS} s", trial.recovered())
