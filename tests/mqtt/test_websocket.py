# SPDX-License-Identifier: MIT
"""MQTT over WebSocket: against mosquitto, through a proxy that cuts, and against bad servers."""

import base64
import hashlib
import json
import socket
import struct
import threading
import time

import pytest
from servers import BadServer, make_certificates
from support import Broker, Subscriber, free_port, wait_until

HOST = socket.gethostname()
TOPIC = f"sensord/{HOST}/board"
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CONFIG = """
[mqtt]
server = "{server}"
{more}
[sensor.board]
type = "system"
interval = "100 ms"
[journal]
readings = true
"""


def config(server, more=""):
    return CONFIG.format(server=server, more=more)


def web_broker(folder, port, lines=()):
    """A mosquitto with a second listener, for WebSocket."""
    return Broker(folder, [f"listener {port} 127.0.0.1", "protocol websockets", *lines])


def made(running):
    return [json.loads(line.split(" ", 1)[1])["time"] for line in running.output().splitlines()]


def arrived(subscriber):
    return list(dict.fromkeys(reading["time"] for reading in subscriber.readings(TOPIC)))


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_readings_arrive_and_commands_too(tmp_path, daemon, version):
    """Many networks let nothing out but the web."""
    port = free_port()
    with web_broker(tmp_path, port) as broker, Subscriber(broker) as subscriber:
        running = daemon(config(f"ws://127.0.0.1:{port}/mqtt", f'version = "{version}"'))
        running.wait_for_message(f"connected to ws://127.0.0.1:{port}/mqtt")
        subscriber.wait_for(TOPIC, 10)
        assert running.stop() == 0
        subscriber.wait_for(f"sensord/{HOST}/status", payload="offline")
        assert arrived(subscriber) == made(running)
        assert "Sending PINGRESP" not in broker.log()


def test_a_connection_that_is_dropped_ends_with_the_will(tmp_path, daemon):
    """Others must see that a board is gone, whatever the transport."""
    port = free_port()
    with web_broker(tmp_path, port) as broker, Subscriber(broker) as subscriber:
        running = daemon(config(f"ws://127.0.0.1:{port}"))
        subscriber.wait_for(f"sensord/{HOST}/status", payload="online")
        running.kill()
        subscriber.wait_for(f"sensord/{HOST}/status", payload="offline")


def test_over_tls(tmp_path, daemon):
    """wss:// verifies as mqtts:// does."""
    make_certificates(tmp_path)
    port, other = free_port(), free_port()
    tls = "certfile {0}/{1}.pem", "keyfile {0}/{1}.key"
    lines = [line.format(tmp_path, "good") for line in tls]
    lines += [f"listener {other} 127.0.0.1", "protocol websockets"]
    lines += [line.format(tmp_path, "foreign") for line in tls]
    with web_broker(tmp_path, port, lines) as broker, Subscriber(broker) as subscriber:
        more = f'ca_file = "{tmp_path}/ca.pem"'
        running = daemon(config(f"wss://localhost:{port}/x/y?z=1", more))
        subscriber.wait_for(TOPIC, 5)
        running.stop()
        running = daemon(config(f"wss://localhost:{other}", more))
        running.wait_for_message(f"wss://localhost:{other}/mqtt: TLS: ")
        assert "connected to" not in running.messages()


class CuttingProxy:
    """Passes the server's bytes in pieces of three, and resets each connection after some of them:
    the first after `start`, each later one after `step` more, until `most`."""

    def __init__(self, target, start, step, most):
        self._target = target
        self._cut, self._step, self._most = start, step, most
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.cuts = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def is_done(self):
        return self._cut > self._most

    def _accept(self):
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            limit = self._cut if self._cut <= self._most else None
            self._cut += self._step
            server = socket.create_connection(("127.0.0.1", self._target))
            for sock in (client, server):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for a, b, left in ((client, server, None), (server, client, limit)):
                threading.Thread(target=self._copy, args=(a, b, server, left), daemon=True).start()

    def _copy(self, source, target, server, left):
        try:
            while data := source.recv(3 if source is server else 4096):
                if left is not None:
                    data = data[:left]
                    left -= len(data)
                target.sendall(data)
                if left == 0:
                    self.cuts += 1
                    break
        except OSError:
            pass
        for sock in (source, target):
            try:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.close()


