# SPDX-License-Identifier: MIT
"""An MQTT client of single packets, which shows what a broker does with each of them."""

import base64
import contextlib
import os
import socket
import ssl
import struct
import time

from brokers.raw_words import PACKETS, connack_words, disconnect_words, puback_words, suback_words

TIMEOUT_S = 3


class EndedError(Exception):
    """The broker closed the connection."""


class SilenceError(Exception):
    """The broker sent nothing within the time."""


def text(value):
    data = value.encode() if isinstance(value, str) else value
    return struct.pack(">H", len(data)) + data


def number(value):
    data = b""
    while True:
        value, digit = divmod(value, 128)
        data += bytes([digit | (128 if value else 0)])
        if not value:
            return data


def packet(first, body):
    return bytes([first]) + number(len(body)) + body


class Raw:
    """One connection. `version` is "3.1.1" or "5", or the number of a protocol that there is not.

    `connack` is the answer to CONNECT in words: "accepts", "CONNACK 0x05", "closes" or
    "says nothing"; `present` whether the broker has the session; `properties` those of an MQTT 5
    broker, as bytes.
    """

    def __init__(
        self,
        broker,
        version="3.1.1",
        client_id="probe",
        clean=True,
        keepalive=60,
        will=None,
        user="board",
        password=None,
        session_s=0,
        kind="plain",
        max_packet=0,
    ):
        """`will` is (topic, message, qos, retain)."""
        self._ids = 0
        self._buffer = b""
        self._early = []
        self.version = version
        self.five = version == "5"
        self._socket = broker.connect(kind)
        self._frames = kind in ("ws", "wss")
        if self._frames:
            self._upgrade(broker.path)
        level = {"3.1.1": 4, "5": 5}.get(version, version)
        password = broker.passwords[user] if password is None else password
        properties = struct.pack(">BI", 0x11, session_s) if session_s else b""
        if max_packet:
            properties += struct.pack(">BI", 0x27, max_packet)
        flags = 0xC0 | (2 if clean else 0)
        if will:
            flags |= 4 | will[2] << 3 | (0x20 if will[3] else 0)
        body = text("MQTT") + struct.pack(">BBH", level, flags, keepalive)
        body += number(len(properties)) + properties if level == 5 else b""
        body += text(client_id)
        if will:
            body += (b"\0" if level == 5 else b"") + text(will[0]) + text(will[1])
        body += text(broker.user(user)) + text(password)
        self.present, self.properties = False, b""
        try:
            self.send(packet(0x10, body))
            # RabbitMQ waits before it refuses a password.
            first, answer = self.read(10)
            assert first == 0x20, hex(first)
            self.present = bool(answer[0] & 1)
            self.properties = answer[3:]
            self.connack = connack_words(answer)
        except EndedError:
            self.connack = "closes"
        except SilenceError:
            self.connack = "says nothing"

    def _upgrade(self, path):
        self._socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n".encode()
        )
        head = b""
        while b"\r\n\r\n" not in head:
            head += self._socket.recv(1)
        assert b" 101 " in head, head

    def send(self, data):
        if self._frames:
            length = bytes([0x80 | len(data)])
            if len(data) > 125:
                length = struct.pack(">BH", 0x80 | 126, len(data))
            if len(data) > 65535:
                length = struct.pack(">BQ", 0x80 | 127, len(data))
            # A mask of zeros is a mask.
            data = b"\x82" + length + bytes(4) + data
        try:
            self._socket.sendall(data)
        except OSError:
            raise EndedError

    def _more(self, end):
        left = end - time.monotonic()
        if left <= 0:
            raise SilenceError
        self._socket.settimeout(left)
        try:
            data = self._socket.recv(65536)
        except TimeoutError:
            raise SilenceError
        except OSError:
            raise EndedError
        if not data:
            raise EndedError
        self._buffer += data

    def _bytes(self, count, end):
        while len(self._buffer) < count:
            self._more(end)
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        return data

    def _frame(self, end):
        """The data of the next frame, which is taken to be one whole packet or more."""
        head = self._bytes(2, end)
        length = head[1] & 127
        if length > 125:
            length = int.from_bytes(self._bytes(2 if length == 126 else 8, end), "big")
        data = self._bytes(length, end)
        if head[0] & 15 == 8:
            raise EndedError
        return data

    def read(self, timeout_s=TIMEOUT_S):
        """The next packet, as (first byte, body). Raises EndedError and SilenceError."""
        end = time.monotonic() + timeout_s
        if self._frames:
            self._buffer = self._frame(end) + self._buffer
        first = self._bytes(1, end)[0]
        length = shift = 0
        while True:
            digit = self._bytes(1, end)[0]
            length |= (digit & 127) << shift
            shift += 7
            if not digit & 128:
                break
        return first, self._bytes(length, end)

    def next_words(self, timeout_s=TIMEOUT_S):
        """What the broker sends next, in words; messages are kept for message()."""
        try:
            first, body = self.read(timeout_s)
            while first >> 4 == 3:
                self._early.append((first, body))
                first, body = self.read(timeout_s)
        except EndedError:
            return "closes"
        except SilenceError:
            return "says nothing"
        kind = first >> 4
        if kind == 4:
            return puback_words(body)
        if kind == 9:
            return suback_words(body, self.five)
        if kind == 14:
            return disconnect_words(body)
        return PACKETS[kind]

    def publish(self, topic, message=b"x", qos=1, retain=False, expiry_s=0):
        """Sends one message; returns the answer in words."""
        self.post(topic, message, qos, retain, expiry_s)
        return self.next_words(1) if qos else "sent"

    def post(self, topic, message=b"x", qos=1, retain=False, expiry_s=0):
        self._ids += 1
        body = text(topic) + (struct.pack(">H", self._ids) if qos else b"")
        if self.five:
            body += struct.pack(">BBI", 5, 2, expiry_s) if expiry_s else b"\0"
        body += message if isinstance(message, bytes) else message.encode()
        self.send(packet(0x30 | qos << 1 | (1 if retain else 0), body))

    def subscribe(self, topic, qos=1):
        """Subscribes; returns the answer in words."""
        self._ids += 1
        body = struct.pack(">H", self._ids) + (b"\0" if self.five else b"")
        self.send(packet(0x82, body + text(topic) + bytes([qos])))
        return self.next_words()

    def message(self, timeout_s=TIMEOUT_S):
        """The next message, as (topic, message, retain, qos), acknowledged; other packets are
        passed over. Raises EndedError and SilenceError."""
        end = time.monotonic() + timeout_s
        first, body = self._early.pop(0) if self._early else (0, b"")
        while first >> 4 != 3:
            first, body = self.read(max(0.01, end - time.monotonic()))
        at = 2 + int.from_bytes(body[:2], "big")
        topic, qos = body[2:at].decode(), first >> 1 & 3
        if qos:
            self.send(packet(0x40, body[at : at + 2]))
            at += 2
        if self.five:
            at += 1 + body[at]
        return topic, body[at:], bool(first & 1), qos

    def messages(self, timeout_s=1):
        """All messages that come until it is quiet for so long."""
        found = []
        with contextlib.suppress(SilenceError, EndedError):
            while True:
                found.append(self.message(timeout_s))
        return found

    def ping(self):
        self.send(b"\xc0\0")
        return self.next_words()

    def disconnect(self):
        with contextlib.suppress(EndedError):
            self.send(b"\xe0\0")
        self.close()

    def reset(self):
        """Breaks the connection, as a client that was killed."""
        with contextlib.suppress(OSError):
            raw = self._socket
            if isinstance(raw, ssl.SSLSocket):
                raw = raw.unwrap()
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self):
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
