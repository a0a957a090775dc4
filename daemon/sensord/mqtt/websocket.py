# SPDX-License-Identifier: MIT
"""Connections for MQTT over WebSocket (RFC 6455; MQTT 5, section 6), also over TLS."""

import asyncio
import binascii
import hashlib
import os

from .frames import BINARY, CLOSE, PONG, Frames, MalformedFrame, close_words, frame
from .transport import ConnectError, describe, open_connection

_READ_BYTES = 1024
_MAX_HEAD_BYTES = 8192
_MAX_PENDING = 4096  # a server that only pings and does not read gets no more answers
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # section 1.3
_SUBPROTOCOL = "mqtt"
_NORMAL = b"\x03\xe8"  # 1000


def _request(host, port, path, secure, key):
    host = host.partition("%")[0].rstrip(".")
    shown = "[%s]" % host if ":" in host else host
    if port != (443 if secure else 80):
        shown += ":%d" % port
    return (
        "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: %s\r\n\r\n"
        % (path, shown, key, _SUBPROTOCOL)
    ).encode()


def _printable(data):
    return "".join([chr(c) if 32 <= c < 127 else "?" for c in data[:200]])


def _require_http(head):
    if head[:1] in (b"\x15", b"\x16"):
        raise ConnectError("the server answers with TLS: is its address wss://?")
    if b"HTTP/1."[: len(head)] != head[:7]:
        raise ConnectError("the answer is not HTTP/1: is there a WebSocket at this port?")


def _refusal(status, reason, location, path):
    answer = "HTTP %s %s" % (status, reason) if reason else "HTTP %s" % status
    if status in ("301", "302", "303", "307", "308"):
        to = _printable(location or b"")
        for web, scheme in (("https://", "wss://"), ("http://", "ws://")):
            if to.startswith(web):
                to = scheme + to[len(web) :]
        hint = "the server is at another address: %s" % (to or "it does not say which")
    elif status in ("401", "403", "407"):
        hint = "the server or a proxy lets nobody in without a login of its own"
    elif status == "429":
        hint = "the server has too many requests"
    elif status in ("404", "410"):
        hint = "there is no WebSocket at %s: the broker's manual tells its path" % path
    elif status[:1] == "5" and status != "501":
        hint = "the server, or a proxy before it, does not work"
    else:
        hint = "the server does not take MQTT over WebSocket at %s" % path
    return "%s (%s)" % (hint, answer)


def _words(headers, name):
    return [word.strip() for word in headers.get(name, b"").lower().split(b",")]


def require_accepted(head, key, path):
    """Raises ConnectError, in words, unless `head` (the answer's lines) accepts the request with
    `key` (4.1)."""
    lines = head.split(b"\r\n")
    _require_http(head)
    words = lines[0].split(b" ", 2)
    status = _printable(words[1]) if len(words) > 1 else ""
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(b":")
        name, value = name.strip().lower(), value.strip()
        # RFC 9110, 5.3: several lines of one name are one list.
        headers[name] = headers[name] + b", " + value if name in headers else value
    if status != "101":
        reason = _printable(words[2]) if len(words) > 2 else ""
        raise ConnectError(_refusal(status, reason, headers.get(b"location"), path))
    token = binascii.b2a_base64(hashlib.sha1(key.encode() + _GUID).digest()).strip()
    if b"websocket" not in _words(headers, b"upgrade") or (
        b"upgrade" not in _words(headers, b"connection")
    ):
        raise ConnectError("the server changes to another protocol than WebSocket")
    if headers.get(b"sec-websocket-accept") != token:
        raise ConnectError("the answer is to another request (Sec-WebSocket-Accept): a proxy?")
    if headers.get(b"sec-websocket-extensions"):
        raise ConnectError("the server uses an extension of WebSocket that nobody asked for")
    if headers.get(b"sec-websocket-protocol") != _SUBPROTOCOL.encode():
        raise ConnectError("the WebSocket at %s is not for MQTT (no subprotocol mqtt)" % path)


