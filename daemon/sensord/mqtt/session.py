# SPDX-License-Identifier: MIT
"""The packets that wait for an answer: messages of QoS 1, subscriptions (4.1, 4.4)."""

import asyncio
import time

from .inflight import InFlight
from .packet import MalformedPacket
from .stream import MQTTException

WRITE_AHEAD_BYTES = 16384
_MOST_ALIASES = 64
_BUFFER_POLL_MS = 20


class Session:
    """The client's side of an MQTT session, which may outlive its connection.

    Attributes: in_flight, an InFlight of (topic, message, retain, expiry, on_ack, token);
    resumable, whether these belong to a session that the broker may have; maximum_qos and
    may_retain, what the broker takes; on_refusal, None or a function of (topic, message, reason,
    token) for a message that the broker refuses; answered_last, the message that the connection's
    last PUBACK was for, and was_refused, whether it refused it; progress_ms, the time
    of the last acknowledgement, or when the wait for one began (ticks).
    """

    def __init__(self, stream, protocol):
        """`protocol` is the module v311 or v5."""
        self._stream = stream
        self._protocol = protocol
        self._progress = asyncio.Event()
        self._answers = {}  # {packet identifier: [code and meaning of a SUBACK or UNSUBACK]}
        self._asked = None  # the topic of the request that waits for its answer
        self.answered_last = None
        self.was_refused = False
        self._aliases = {}
        self.in_flight = InFlight()
        self.resumable = False
        self.on_refusal = None
        self.progress_ms = 0
        self.limit(0, 1, True, {})

    def limit(self, window, qos, retain, properties, careful=False):
        """Takes over a broker's limits from the properties of its CONNACK (none with MQTT 3.1.1);
        `window` is the limit of messages in flight without them, `qos` the highest to use, and
        `retain` whether messages may be retained. With `careful` a PUBACK counts once the broker
        has answered a ping after it."""
        self._careful = careful
        self._unconfirmed = None  # the packet identifier of such a PUBACK, 0 after a refusal
        protocol = self._protocol
        self._window = window
        self.maximum_qos = qos
        self.may_retain = retain
        self._most_bytes = 0
        self._most_aliases = 0
        self._aliases.clear()
        if properties:
            self._window = min(window, properties.get(protocol.RECEIVE_MAXIMUM, 65535))
            self.maximum_qos = min(qos, properties.get(protocol.MAXIMUM_QOS, 1))
            self.may_retain = retain and bool(properties.get(protocol.RETAIN_AVAILABLE, 1))
            self._most_bytes = properties.get(protocol.MAXIMUM_PACKET_SIZE, 0)
            self._most_aliases = min(
                properties.get(protocol.TOPIC_ALIAS_MAXIMUM, 0), _MOST_ALIASES
            )
        self._full_window = self._window
        if careful:
            self._window = 1

    def end_care(self):
        """The rest of the connection goes on as usual."""
        self._careful = False
        self._window = self._full_window

    def begin(self, present, resumable):
        """Begins a connection: `present` is whether the broker has the session, `resumable`
        whether it will keep it. Sends the messages in flight again; returns whether it did."""
        # A broker that takes QoS 0 only cannot take them as they were.
        resumed = present and self.resumable and self.maximum_qos > 0
        self.resumable = resumable
        self.progress_ms = self._stream.received_ms
        self._answers.clear()
        self._asked = self.answered_last = None
        if resumed:
            self.in_flight.begin_again()
            self._send_again()
        else:
            self.in_flight.clear()
        return resumed

    @property
    def ready(self):
        """Whether a message may be sent now: neither window nor buffer is full."""
        stream, in_flight = self._stream, self.in_flight
        return (
            stream.is_open
            and len(in_flight) < self._window
            and not in_flight.unsent
            and self._unconfirmed is None
            and stream.pending < WRITE_AHEAD_BYTES
        )

    async def wait_ready(self):
        """Waits until a message may be sent, or until the connection has ended."""
        while self._stream.is_open and not self.ready:
            if self._stream.pending >= WRITE_AHEAD_BYTES:
                await asyncio.sleep_ms(_BUFFER_POLL_MS)
            else:
                await self._progress.wait()

    async def wait_progress(self):
        """Waits for the next answer. Raises MQTTException if the connection has ended."""
        self._stream.require()
        await self._progress.wait()

    def wake(self):
        """Wakes all tasks that wait for an answer."""
        self._progress.set()
        self._progress.clear()

    def send_publish(self, topic, message, retain, qos, on_ack, token, expiry_s):
        """Sends a message; see MQTTClient.post()."""
        self._stream.require()
        qos = min(qos, self.maximum_qos)
        retain = retain and self.may_retain
        packet_id = self.in_flight.new_identifier(self._answers) if qos else 0
        alias = 0
        if self._most_aliases and not retain:
            alias = self._alias(topic)
        data = self._encode(topic, message, qos, retain, packet_id, expiry_s, alias)
        if qos:
            if not self.in_flight:
                self.progress_ms = time.ticks_ms()
            self.in_flight.add(packet_id, (topic, message, retain, expiry_s, on_ack, token))
        self._stream.send(data)
        if alias:
            # Only now: the broker must have received the topic before its alias.
            self._aliases[topic] = alias
        if not qos and on_ack is not None:
            on_ack(token)

    def _alias(self, topic):
        count = len(self._aliases)
        return self._aliases.get(topic, 0 if count == self._most_aliases else count + 1)

    def _encode(self, topic, message, qos, retain, packet_id, expiry_s, alias, dup=False):
        sent = "" if alias and topic in self._aliases else topic
        data = self._protocol.publish(sent, message, qos, retain, packet_id, dup, expiry_s, alias)
        if self._most_bytes and len(data) > self._most_bytes:
            raise ValueError(
                "a message of %d bytes; the broker takes %d" % (len(data), self._most_bytes)
            )
        return data

    def _send_again(self):
        while True:
            found = self.in_flight.next_unsent(self._window)
            if found is None:
                return
            packet_id, (topic, message, retain, expiry_s, _, token) = found
            try:
                # Its alias was valid only on the old connection.
                retain = retain and self.may_retain
                data = self._encode(topic, message, 1, retain, packet_id, expiry_s, 0, True)
            except ValueError as error:
                # The broker now takes less than before.
                self.in_flight.acknowledge(packet_id)
                self._refuse(topic, message, str(error), token)
                continue
            self._stream.send(data)

    def handle_puback(self, body):
        """The broker has a message, or refuses it."""
        packet_id, code, meaning = self._protocol.parse_puback(body)
        if self._careful:
            self._stream.send(self._protocol.PINGREQ)
            self._unconfirmed = 0
            if code < self._protocol.FAILURE:
                self._unconfirmed = packet_id
                return
        self._answered(packet_id, code, meaning)

    def handle_pingresp(self):
        """The broker lives, also after its last PUBACK."""
        packet_id, self._unconfirmed = self._unconfirmed, None
        if packet_id:
            self._answered(packet_id, 0, "")
        elif packet_id is not None:
            self.wake()

    def _answered(self, packet_id, code, meaning):
        message = self.in_flight.acknowledge(packet_id)
        if message is None:
            raise MalformedPacket("PUBACK for a message that was not sent")
        topic, data, _, _, on_ack, token = message
        self.progress_ms = self._stream.received_ms
        self.answered_last = message
        self.was_refused = code >= self._protocol.FAILURE
        self.wake()
        if code < self._protocol.FAILURE:
            if on_ack is not None:
                on_ack(token)
        else:
            self._refuse(topic, data, meaning, token)
        if self.in_flight.unsent:
            self._send_again()

    def _refuse(self, topic, data, reason, token):
        if self.on_refusal is not None:
            self.on_refusal(topic, data, reason, token)

    @property
    def is_idle(self):
        """Whether nothing waits for an acknowledgement."""
        return not len(self.in_flight)

    def unanswered(self):
        """(topic, in flight or None) of the oldest packet that this connection sent and the
        broker did not answer, or None."""
        message = self.in_flight.oldest()
        if message is not None:
            return message[0], message
        return (self._asked, None) if self._asked is not None else None

    async def request(self, encode, *arguments):
        """Sends the SUBSCRIBE or UNSUBSCRIBE that `encode(packet identifier, *arguments)` makes;
        returns the code of the answer, and its meaning. Raises MQTTException."""
        self._stream.require()
        packet_id = self.in_flight.new_identifier(self._answers)
        data = encode(packet_id, *arguments)
        if self._most_bytes and len(data) > self._most_bytes:
            raise MQTTException(
                "a request of %d bytes; the broker takes %d" % (len(data), self._most_bytes)
            )
        answer = self._answers[packet_id] = []
        self._asked = arguments[0]
        self._stream.send(data)
        while not answer:
            await self.wait_progress()
        return answer

    def handle_answer(self, packet_id, code, meaning):
        """Handles a SUBACK or UNSUBACK."""
        answer = self._answers.pop(packet_id, None)
        if answer is None:
            raise MalformedPacket("SUBACK for no subscription")
        answer += [code, meaning]
        if not self._answers:
            self._asked = None
        self.wake()

    async def publish(self, topic, message, retain, qos):
        """Sends a message when it may be sent; with QoS 1 returns when the broker has it."""
        self._stream.require()
        await self.wait_ready()
        acknowledged = []
        self.send_publish(topic, message, retain, qos, acknowledged.append, True, 0)
        while not acknowledged:
            await self.wait_progress()


def require_granted(answer, protocol, form, topic):
    """Raises MQTTException, with the words of `form`, for a refusal that request() returned."""
    code, meaning = answer
    if code >= protocol.FAILURE:
        raise MQTTException(form % (topic, meaning))