def test_nothing_is_lost_through_a_proxy_that_cuts(tmp_path, daemon):
    """Within the handshake, a frame's head or its data: the next connection sends what is left."""
    port = free_port()
    with (
        web_broker(tmp_path, port) as broker,
        Subscriber(broker) as subscriber,
        # mosquitto's answer has about 160 bytes.
        CuttingProxy(port, 150, 6, 200) as proxy,
    ):
        running = daemon(config(f"ws://127.0.0.1:{proxy.port}"))
        wait_until(lambda: proxy.cuts >= 6 and proxy.is_done, 60, "cuts")
        wait_until(lambda: len(arrived(subscriber)) >= len(made(running)) - 3, 30, "the rest")
        running.stop()
        wait_until(lambda: set(arrived(subscriber)) == set(made(running)), 10, "all readings")
        assert arrived(subscriber) == made(running), "not in order"
        assert "Traceback" not in running.messages()


def answer(status, *headers):
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode()


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (
            answer("301 Moved Permanently", "Location: https://b.example/ws"),
            "the server is at another address: wss://b.example/ws (HTTP 301 Moved Permanently)",
        ),
        (answer("401 Unauthorized"), "without a login of its own (HTTP 401 Unauthorized)"),
        (answer("404 Not Found"), "there is no WebSocket at /mqtt: the broker's manual"),
        (answer("200 OK"), "the server does not take MQTT over WebSocket at /mqtt (HTTP 200 OK)"),
        (answer("502 Bad Gateway"), "the server, or a proxy before it, does not work (HTTP 502"),
        (answer("101 Up", "Upgrade: websocket", "Connection: Upgrade",
                "Sec-WebSocket-Accept: x"), "the answer is to another request"),
        (answer("101 Up", "Upgrade: h2c", "Connection: Upgrade"), "another protocol than"),
        # A list in two lines, and an interim answer, are right: what comes next is told.
        (answer("101 Up", "Upgrade: websocket, h2c", "Connection: keep-alive",
                "Connection: Upgrade", "Sec-WebSocket-Accept: x"), "the answer is to another"),
        (answer("103 Early Hints", "Link: x") + answer("404 Not Found"), "no WebSocket at /mqtt"),
        (b"\x15\x03\x03\x00\x02\x02\x28", "the server answers with TLS: is its address wss://?"),
        (b"SSH-2.0-x\r\n", "the answer is not HTTP/1: is there a WebSocket at this port?"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 2000, "no end of its headers"),
    ],
)  # fmt: skip
def test_refusals_are_in_words(daemon, response, words):
    """Who has the wrong path, port or proxy must read that in the journal."""
    with BadServer([response]) as server:
        running = daemon(config(f"ws://127.0.0.1:{server.port}"))
        running.wait_for_message(f"ws://127.0.0.1:{server.port}/mqtt: ")
        running.wait_for_message(words)


def test_a_server_that_closes_or_says_nothing_is_told(daemon):
    class Closing(BadServer):
        def _serve(self):
            for _ in range(2):
                client, _ = self._server.accept()
                client.recv(4096)
                client.close()

    with Closing([]) as server:
        running = daemon(config(f"ws://127.0.0.1:{server.port}"))
        running.wait_for_message("closed the connection instead of opening a WebSocket")


class WebServer:
    """Opens a WebSocket for each client, then calls `script(this, socket)`.

    Attributes: frames, [(opcode, payload, whether masked)] that came; requests.
    """

    def __init__(self, script):
        self._script = script
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.frames, self.requests = [], []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self._server.accept()
                self._play(client)
                client.close()
            except (OSError, EOFError):
                if self._server.fileno() < 0:
                    return

    def _play(self, client):
        client.settimeout(10)
        self._file = client.makefile("rb")
        lines = []
        while (line := self._file.readline().strip()) or not lines:
            lines.append(line.decode())
        self.requests.append(lines)
        key = next(line[19:] for line in lines if line.startswith("Sec-WebSocket-Key: "))
        token = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
        client.sendall(
            answer(
                "101 Switching Protocols", "upgrade: WebSocket", "CONNECTION: keep-alive, Upgrade",
                "Sec-WebSocket-Protocol: mqtt", f"Sec-WebSocket-Accept: {token}",
            )
        )  # fmt: skip
        self._script(self, client)

    def read(self):
        """The next frame."""
        head = self._exactly(2)
        size = head[1] & 127
        if size >= 126:
            size = int.from_bytes(self._exactly(2 if size == 126 else 8), "big")
        mask = self._exactly(4) if head[1] & 128 else bytes(4)
        payload = bytes(b ^ mask[i % 4] for i, b in enumerate(self._exactly(size)))
        self.frames.append((head[0], payload, bool(head[1] & 128)))
        return self.frames[-1]

    def read_until(self, first):
        while self.read()[0] != first:
            pass
        return self.frames[-1]

    def _exactly(self, count):
        data = self._file.read(count)
        if len(data) != count:
            raise EOFError
        return data

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.close()


