# SPDX-License-Identifier: MIT
"""A real board's messages, recorded once and sent again by a thousand clients.

The board has a noise monitor and the system's values: a reading a second and one a minute. A
client sends the packets of the recording with a name and ids of its own, which are of the same
length.
"""

import asyncio
import collections
import pathlib
import random
import re
import resource
import socket
import struct
import tempfile
import time

from fakes import preload
from support import ALSA_SOUNDS, TOP, Daemon, Microphone

USER, PASSWORD = "boards", "secret of the boards"
NAME = "board-0000"
READINGS_A_MINUTE = {"noise": 60, "board": 1}

_CONFIG = """\
[mqtt]
server = "mqtt://127.0.0.1:{port}"
client_id = "{name}"
username = "{user}"
password = "{password}"
topic = "sensord/{name}/{{sensor}}"
format = "{form}"
[sensor.noise]
type = "sound"
device = "mic"
rate = {rate}
interval = "1 s"
[sensor.board]
type = "system"
interval = "1 min"
"""

# linux/tcp.h, struct tcp_info: bytes_acked, bytes_received, segs_out, segs_in.
_COUNTERS = struct.Struct("=120xQQII")
# A segment's bytes besides its data: the headers of IPv4, and of TCP with timestamps.
_HEADERS = 20 + 32

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 1, 2, 3, 4, 8, 9
RETAIN = 1

Message = collections.namedtuple("Message", "flags topic payload")


def _text(data):
    return struct.pack(">H", len(data)) + data


def _packet(kind, body, flags=0):
    length, rest = bytearray(), len(body)
    while rest or not length:
        rest, digit = rest >> 7, rest & 127
        length.append(digit | (128 if rest else 0))
    return bytes([kind << 4 | flags]) + bytes(length) + body


def _split(data):
    """The whole packets at the start of bytes, as (kind, flags, body), and the rest."""
    found = []
    while True:
        length = re.match(rb".([\x80-\xff]{0,3}[\0-\x7f])", data, re.DOTALL)
        if not length:
            return found, data
        size = sum((digit & 127) << 7 * i for i, digit in enumerate(length[1]))
        if len(data) < length.end() + size:
            return found, data
        found.append((data[0] >> 4, data[0] & 15, data[length.end() : length.end() + size]))
        data = data[length.end() + size :]