async def _upgrade(connection, key, path):
    """Waits for the answer to the request; returns what came behind it (bytes)."""
    buffer = bytearray(_READ_BYTES)
    head = b""
    while True:
        n = await connection.readinto(buffer)
        if not n:
            if b"\n" in head:
                # The status is there, if not the whole answer.
                require_accepted(head, key, path)
            raise ConnectError("the server closed the connection instead of opening a WebSocket")
        head += bytes(memoryview(buffer)[:n])
        _require_http(head)
        end = head.find(b"\r\n\r\n")
        if end >= 0 and head[8:10] == b" 1" and head[9:12] != b"101":
            # RFC 9110, 15.2: the answer proper comes after an interim one.
            head = head[end + 4 :]
            end = head.find(b"\r\n\r\n")
        if end >= 0:
            require_accepted(head[:end], key, path)
            return head[end + 4 :]
        if len(head) > _MAX_HEAD_BYTES:
            raise ConnectError("the server's answer has no end of its headers")


class WebSocket:
    """An open WebSocket, which reads and writes as a Connection does."""

    def __init__(self, connection, data):
        """`data` (bytes) are those that came behind the answer."""
        self._connection = connection
        self._buffer = bytearray(_READ_BYTES)
        self._frames = Frames()
        self._data = b""  # read, and not given yet
        self._error = None
        self._is_closing = False
        self._take(data)

    @property
    def pending(self):
        """How many bytes are written but not yet taken by the kernel."""
        return self._connection.pending

    async def readinto(self, buffer):
        """Waits for data; returns its length, 0 when the server has closed. Raises OSError."""
        while not self._data:
            if self._error is not None:
                raise ConnectError(self._error)
            if self._frames.close is not None:
                return 0
            n = await self._connection.readinto(self._buffer)
            if not n:
                return 0
            self._take(bytes(memoryview(self._buffer)[:n]))
            if not self._data:
                # Control frames that come fast must not block the other tasks.
                await asyncio.sleep_ms(0)
        n = min(len(buffer), len(self._data))
        buffer[:n] = self._data[:n]
        self._data = self._data[n:]
        return n

    def _take(self, data):
        frames = self._frames
        try:
            self._data = frames.feed(data)
        except MalformedFrame as error:
            self._data = error.data
            self._error = "not WebSocket: %s" % error
            self._send_close(error.code.to_bytes(2, "big"))
            return
        if frames.ping is not None and self.pending < _MAX_PENDING:
            self._connection.write(frame(PONG, frames.ping, os.urandom(4)))
        if frames.close is not None:
            code, reason = frames.close
            if code not in (1000, 1005):
                self._error = "the server closed the WebSocket: %s" % close_words(code, reason)
            self._send_close(_NORMAL)

    def write(self, data):
        """Sends `data` as one frame: at once what the kernel takes, the rest in the background;
        nothing after a CLOSE (5.5.1)."""
        if self._is_closing:
            return
        self._connection.write(frame(BINARY, data, os.urandom(4)))

    def _send_close(self, payload):
        if self._is_closing:
            return
        self._is_closing = True
        try:
            self._connection.write(frame(CLOSE, payload, os.urandom(4)))
        except OSError:
            # The connection is gone already.
            pass

    def close(self):
        """Closes the connection. Idempotent."""
        self._send_close(_NORMAL)
        self._is_closing = True
        self._connection.close()


async def open_websocket(host, port, path, context, greeting, timeout_ms):
    """Opens a WebSocket at `path` as open_connection() does a connection, and sends `greeting`.

    Raises ConnectError with the reason in words.
    """
    key = binascii.b2a_base64(os.urandom(16)).decode().strip()
    request = _request(host, port, path, context is not None, key)
    connection = await open_connection(host, port, context, request, timeout_ms)
    try:
        data = await asyncio.wait_for_ms(_upgrade(connection, key, path), timeout_ms)
        opened = WebSocket(connection, data)
        opened.write(greeting)
        connection = None
        return opened
    except asyncio.TimeoutError:
        raise ConnectError("the server does not answer the request for a WebSocket")
    except ConnectError:
        raise
    except OSError as error:
        raise ConnectError(describe(error))
    finally:
        if connection is not None:
            connection.close()
