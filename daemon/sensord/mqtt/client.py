# SPDX-License-Identifier: MIT
"""The client for MQTT 3.1.1 and 5: QoS 0 and 1 with messages in flight, will and keepalive.

Constructor and methods are named as in micropython-lib's umqtt, so that code written for it needs
only `await`. Beyond umqtt, `post()` sends without waiting for the acknowledgement.

    stream.py     the connection: packets in and out, its end
    session.py    what waits for an answer: messages in flight, subscriptions
    receiving.py  what the broker sends
"""

import asyncio
import time

from . import packet
from .keepalive import keep_alive
from .receiving import Receiver
from .session import Session, require_granted
from .stream import SILENCE, Closed, LoginError, MQTTException, Stream, reason
from .transport import ConnectError

_DISCONNECT_MS = 500
_RIGHT_AFTER_MS = 20


def _protocol(version):
    if version == "5":
        from . import v5

        return v5
    from . import v311

    return v311


class MQTTClient:
    """A client of one broker at a time.

    The next connection sends again the messages that were in flight, under their packet
    identifiers and marked as DUP, if the broker has kept the session (4.4); else they are dropped.

    Attributes, which count from the next connect() on: window, how many QoS 1 messages may be
    unacknowledged at a time, unless the broker allows fewer; highest_qos and retain, whether to
    lower the QoS of all messages and to retain none, for a broker that does not say what it takes;
    largest_message, how many bytes a message and its topic may have that arrives, larger ones are
    read past; on_refusal, None or a function of (topic, message, reason, token) for a message that
    an MQTT 5 broker refuses; on_oversized, None or a function of (topic, size) for a message that
    was read past. properties are those of the last CONNACK, none with MQTT 3.1.1.
    """

    window = 32
    highest_qos = 1
    retain = True
    largest_message = packet.MAX_INCOMING
    on_oversized = None

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
        path=None,
    ):
        """`keepalive` in seconds, 0 for none; `ssl` is an SSLContext, or True for the default;
        `version` "3.1.1" or "5"; `session` how many seconds an MQTT 5 broker is to keep the
        session of a connection that broke; `path` of a WebSocket, or None for none."""
        self._client_id = client_id
        self.use(server, port, ssl, path)
        self.log_in_as(user, password)
        self._keepalive_s = self._interval_s = keepalive
        self.protocol = self._protocol = _protocol(version)
        self.version = version
        self._is_5 = version == "5"
        self._session_s = session
        self._kept_s = 0
        self._will = None
        self.on_refusal = None
        self.properties = {}
        self._stream = Stream(self._protocol.check, self._wake_all)
        self._session = Session(self._stream, self._protocol)
        self._in_flight = self._session.in_flight
        self._receiver = Receiver(self._stream, self._session, self._protocol)

    def use(self, server, port=0, ssl=None, path=None):
        """The broker of the next connection, as in the constructor."""
        self._path = path
        self._server = server
        self._port = port or (8883 if ssl else 1883)
        self._context = ssl

    def log_in_as(self, user, password):
        """User name and password of the next connection, or None."""
        self._user = user
        self._password = password

    def set_callback(self, f):
        """`f(topic, message)` is called with bytes for each message of a subscription."""
        self._receiver.callback = lambda topic, message, retained: f(topic, message)

    def on_message(self, f):
        """As set_callback(), for `f(topic, message, retained)`: `retained` is whether the broker
        had kept the message from before the subscription (3.3.1.3)."""
        self._receiver.callback = f

    def set_last_will(self, topic, msg, retain=False, qos=0):
        """The message that the broker publishes when this client vanishes; before connect(). None
        as `topic`: there is none."""
        self._will = (topic, msg, qos, retain) if topic is not None else None

    @property
    def has_will(self):
        return self._will is not None

    @property
    def error(self):
        """Why the connection ended, None while it lasts."""
        return self._stream.error

    @property
    def closed(self):
        """An asyncio.Event that is set when the connection has ended."""
        return self._stream.closed

    @property
    def is_taken_over(self):
        """Whether the broker ended the connection because another client has the same name."""
        return self._is_5 and self._stream.code == self._protocol.TAKEN_OVER

    @property
    def is_unrelated_end(self):
        """Whether the broker ended the connection and said that no message was the cause."""
        return self._is_5 and self._stream.code in self._protocol.UNRELATED

    @property
    def maximum_qos(self):
        """The highest QoS that the broker takes."""
        return self._session.maximum_qos

    @property
    def may_retain(self):
        """Whether the broker keeps retained messages."""
        return self._session.may_retain

    def end_care(self):
        """Ends what `careful` of connect() began."""
        self._session.end_care()

    @property
    def unanswered(self):
        """(topic, message in flight or None) of the oldest packet that the broker left without
        an answer, or None."""
        return self._session.unanswered()

    @property
    def ended_after(self):
        """(message, whether the broker refused it) of the message that was answered right before
        the connection ended, or None if it ended later."""
        session, stream = self._session, self._stream
        if session.answered_last is None:
            return None
        if time.ticks_diff(stream.ended_ms, session.progress_ms) > _RIGHT_AFTER_MS:
            return None
        return session.answered_last, session.was_refused

    @property
    def pending(self):
        """How many bytes are written and not yet taken by the kernel."""
        return self._stream.pending

    async def connect(self, clean_session=True, timeout=10, careful=False, waiting=None):
        """Connects and logs in; each step may take `timeout` seconds. With `careful` the broker
        has to answer a PINGREQ before and after each message, and nothing in flight is sent again.

        `waiting` is what to do with the messages that wait in a session of the broker: "take"
        them, "drop" them, or, None, those of an earlier client as the version of MQTT has it: 5
        drops them, 3.1.1 takes them.

        Returns whether the session goes on: then the messages in flight are on their way again.
        Raises MQTTException, of which LoginError is one kind.
        """
        stream, session = self._stream, self._session
        if waiting == "drop":
            session.resumable = False
        # With MQTT 5 a session can begin anew and still be kept.
        anew = self._is_5 and not session.resumable and waiting != "take"
        clean = clean_session or anew
        self._kept_s = 0 if clean_session else self._session_s
        await self._open(clean, timeout * 1000)
        present, packets = await self._log_in(clean, timeout * 1000, careful)
        if present and waiting == "drop":
            # MQTT 3.1.1 ends a session only by a connection that keeps none (3.1.2.4).
            for clean in (True, False):
                await self._leave()
                await self._open(clean, timeout * 1000)
                present, packets = await self._log_in(clean, timeout * 1000, careful)
        session.on_refusal = self.on_refusal
        self._receiver.on_oversized = self.on_oversized
        stream.start(self._receiver.run(packets))
        if self._interval_s:
            ping = self._protocol.PINGREQ
            stream.start(keep_alive(stream, session, ping, self._interval_s * 1000))
        return session.begin(present and not careful, not clean_session)

    async def _leave(self):
        """Disconnects, and reads past what the broker sends until it closes."""
        stream = self._stream
        stream.send(self._protocol.disconnect(0))
        try:
            while True:
                await asyncio.wait_for_ms(stream.read(), _DISCONNECT_MS)
        except (asyncio.TimeoutError, OSError, packet.MalformedPacket):
            # The end of the connection, or a broker that is slow to end it.
            stream.end("disconnected")

    async def _open(self, clean, timeout_ms):
        """Opens the connection and sends CONNECT."""
        if self._context is True:
            from .secure import tls_context

            try:
                self._context = await tls_context()
            except ConnectError as error:
                raise MQTTException(error.args[0])
        greeting = self._protocol.connect(
            self._client_id,
            self._keepalive_s,
            clean,
            self._will,
            self._user,
            self._password,
            self._kept_s,
            self.largest_message,
        )
        self._stream.largest_publish = self.largest_message
        await self._stream.open(
            self._server, self._port, self._context, self._path, greeting, timeout_ms
        )

    async def _log_in(self, clean, timeout_ms, careful):
        """Waits for CONNACK, and with `careful` for an answer to a ping; returns whether the
        broker has the session, and the packets that came with them."""
        stream, code = self._stream, None
        is_silent = False
        try:
            packets = await asyncio.wait_for_ms(stream.read(), timeout_ms)
            first, body = packets.pop(0)
            if first != packet.CONNACK:
                raise packet.MalformedPacket("the first answer is not a CONNACK")
            present, code, refusal, properties = self._protocol.parse_connack(body)
            if refusal is not None:
                stream.end("refused: " + refusal)
            elif present and clean:
                raise packet.MalformedPacket("the broker has a session that was to be forgotten")
            elif careful:
                stream.send(self._protocol.PINGREQ)
                while not any(first == packet.PINGRESP for first, _ in packets):
                    packets += await asyncio.wait_for_ms(stream.read(), timeout_ms)
        except asyncio.TimeoutError:
            stream.end("the broker accepted the connection and then said nothing")
            raise LoginError(stream.error, SILENCE)
        except (OSError, packet.MalformedPacket) as error:
            is_silent = code is None and (isinstance(error, (OSError, Closed)))
            stream.end(reason(error))
        except asyncio.CancelledError:
            stream.end("cancelled")
            raise
        if stream.error is not None:
            if is_silent or code:
                raise LoginError(stream.error, code)
            raise MQTTException(stream.error)
        self._session.limit(self.window, self.highest_qos, self.retain, properties, careful)
        self._interval_s = self._keepalive_s
        self.properties = properties
        if properties:
            self._take_keepalive(properties.get(self._protocol.SERVER_KEEP_ALIVE))
        return present, packets

    def _take_keepalive(self, server_s):
        """Keeps to the broker's own time (3.2.2.3.14)."""
        if server_s is None:
            return
        self._interval_s = server_s
        if server_s < self._keepalive_s:
            # mosquitto ends a connection early that asked for as much or more.
            self._keepalive_s = max(1, server_s - 1)

    def _wake_all(self):
        """Wakes all tasks that wait for something when the connection has ended."""
        self._session.wake()
        self._receiver.arrived.set()

    @property
    def ready(self):
        """Whether post() may be called now: connected, and neither window nor buffer is full."""
        return self._session.ready

    async def wait_idle(self):
        """Waits until nothing is in flight, or until the connection has ended."""
        while self._stream.is_open and not self._session.is_idle:
            await self._session.wait_progress()

    async def wait_ready(self):
        """Waits until post() may be called, or until the connection has ended."""
        await self._session.wait_ready()

    def post(self, topic, msg, retain=False, qos=0, on_ack=None, token=None, expiry=0):
        """Sends a message without waiting. `on_ack(token)` is called once it is acknowledged,
        for QoS 0 at once; an MQTT 5 broker drops it after `expiry` seconds, if not 0.

        Raises MQTTException if there is no connection, ValueError if the broker does not take a
        message of that size."""
        self._session.send_publish(topic, msg, retain, qos, on_ack, token, expiry)

    async def publish(self, topic, msg, retain=False, qos=0):
        """Publishes a message; with QoS 1 returns when the broker has it."""
        await self._session.publish(topic, msg, retain, qos)

    async def subscribe(self, topic, qos=0):
        """Subscribes to a topic filter. Raises MQTTException if the broker does not grant it."""
        answer = await self._session.request(self._protocol.subscribe, topic, qos)
        require_granted(answer, self._protocol, "no subscription to %s: %s", topic)

    async def unsubscribe(self, topic):
        """Ends a subscription. Raises MQTTException if the broker refuses."""
        answer = await self._session.request(self._protocol.unsubscribe, topic)
        require_granted(answer, self._protocol, "the subscription to %s stays: %s", topic)

    async def wait_msg(self):
        """Waits until a message arrived (and went to the callback)."""
        self._receiver.arrived.clear()
        self._stream.require()
        await self._receiver.arrived.wait()
        self._stream.require()

    async def check_msg(self):
        """Passes messages that have arrived to the callback."""
        self._stream.require()
        await asyncio.sleep_ms(0)

    async def ping(self):
        """Sends a PINGREQ, which the broker must answer."""
        self._stream.require()
        self._stream.send(self._protocol.PINGREQ)

    async def disconnect(self):
        """Ends the connection after all sent data have left, and without the will."""
        stream = self._stream
        if not stream.is_open:
            return
        stream.error = stream.error or "disconnected"
        self._session.resumable = False
        try:
            stream.send(self._protocol.disconnect(self._kept_s))
            # The broker closes (3.14.4). Closing first, with an answer unread, would reset the
            # connection, and the broker might see that before it sees the DISCONNECT.
            await asyncio.wait_for_ms(stream.closed.wait(), _DISCONNECT_MS)
        except (MQTTException, asyncio.TimeoutError):
            # The connection is gone already, or the broker is slow.
            pass
        stream.end("disconnected")

    def close(self):
        """Ends the connection at once; the broker publishes the will. Idempotent."""
        self._stream.end("closed")