def record(form, seconds=12):
    """The body of a board's CONNECT, the messages of its start, {sensor: [its readings]}."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Microphone(folder, [ALSA_SOUNDS / "Front_Center.wav"]) as microphone,
        socket.create_server(("127.0.0.1", 0)) as server,
    ):
        config = _CONFIG.format(
            port=server.getsockname()[1], name=NAME, form=form, user=USER, password=PASSWORD,
            rate=microphone.rate,
        )  # fmt: skip
        # A synchronized clock: otherwise each reading states that it is not.
        fake = preload.build(TOP / "tests/fakes/outbox.c", pathlib.Path(folder) / "outbox.so")
        environment = {"LD_PRELOAD": str(fake), "FAKE_FOLDER": folder, **microphone.environment}
        with Daemon(folder, config, environment):
            server.settimeout(10)
            connection, _ = server.accept()
            with connection:
                packets = _answered(connection, time.monotonic() + seconds)
    (connect,) = [body for kind, _, body in packets if kind == CONNECT]
    start, readings = [], {}
    for kind, flags, body in packets:
        if kind == PUBLISH:
            assert flags >> 1 & 3 == 1, "not QoS 1"
            (size,) = struct.unpack_from(">H", body)
            message = Message(flags, body[2 : 2 + size], body[4 + size :])
            if flags & RETAIN:
                start.append(message)
            else:
                readings.setdefault(message.topic.split(b"/")[-1].decode(), []).append(message)
    assert start and readings.keys() == READINGS_A_MINUTE.keys(), (start, readings)
    return connect, start, readings


def _answered(connection, end):
    """The packets of a connection until a time, each answered as by a broker."""
    packets, data = [], b""
    connection.settimeout(0.2)
    while time.monotonic() < end:
        try:
            data += connection.recv(65536)
        except TimeoutError:
            continue
        found, data = _split(data)
        packets += found
        for kind, _, body in found:
            if kind == CONNECT:
                connection.sendall(_packet(CONNACK, b"\0\0"))
            elif kind == PUBLISH:
                (size,) = struct.unpack_from(">H", body)
                connection.sendall(_packet(PUBACK, body[2 + size : 4 + size]))
    return packets


class _Connection(asyncio.Protocol):
    """A client's connection: packets in and out, and the kernel's counters."""

    def __init__(self):
        self._data = b""
        self.lost = False

    def connection_made(self, transport):
        self.transport = transport
        self._socket = transport.get_extra_info("socket")
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, error):
        self.lost = True

    def data_received(self, data):
        packets, self._data = _split(self._data + data)
        for kind, flags, body in packets:
            self.received(kind, flags, body)

    def counters(self):
        """Bytes and segments out and in: (bytes out, bytes in, segments out, segments in)."""
        return _COUNTERS.unpack(
            self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _COUNTERS.size)
        )


class Client(_Connection):
    """One of the boards. `sent` and `acknowledged` count its messages."""

    def __init__(self, number, recording):
        super().__init__()
        self._name = NAME[:-4].encode() + b"%04d" % number
        self._session = b"%08x" % number
        self._connect, self._start, self._readings = recording
        self.sent = self.acknowledged = 0
        self.latencies = []
        self._posted = {}

    def connection_made(self, transport):
        super().connection_made(transport)
        self.transport.write(_packet(CONNECT, self._connect.replace(NAME.encode(), self._name)))

    def received(self, kind, flags, body):
        if kind == CONNACK:
            assert body == b"\0\0", f"refused: {body}"
            for message in self._start:
                self._post(message)
        elif kind == PUBACK:
            self.acknowledged += 1
            self.latencies.append(time.monotonic() - self._posted.pop(body[:2]))

    def _post(self, message):
        self.sent += 1
        number = struct.pack(">H", self.sent % 65535 + 1)
        self._posted[number] = time.monotonic()
        # In SenML the payload contains the name too.
        topic, payload = (
            part.replace(NAME.encode(), self._name) for part in (message.topic, message.payload)
        )
        # The reading's id: eight hexadecimal digits of the session and a number.
        payload = re.sub(
            rb'"[0-9a-f]{8}-\d+"', b'"%s-%d"' % (self._session, self.sent), payload, count=1
        )
        self.transport.write(_packet(PUBLISH, _text(topic) + number + payload, message.flags))

    async def send(self, seconds):
        """Sends its readings at their interval, each from a random moment on."""
        begin = time.monotonic()
        due = []
        for sensor, count in READINGS_A_MINUTE.items():
            phase = random.random()
            for number in range(count * -(-seconds // 60)):
                at = (number + phase) * 60 / count
                if at < seconds:
                    due.append((at, sensor, number))
        for at, sensor, number in sorted(due):
            await asyncio.sleep(begin + at - time.monotonic())
            readings = self._readings[sensor]
            self._post(readings[number % len(readings)])
        await asyncio.sleep(begin + seconds - time.monotonic())


class Reader(_Connection):
    """A reader of all messages, with a persistent session. `ids` are those received."""

    def __init__(self, user, password):
        super().__init__()
        self._user, self._password = user, password
        self.subscribed = asyncio.Event()
        self.ids = set()

    def connection_made(self, transport):
        super().connection_made(transport)
        # MQTT 3.1.1, section 3.1: user name, password, no clean session; keep alive 10 min.
        body = _text(b"MQTT") + b"\x04\xc0" + struct.pack(">H", 600)
        body += b"".join(_text(t.encode()) for t in ("replay", self._user, self._password))
        self.transport.write(_packet(CONNECT, body))

    def received(self, kind, flags, body):
        if kind == CONNACK:
            assert body[1] == 0, f"refused: {body}"
            self.transport.write(
                _packet(SUBSCRIBE, b"\0\1" + _text(b"sensord/+/+") + b"\1", flags=2)
            )
        elif kind == SUBACK:
            self.subscribed.set()
        elif kind == PUBLISH:
            (size,) = struct.unpack_from(">H", body)
            self.transport.write(_packet(PUBACK, body[2 + size : 4 + size]))
            found = re.search(rb'"([0-9a-f]{8}-\d+)"', body[4 + size :])
            if found:
                self.ids.add(found[1])


# `start` is the cost of the boards' connections and first messages; pairs are (out, in).
Traffic = collections.namedtuple("Traffic", "seconds readings bytes start latencies")


def _wire(boards):
    """(out, in): the bytes of all boards' segments so far, with TCP and IP headers."""
    sums = [sum(column) for column in zip(*[board.counters() for board in boards])]
    return sums[0] + _HEADERS * sums[2], sums[1] + _HEADERS * sums[3]


async def _run(servers, clients, seconds, recording, reader_user, measured):
    loop = asyncio.get_running_loop()
    _, reader = await loop.create_connection(lambda: Reader(*reader_user), *servers[0])
    await asyncio.wait_for(reader.subscribed.wait(), 30)
    boards = []
    for number in range(clients):
        _, board = await loop.create_connection(
            lambda number=number: Client(number, recording), *servers[number % len(servers)]
        )
        boards.append(board)
        # A broker accepts some hundred connections a second, as after its restart.
        await asyncio.sleep(0.005)
    await _until(lambda: all(b.sent and b.acknowledged == b.sent for b in boards), "the start")
    await asyncio.sleep(1)
    for board in boards:
        board.latencies.clear()
    start = _wire(boards)
    started, begin = sum(board.sent for board in boards), time.monotonic()
    with measured:
        await asyncio.gather(*[board.send(seconds) for board in boards])
    took = time.monotonic() - begin
    await _until(lambda: all(b.acknowledged == b.sent for b in boards), "acknowledgements")
    end = _wire(boards)
    readings = sum(board.sent for board in boards) - started
    await _until(lambda: len(reader.ids) >= readings, "readings at the reader")
    assert not any(board.lost for board in boards) and len(reader.ids) == readings
    latencies = sorted(latency for board in boards for latency in board.latencies)
    for board in [*boards, reader]:
        board.transport.close()
    between = tuple(after - before for after, before in zip(end, start))
    return Traffic(took, readings, between, start, latencies)


async def _until(condition, what, timeout_s=60):
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {timeout_s} s"
        await asyncio.sleep(0.05)


def replay(servers, clients, seconds, recording, reader_user, measured):
    """Lets `clients` boards send for so long to the `servers`, (address, port), in turn.

    `measured` is a context in which they send. Every reading must be acknowledged and reach a
    reader. Returns a Traffic.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return asyncio.run(_run(servers, clients, seconds, recording, reader_user, measured))
