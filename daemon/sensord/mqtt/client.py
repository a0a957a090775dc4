# SPDX-License-Identifier: MIT
"""The client for MQTT 3.1.1 and 5: QoS 0 and 1 with messages in flight, will and keepalive.

Constructor and methods are named as in micropython-lib's umqtt, so that code written for it needs
only `await`. Beyond umqtt, `post()` sends without waiting for the acknowledgement.
"""

import asyncio
import time

from . import packet
from .inflight import InFlight
from .transport import ConnectError, describe, open_connection, tls_context

_READ_BYTES = 1024
_WRITE_AHEAD_BYTES = 16384
_LEAVE_MS = 500
_MOST_ALIASES = 64


class MQTTException(Exception):
    """The broker refused, went away or spoke something else; the text says which."""


def _protocol(version):
    if version == "5":
        from . import v5

        return v5
    from . import v311

    return v311


class MQTTClient:
    """A client of one broker at a time.

    What is in flight when a connection ends is sent again with the next one, under its packet
    identifier and marked as DUP, if the broker has kept the session (4.4); else it is forgotten.

    Attributes: window, how many QoS 1 messages may be unacknowledged at a time, fewer if the
    broker says so; maximum_qos, what the broker takes; error, why the connection ended (None
    while it lasts); closed, an asyncio.Event set when it ended; on_refusal, None or a function of
    (topic, reason, token) for a message that an MQTT 5 broker will never take.
    """

    window = 32

    def __init__(
        self,
        client_id,
        server,
        port=0,
        user=None,
        password=None,
        keepalive=0,
        ssl=None,
        version="3.1.1",
        session=0,
    ):
        """`keepalive` in seconds, 0 for none; `ssl` is an SSLContext, or True for the default;
        `version` "3.1.1" or "5"; `session` how many seconds an MQTT 5 broker is to keep the
        session of a connection that broke."""
        self._client_id = client_id
        self.use(server, port, ssl)
        self.log_in_as(user, password)
        self._wanted_keepalive_s = self._keepalive_s = keepalive
        self._protocol = _protocol(version)
        self._is_5 = version == "5"
        self._session_s = session
        self._kept_s = 0
        self._will = None
        self._callback = None
        self._connection = None
        self._tasks = []
        self._in_flight = InFlight()  # of (topic, message, retain, expiry, on_ack, token)
        self._resumable = False  # whether that belongs to a session that the broker may have
        self._answers = {}  # {packet identifier: [code and meaning of a SUBACK or UNSUBACK]}
        self._aliases = {}
        self._received_ms = 0
        self._sent_ms = 0
        self._progress_ms = 0  # the last acknowledgement, or since when one is waited for
        self._progress = asyncio.Event()
        self._message = asyncio.Event()
        self._limit({})
        self.on_refusal = None
        self.closed = asyncio.Event()
        self.error = None

    def use(self, server, port=0, ssl=None):
        """The broker of the next connection, as in the constructor."""
        self._server = server
        self._port = port or (8883 if ssl else 1883)
        self._context = ssl

    def log_in_as(self, user, password):
        """User name and password of the next connection, or None."""
        self._user = user
        self._password = password

    def _limit(self, properties):
        """Takes what an MQTT 5 broker allows; of one of MQTT 3.1.1 nothing is known."""
        protocol = self._protocol
        self._window = self.window
        self.maximum_qos = 1
        self._may_retain = True
        self._most_bytes = 0
        self._most_aliases = 0
        self._keepalive_s = self._wanted_keepalive_s
        self._aliases.clear()
        if properties:
            self._window = min(self.window, properties.get(protocol.RECEIVE_MAXIMUM, 65535))
            self.maximum_qos = min(1, properties.get(protocol.MAXIMUM_QOS, 1))
            self._may_retain = bool(properties.get(protocol.RETAIN_AVAILABLE, 1))
            self._most_bytes = properties.get(protocol.MAXIMUM_PACKET_SIZE, 0)
            self._most_aliases = min(
                properties.get(protocol.TOPIC_ALIAS_MAXIMUM, 0), _MOST_ALIASES
            )
            self._keepalive_s = properties.get(protocol.SERVER_KEEP_ALIVE, self._keepalive_s)

    def set_callback(self, f):
        """`f(topic, message)` is called with bytes for each message of a subscription."""
        self._callback = f

    def set_last_will(self, topic, msg, retain=False, qos=0):
        """What the broker publishes when this client vanishes. Call it before connect()."""
        self._will = (topic, msg, qos, retain)

    async def connect(self, clean_session=True, timeout=10):
        """Connects and logs in; each step may take `timeout` seconds.

        Returns whether the session goes on: then what was in flight is on its way again. Raises
        MQTTException.
        """
        self.error = None
        self.closed.clear()
        self._answers.clear()
        # With MQTT 5 a session can begin anew and still be kept.
        clean = clean_session or (not self._resumable and self._is_5)
        self._kept_s = 0 if clean_session else self._session_s
        try:
            if self._context is True:
                self._context = await tls_context()
            self._connection = await open_connection(
                self._server,
                self._port,
                self._context,
                self._protocol.connect(
                    self._client_id,
                    self._wanted_keepalive_s,
                    clean,
                    self._will,
                    self._user,
                    self._password,
                    self._kept_s,
                ),
                timeout * 1000,
            )
        except ConnectError as error:
            raise MQTTException(error.args[0])
        self._sent_ms = time.ticks_ms()
        try:
            decoder = packet.Decoder(self._protocol.check)
            session, rest = await asyncio.wait_for_ms(self._log_in(decoder), timeout * 1000)
            if session and clean:
                raise packet.MalformedPacket("the broker has a session that was to be forgotten")
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
        resumed = session and self._resumable
        self._resumable = not clean_session
        self._progress_ms = self._received_ms
        if resumed:
            self._in_flight.begin_again()
        else:
            self._in_flight.clear()
        self._tasks = [asyncio.create_task(self._receive(decoder, rest))]
        if self._keepalive_s:
            self._tasks.append(asyncio.create_task(self._keep_alive()))
        self._send_again()
        return resumed

    async def _log_in(self, decoder):
        packets = await self._read_packets(decoder)
        first, body = packets[0]
        if first != packet.CONNACK:
            raise packet.MalformedPacket("the first answer is not a CONNACK")
        session, refusal, properties = self._protocol.parse_connack(body)
        if refusal is not None:
            self._drop("refused: " + refusal)
            raise MQTTException(self.error)
        self._limit(properties)
        return session, packets[1:]

    def _send_again(self):
        while True:
            found = self._in_flight.next_unsent(self._window)
            if found is None:
                return
            packet_id, (topic, message, retain, expiry_s, _, token) = found
            try:
                # Its alias went with the old connection.
                data = self._encode(topic, message, 1, retain, packet_id, expiry_s, 0, True)
            except ValueError as error:
                # The broker takes less than it did.
                self._in_flight.acknowledge(packet_id)
                if self.on_refusal is not None:
                    self.on_refusal(topic, error, token)
                continue
            self._send(data)

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
        protocol = self._protocol
        kind = first & 0xF0
        if kind == packet.PUBACK:
            packet_id, code, meaning = protocol.parse_puback(body)
            acknowledged = self._in_flight.acknowledge(packet_id)
            if acknowledged is None:
                raise packet.MalformedPacket("PUBACK for a message that was not sent")
            self._acknowledge(acknowledged, code, meaning)
        elif kind == packet.PUBLISH:
            topic, message, qos, _, packet_id = protocol.parse_publish(first, body)
            if qos:
                if self._connection.pending > _WRITE_AHEAD_BYTES:
                    raise packet.MalformedPacket("the broker sends and does not read")
                self._send(protocol.puback(packet_id))
            if self._callback is not None:
                self._callback(topic, message)
            self._message.set()
        elif first in (packet.SUBACK, packet.UNSUBACK):
            parse = protocol.parse_suback if first == packet.SUBACK else protocol.parse_unsuback
            packet_id, code, meaning = parse(body)
            answer = self._answers.pop(packet_id, None)
            if answer is None:
                raise packet.MalformedPacket("SUBACK for no subscription")
            answer += [code, meaning]
            self._wake()
        elif first == packet.DISCONNECT:
            self._drop(protocol.parse_disconnect(body))
            raise MQTTException(self.error)
        elif first != packet.PINGRESP:
            raise packet.MalformedPacket("unexpected packet 0x%02x" % first)

    def _acknowledge(self, acknowledged, code, meaning):
        topic, _, _, _, on_ack, token = acknowledged
        self._progress_ms = self._received_ms
        self._wake()
        if code < self._protocol.FAILURE:
            if self._in_flight.unsent:
                self._send_again()
            if on_ack is not None:
                on_ack(token)
        elif code in self._protocol.NEVER and self.on_refusal is not None:
            self.on_refusal(topic, meaning, token)
        else:
            # It may be taken later; that one, and not those after it, would break their order.
            self._resumable = False
            self._drop("the broker refuses a message on %s: %s" % (topic, meaning))
            raise MQTTException(self.error)

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
            waits_ms = time.ticks_diff(now, self._progress_ms)
            if self._in_flight and waits_ms >= interval_ms + interval_ms // 2:
                # It sends, and still it is of no use.
                self._drop("the broker acknowledged nothing for %d s" % (waits_ms // 1000))
                return
            if silent_ms < interval_ms and idle_ms < interval_ms:
                pinged = False
            elif not pinged:
                pinged = True
                try:
                    self._send(self._protocol.PINGREQ)
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
            and len(self._in_flight) < self._window
            and not self._in_flight.unsent
            and self._connection.pending < _WRITE_AHEAD_BYTES
        )

    async def wait_ready(self):
        """Waits until post() may be called, or until the connection has ended."""
        while self._connection is not None and not self.ready:
            if self._connection.pending >= _WRITE_AHEAD_BYTES:
                await asyncio.sleep_ms(20)
            else:
                await self._progress.wait()

    def post(self, topic, msg, retain=False, qos=0, on_ack=None, token=None, expiry=0):
        """Sends a message without waiting. `on_ack(token)` is called once it is acknowledged,
        for QoS 0 at once; an MQTT 5 broker drops it after `expiry` seconds, if not 0.

        Raises MQTTException if there is no connection, ValueError if the broker does not take a
        message of that size."""
        self._require_connection()
        if self._is_5:
            qos = min(qos, self.maximum_qos)
            retain = retain and self._may_retain
        packet_id = self._in_flight.new_identifier(self._answers) if qos else 0
        alias = 0 if retain else self._alias(topic)
        data = self._encode(topic, msg, qos, retain, packet_id, expiry, alias)
        if qos:
            if not self._in_flight:
                self._progress_ms = time.ticks_ms()
            self._in_flight.add(packet_id, (topic, msg, retain, expiry, on_ack, token))
        self._send(data)
        if alias:
            # Not before: the broker has to have seen the name.
            self._aliases[topic] = alias
        if not qos and on_ack is not None:
            on_ack(token)

    def _alias(self, topic):
        if not self._most_aliases:
            return 0
        count = len(self._aliases)
        return self._aliases.get(topic, 0 if count == self._most_aliases else count + 1)

    def _encode(self, topic, message, qos, retain, packet_id, expiry_s, alias, dup=False):
        protocol = self._protocol
        if not self._is_5:
            return protocol.publish(topic, message, qos, retain, packet_id, dup)
        sent = "" if topic in self._aliases and alias else topic
        data = protocol.publish(sent, message, qos, retain, packet_id, dup, expiry_s, alias)
        if self._most_bytes and len(data) > self._most_bytes:
            raise ValueError(
                "a message of %d bytes; the broker takes %d" % (len(data), self._most_bytes)
            )
        return data

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
        code, meaning = await self._ask(self._protocol.subscribe, topic, qos)
        if code >= self._protocol.FAILURE:
            raise MQTTException("no subscription to %s: %s" % (topic, meaning))

    async def unsubscribe(self, topic):
        """Ends a subscription. Raises MQTTException if the broker refuses."""
        code, meaning = await self._ask(self._protocol.unsubscribe, topic)
        if code >= self._protocol.FAILURE:
            raise MQTTException("the subscription to %s stays: %s" % (topic, meaning))

    async def _ask(self, encode, *arguments):
        self._require_connection()
        packet_id = self._in_flight.new_identifier(self._answers)
        answer = self._answers[packet_id] = []
        self._send(encode(packet_id, *arguments))
        while not answer:
            self._require_connection()
            await self._progress.wait()
        return answer

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
        self._send(self._protocol.PINGREQ)

    async def disconnect(self):
        """Takes leave: what is sent goes out, the will does not."""
        if self._connection is None:
            return
        self.error = self.error or "disconnected"
        self._resumable = False
        try:
            self._send(self._protocol.disconnect(self._kept_s))
            # The broker closes (3.14.4). Closing first, with an answer unread, would reset the
            # connection, and the broker might see that before it sees our leave.
            await asyncio.wait_for_ms(self.closed.wait(), _LEAVE_MS)
        except (MQTTException, asyncio.TimeoutError):
            # Gone already, or in no hurry.
            pass
        self.close()


def _reason(error):
    return describe(error) if isinstance(error, OSError) else str(error)