CONNACK = b"\x20\x02\x00\x00"
V311 = 'version = "3.1.1"'


def test_pieces_and_pings_within_a_packet(daemon):
    """A packet need not end where a frame does, and a ping may come between its pieces."""

    def script(server, client):
        first = server.read()
        assert first[0] == 0x82 and first[1][:1] == b"\x10"
        client.sendall(b"\x02\x01" + CONNACK[:1] + b"\x89\x03abc" + b"\x00\x00" + b"\x80\x03")
        client.sendall(CONNACK[1:])
        server.read_until(0x8A)
        server.read_until(0x82)
        time.sleep(1)

    with WebServer(script) as server:
        running = daemon(config(f"ws://localhost:{server.port}/a?b", V311))
        running.wait_for_message("connected to")
        wait_until(lambda: (0x8A, b"abc", True) in server.frames, 10, "PONG")
        assert all(masked for _, _, masked in server.frames)
        assert server.requests[0][0] == "GET /a?b HTTP/1.1"
        assert f"Host: localhost:{server.port}" in server.requests[0]


@pytest.mark.parametrize(
    ("sent", "words", "code"),
    [
        (b"\x88\x05\x03\xf0bye", "the server closed the WebSocket: 1008, against its policy (bye)",
         1000),
        (b"\x88\x02\x03\xe8", "the broker closed the connection", 1000),
        (b"\x88\x00", "the broker closed the connection", 1000),
        (b"\x88\x02\x03\xee", "closed with a code that is not valid", 1002),
        (b"\x82\x84abcdabcd", "not WebSocket: a frame is masked", 1002),
        (b"\x81\x02hi", "not WebSocket: a frame is a text", 1003),
        (b"\xc2\x02hi", "not WebSocket: a frame uses an extension", 1002),
        (b"\x83\x00", "not WebSocket: a frame is of an unknown kind, 3", 1002),
        (b"\x80\x00", "not WebSocket: the pieces of a message are not in order", 1002),
        (b"\x89\x7e\x01\x00", "not WebSocket: a control frame is too long", 1002),
        (b"\x82\x7e\x00\x05", "not WebSocket: a frame has a length that is not valid", 1002),
    ],
)  # fmt: skip
def test_an_end_is_in_words_and_answered(daemon, sent, words, code):
    """The server gets the close code that it needs for its log, and the journal the reason."""

    def script(server, client):
        server.read()
        client.sendall(b"\x82\x04" + CONNACK)
        client.sendall(sent)
        server.read_until(0x88)

    with WebServer(script) as server:
        running = daemon(config(f"ws://127.0.0.1:{server.port}", V311))
        running.wait_for_message(words)
        wait_until(lambda: (0x88, code.to_bytes(2, "big"), True) in server.frames, 10, "CLOSE")


def test_a_flood_of_pings_stops_no_reading(daemon):
    """A server that pings without end, and never reads, costs neither memory nor readings."""

    def script(server, client):
        server.read()
        client.sendall(b"\x82\x04" + CONNACK)
        end = time.monotonic() + 5
        while time.monotonic() < end:
            client.sendall(b"\x89\x7d" + bytes(125))

    with WebServer(script) as server:
        running = daemon(config(f"ws://127.0.0.1:{server.port}", V311))
        running.wait_for_message("connected to")
        before, memory = len(made(running)), running.memory_kb()
        time.sleep(3)
        assert len(made(running)) - before > 20
        assert running.memory_kb()["Private"] - memory["Private"] < 200
