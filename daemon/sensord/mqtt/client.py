# SPDX-License-Identifier: MIT
"""The MQTT 3.1.1 client: QoS 0 and 1 with a window of messages in flight, will and keepalive.

Constructor and methods are named as in micropython-lib's umqtt, so that code written for it needs
only `await`. Beyond umqtt, `post()` sends without waiting for the acknowledgement.
"""

import asyncio
import time

from . import packet
from .transport import ConnectError, describe, open_connection, tls_context

_READ_BYTES = 1024
_WRITE_AHEAD_BYTES = 16384
_LEAVE_MS = 500
_PINGREQ = b"\xc0\x00"
_DISCONNECT = b"\xe0\x00"


class MQTTException(Exception):
    """The broker refused, went away or spoke something else; the text says which."""


class MQTTClient:
    """One connection to one broker.

    Attributes: window, how many QoS 1 messages may be unacknowledged at a time; error, why the
    connection ended (None while it lasts); closed, an asyncio.Event set when it ended.
    """

    window = 32

    def __init__(self, client_id, server, port=0, user=None, password=None, keepalive=0, ssl=None):
        """`keepalive` in seconds, 0 for none; `ssl` is an SSLContext, or True for the default."""
        self._client_id = client_id
        self._server = server
        self._port = port or (8883 if ssl else 1883)
        self._user = user
        self._password = password
        self._keepalive_s = keepalive
        self._context = ssl
        self._will = None
        self._callback = None
        self._connection = None
        self._tasks = []
        self._next_id = 0
        self._in_flight = {}
        self._subscriptions = {}
        self._received_ms = 0
        self._sent_ms = 0
        self._progress = asyncio.Event()
        self._message = asyncio.Event()
        self.closed = asyncio.Event()
        self.error = None

    def set_callback(self, f):
        """`f(topic, message)` is called with bytes for each message of a subscription."""
        self._callback = f

    def set_last_will(self, topic, msg, retain=False, qos=0):
        """What the broker publishes when this client vanishes. Call it before connect()."""
        self._will = (topic, msg, qos, retain)

    async def connect(self, clean_session=True, timeout=10):
        """Connects and logs in; each step may take `timeout` seconds.

        Returns whether the broker still has the session. Raises MQTTException.
        """
        self.error = None
        self.closed.clear()
        self._in_flight.clear()
        self._subscriptions.clear()
        try:
            if self._context is True:
                self._context = await tls_context()
            self._connection = await open_connection(
                self._server,
                self._port,
                self._context,
                packet.connect(
                    self._client_id,
                    self._keepalive_s,
                    clean_session,
                    self._will,
                    self._user,
                    self._password,
                ),
                timeout * 1000,
            )
        except ConnectError as error:
            raise MQTTException(error.args[0])
        self._sent_ms = time.ticks_ms()
        try:
            decoder = packet.Decoder()
            session, rest = await asyncio.wait_for_ms(self._log_in(decoder), timeout * 1000)
        except asyncio.TimeoutError:
            self._drop("the broker accepted the connection and then said nothing")
        except (OSError, packet.MalformedPacket) as error:
            self._drop(_reason(error))
        except asyncio.CancelledError:
            self.error = "cancelled"
            self._close(None)
            raise
        if self.error is not None:
            raise MQTTException(self.error)
        self._tasks = [asyncio.create_task(self._receive(decoder, rest))]
        if self._keepalive_s:
            self._tasks.append(asyncio.create_task(self._keep_alive()))
        return session

    async def _log_in(self, decoder):
        packets = await self._read_packets(decoder)
        first, body = packets[0]
        if first != packet.CONNACK or body[0] > 1:
            raise packet.MalformedPacket("the first answer is not a CONNACK")
        if body[1]:
            self._drop("refused: " + packet.REFUSALS.get(body[1], "return code %d" % body[1]))
            raise MQTTException(self.error)
        return bool(body[0]), packets[1:]

    async def _read_packets(self, decoder):
        buffer = bytearray(_READ_BYTES)
        while True:
            n = await self._connection.readinto(buffer)
            if n == 0:
                raise packet.MalformedPacket("the broker closed the connection")
            self._received_ms = time.ticks_ms()
            packets = decoder.feed(bytes(memoryview(buffer)[:n]))
            if packets:
                return packets

    async def _receive(self, decoder, packets):
        try:
            while True:
                for first, body in packets:
                    self._handle(first, body)
                # A broker that never stops sending must not keep the others from their turn.
                await asyncio.sleep_ms(0)
                packets = await self._read_packets(decoder)
        except MQTTException:
            # A send of ours found the connection broken, and dropped it.
            return
        except (OSError, packet.MalformedPacket) as error:
            self._drop(_reason(error))

    def _handle(self, first, body):
        kind = first & 0xF0
        if kind == packet.PUBACK:
            acknowledged = self._in_flight.pop(packet.packet_identifier(body), None)
            if acknowledged is None:
                raise packet.MalformedPacket("PUBACK for a message that was not sent")
            on_ack, token = acknowledged
            self._wake()
            on_ack(token)
        elif kind == packet.PUBLISH:
            topic, message, qos, _, packet_id = packet.parse_publish(first, body)
            if qos:
                if self._connection.pending > _WRITE_AHEAD_BYTES:
                    raise packet.MalformedPacket("the broker sends and does not read")
                self._send(packet.puback(packet_id))
            if self._callback is not None:
                self._callback(topic, message)
            self._message.set()
        elif first == packet.SUBACK:
            granted = self._subscriptions.pop(packet.packet_identifier(body), None)
            if granted is None:
                raise packet.MalformedPacket("SUBACK for no subscription")
            granted.append(body[2])
            self._wake()
        elif first != packet.PINGRESP:
            raise packet.MalformedPacket("unexpected packet 0x%02x" % first)

    async def _keep_alive(self):
        # A ping after a silence of the keepalive time; the broker is gone if half as long again
        # brings no answer. Only what arrives counts: a dead link takes what is sent for minutes.
        interval_ms = self._keepalive_s * 1000
        pinged = False
        while True:
            now = time.ticks_ms()
            silent_ms = time.ticks_diff(now, self._received_ms)
            idle_ms = time.ticks_diff(now, self._sent_ms)
            if silent_ms >= interval_ms + interval_ms // 2:
                self._drop("no answer from the broker for %d s" % (silent_ms // 1000))
                return
            if silent_ms < interval_ms and idle_ms < interval_ms:
                pinged = False
            elif not pinged:
                pinged = True
                try:
                    self._send(_PINGREQ)
                except MQTTException:
                    return
            await asyncio.sleep_ms(max(100, interval_ms // 10))

    def _send(self, data):
        self._sent_ms = time.ticks_ms()
        try:
            self._connection.write(data)
        except OSError as error:
            self._drop(_reason(error))
            raise MQTTException(self.error)

    def _wake(self):
        self._progress.set()
        self._progress.clear()

    def _drop(self, reason):
        if self.error is None:
            self.error = reason
        self._close(asyncio.current_task())

    def _close(self, current):
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        for task in self._tasks:
            if task is not current:
                task.cancel()
        self._tasks = []
        self._wake()
        self._message.set()
        self.closed.set()

    def _require_connection(self):
        if self._connection is None:
            raise MQTTException(self.error or "not connected")

    @property
    def ready(self):
        """Whether post() may be called now: connected, and neither window nor buffer is full."""
        return (
            self._connection is not None
            and len(self._in_flight) < self.window
            and self._connection.pending < _WRITE_AHEAD_BYTES
        )

    async def wait_ready(self):
        """Waits until post() may be called, or until the connection has ended."""
        while self._connection is not None and not self.ready:
            if self._connection.pending >= _WRITE_AHEAD_BYTES:
                await asyncio.sleep_ms(20)
            else:
                await self._progress.wait()

    def _new_id(self):
        while True:
            self._next_id = self._next_id % 65535 + 1
            if self._next_id not in self._in_flight and self._next_id not in self._subscriptions:
                return self._next_id

    def post(self, topic, msg, retain=False, qos=0, on_ack=None, token=None):
        """Sends a message without waiting. `on_ack(token)` is called once it is acknowledged,
        for QoS 0 at once. Raises MQTTException if there is no connection."""
        self._require_connection()
        packet_id = self._new_id() if qos else 0
        self._send(packet.publish(topic, msg, qos, retain, packet_id))
        if qos:
            self._in_flight[packet_id] = (on_ack, token)
        elif on_ack is not None:
            on_ack(token)

    async def publish(self, topic, msg, retain=False, qos=0):
        """Publishes a message; with QoS 1 returns when the broker has it."""
        self._require_connection()
        await self.wait_ready()
        if not qos:
            self.post(topic, msg, retain)
            return
        acknowledged = []
        self.post(topic, msg, retain, qos, acknowledged.append, True)
        while not acknowledged:
            self._require_connection()
            await self._progress.wait()

    async def subscribe(self, topic, qos=0):
        """Subscribes to a topic filter. Raises MQTTException if the broker does not grant it."""
        self._require_connection()
        packet_id = self._new_id()
        granted = self._subscriptions[packet_id] = []
        self._send(packet.subscribe(packet_id, topic, qos))
        while not granted:
            self._require_connection()
            await self._progress.wait()
        if granted[0] == 0x80:
            raise MQTTException("the broker does not grant a subscription to %s" % topic)

    async def wait_msg(self):
        """Waits until a message arrived (and went to the callback)."""
        self._message.clear()
        self._require_connection()
        await self._message.wait()
        self._require_connection()

    async def check_msg(self):
        """Lets messages that are there go to the callback."""
        self._require_connection()
        await asyncio.sleep_ms(0)

    def close(self):
        """Ends the connection at once; the broker publishes the will. Idempotent."""
        self.error = self.error or "closed"
        self._close(None)

    async def ping(self):
        """Asks the broker for a sign of life."""
        self._require_connection()
        self._send(_PINGREQ)

    async def disconnect(self):
        """Takes leave: what is sent goes out, the will does not."""
        if self._connection is None:
            return
        self.error = self.error or "disconnected"
        try:
            self._send(_DISCONNECT)
            # The broker closes (3.14.4). Closing first, with an answer unread, would reset the
            # connection, and the broker might see that before it sees our leave.
            await asyncio.wait_for_ms(self.closed.wait(), _LEAVE_MS)
        except (MQTTException, asyncio.TimeoutError):
            # Gone already, or in no hurry.
            pass
        self.close()


def _reason(error):
    return describe(error) if isinstance(error, OSError) else str(error)
