# SPDX-License-Identifier: MIT
"""A connection to a broker as a stream of packets, from its opening to its end."""

import asyncio
import time

from .packet import MAX_INCOMING, Decoder, MalformedPacket
from .transport import ConnectError, describe, open_connection

_READ_BYTES = 1024


class MQTTException(Exception):
    """The broker refused, went away or sent something that is not MQTT; the text is the reason."""


SILENCE = -2


class LoginError(MQTTException):
    """The broker did not take the CONNECT. Attribute: code, of its CONNACK; None if it closed the
    connection without one, SILENCE if it sent nothing."""

    def __init__(self, text, code):
        super().__init__(text)
        self.code = code


class Closed(MalformedPacket):
    """The broker closed the connection."""


def reason(error):
    """An OSError or MalformedPacket of a connection in words."""
    return describe(error) if isinstance(error, OSError) else str(error)


class Stream:
    """One connection at a time; `open()` begins the next one.

    Attributes: error, why the connection ended, or None; code, the reason code of the DISCONNECT
    with which an MQTT 5 broker ended it, or None; closed, an asyncio.Event that is set when it
    ended; received_ms, sent_ms and ended_ms, when the last bytes came and went and when it ended
    (ticks); largest_publish, how many bytes the body of a PUBLISH may have that is not read past.
    """

    def __init__(self, check, on_end):
        """`check(first byte, length)` raises MalformedPacket for a packet that a broker does not
        send; `on_end()` is called whenever a connection ends."""
        self._check = check
        self._on_end = on_end
        self._connection = None
        self._decoder = None
        self._buffer = None
        self._tasks = []
        self.error = None
        self.code = None
        self.closed = asyncio.Event()
        self.received_ms = 0
        self.sent_ms = 0
        self.ended_ms = 0
        self.largest_publish = MAX_INCOMING

    @property
    def is_open(self):
        return self._connection is not None

    @property
    def pending(self):
        """How many bytes are written and not yet taken by the kernel; 0 without a connection."""
        return self._connection.pending if self._connection is not None else 0

    def require(self):
        """Raises MQTTException if there is no connection."""
        if self._connection is None:
            raise MQTTException(self.error or "not connected")

    async def open(self, host, port, context, path, greeting, timeout_ms):
        """Connects, over TLS with an SSLContext, by WebSocket with a path, and sends `greeting`
        (bytes).

        Raises MQTTException."""
        self.error = None
        self.code = None
        self.closed.clear()
        try:
            if path is None:
                opening = open_connection(host, port, context, greeting, timeout_ms)
            else:
                from .websocket import open_websocket

                opening = open_websocket(host, port, path, context, greeting, timeout_ms)
            self._connection = await opening
        except ConnectError as error:
            raise MQTTException(error.args[0])
        self._decoder = Decoder(self._check, self.largest_publish)
        self._buffer = bytearray(_READ_BYTES)
        self.sent_ms = time.ticks_ms()

    async def read(self):
        """Waits for packets; returns them as [(first byte, body)].

        Raises MalformedPacket for bytes that are not MQTT, Closed at the connection's end,
        OSError."""
        buffer = self._buffer
        while True:
            n = await self._connection.readinto(buffer)
            if n == 0:
                raise Closed("the broker closed the connection")
            self.received_ms = time.ticks_ms()
            packets = self._decoder.feed(bytes(memoryview(buffer)[:n]))
            if packets:
                return packets
            # A large packet that comes fast must not block the other tasks.
            await asyncio.sleep_ms(0)

    def send(self, data):
        """Sends a packet (bytes) without waiting. Raises MQTTException if the connection breaks,
        which ends it."""
        self.sent_ms = time.ticks_ms()
        try:
            self._connection.write(data)
        except OSError as error:
            self.end(reason(error))
            raise MQTTException(self.error)

    def start(self, coroutine):
        """Runs a coroutine for as long as the connection lasts."""
        self._tasks.append(asyncio.create_task(coroutine))

    def end(self, why):
        """Ends the connection; the first reason given is the one that counts. Idempotent."""
        if self.error is None:
            self.error = why
        if self._connection is not None:
            self.ended_ms = time.ticks_ms()
            self._connection.close()
            self._connection = None
        current = asyncio.current_task()
        for task in self._tasks:
            # The calling task finds `error` set and returns by itself.
            if task is not current:
                task.cancel()
        self._tasks = []
        self._on_end()
        self.closed.set()
