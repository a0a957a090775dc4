# SPDX-License-Identifier: MIT
"""A broker within the fuzzer of the MQTT client. It reads the client's packets by itself, keeps
account of what it acknowledged, and asserts what the standards demand of a client."""

import asyncio
import struct

CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP = 1, 2, 3, 4, 5, 6, 7
SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK = 8, 9, 10, 11
PINGREQ, PINGRESP, DISCONNECT = 12, 13, 14
# MQTT 5: the properties that the client may use, and their lengths
_EXPIRY, _ALIAS = 0x02, 0x23
_ALLOWED = {_EXPIRY: 4, _ALIAS: 2}


def encoded(first, body):
    """A packet with its length in front."""
    length, digits = len(body), b""
    while True:
        length, digit = length >> 7, length & 0x7F
        digits += bytes((digit | 0x80 if length else digit,))
        if not length:
            return bytes((first,)) + digits + body


def cut(data):
    """([(first byte, body)], the rest) of a stream; None in place of a rest that is no MQTT."""
    packets = []
    while True:
        length = shift = 0
        at = 1
        while True:
            if at >= len(data):
                return packets, data
            digit = data[at]
            length |= (digit & 0x7F) << shift
            at += 1
            shift += 7
            if not digit & 0x80:
                break
            if shift > 21:
                return packets, None
        if len(data) < at + length:
            return packets, data
        packets.append((data[0], data[at : at + length]))
        data = data[at + length :]


class Limits:
    """What a broker allows, as an MQTT 5 CONNACK says."""

    def __init__(self, window=65535, qos=2, retain=True, most_bytes=1 << 30, aliases=0):
        self.window, self.qos, self.retain = window, qos, retain
        self.most_bytes, self.aliases = most_bytes, aliases

    def properties(self):
        text = struct.pack(">BHBH", 0x21, self.window, 0x22, self.aliases)
        if self.qos < 2:
            text += bytes((0x24, self.qos))
        if not self.retain:
            text += b"\x25\x00"
        if self.most_bytes < 1 << 30:
            text += struct.pack(">BI", 0x27, self.most_bytes)
        return text


class Connection:
    """The client's end of a connection, in place of transport.Connection."""

    def __init__(self, broker):
        self._broker = broker
        self._incoming = b""
        self._arrived = asyncio.Event()
        self._ended = False
        self.closed = False
        self.pending = 0

    async def readinto(self, buffer):
        while not self._incoming and not self._ended and not self.closed:
            self._arrived.clear()
            await self._arrived.wait()
        if self.closed:
            raise OSError(9)
        n = min(len(buffer), len(self._incoming))
        buffer[:n] = self._incoming[:n]
        self._incoming = self._incoming[n:]
        return n

    def write(self, data):
        assert not self.closed, "written after its end"
        if self._broker.breaks:
            raise OSError(104)
        self._broker.take(bytes(data))

    def close(self):
        self.closed = True
        self._arrived.set()

    def deliver(self, data):
        self._incoming += data
        self._arrived.set()

    def end(self):
        self._ended = True
        self._arrived.set()


class Broker:
    """Attributes: limits, of the current connection; due, packets from the client that have no
    answer yet, as [(type, identifier)]; acknowledged, the tokens of all messages that it has
    acknowledged; done, of those the ones of which the client knows; breaks, whether a write of the
    client fails."""

    def __init__(self, is_5):
        self.done = set()
        self._is_5 = is_5
        self.limits = Limits()
        self.connection = None
        self.acknowledged = set()
        self._session = {}  # identifier: token of a message that is not acknowledged
        self._new_connection()

    def _new_connection(self):
        self.due = []
        self.breaks = False
        self._unread = b""
        self._sent = b""
        self._requests = {}  # identifier: type
        self._aliases = {}
        self._delivered = []  # (type of the answer, identifier) of its own messages
        self._connected = False

    def open(self):
        self._new_connection()
        self.connection = Connection(self)
        return self.connection

    def forget(self):
        """Loses the session."""
        self._session = {}

    # To the client

    def send(self, data):
        """Sends bytes, whatever they are, and notes what they acknowledge."""
        if self._sent is not None:
            packets, self._sent = cut(self._sent + data)
            for first, body in packets:
                self._note(first, body)
        self.connection.deliver(data)

    def _note(self, first, body):
        kind = first >> 4
        if len(body) < 2:
            return
        identifier = body[0] << 8 | body[1]
        if kind == PUBACK:
            refused = self._is_5 and len(body) > 2 and body[2] >= 0x80
            token = self._session.pop(identifier, None)
            if token is not None and not refused:
                self.acknowledged.add(token)
        elif kind in (SUBACK, UNSUBACK):
            self._requests.pop(identifier, None)
        elif kind == PUBLISH and first & 6:
            end = 2 + identifier
            number = body[end] << 8 | body[end + 1] if end + 1 < len(body) else 0
            answer = PUBACK if first & 6 == 2 else PUBREC
            self._delivered.append((answer, number))
        elif kind == PUBREL:
            self._delivered.append((PUBCOMP, identifier))

    # From the client

    def take(self, data):
        packets, self._unread = cut(self._unread + data)
        assert self._unread is not None, "the client sends what is no MQTT"
        for first, body in packets:
            self._take(first, body, len(encoded(first, body)))

    def _take(self, first, body, length):
        kind = first >> 4
        assert length <= self.limits.most_bytes or kind == CONNECT, "a packet of %d bytes" % length
        assert self._connected == (kind != CONNECT), "CONNECT is not the first packet"
        if kind == CONNECT:
            version = 5 if self._is_5 else 4
            assert first == 0x10 and body[:7] == b"\0\4MQTT" + bytes((version,))
            self._connected = True
        elif kind == PUBLISH:
            self._take_publish(first, body)
        elif kind in (PUBACK, PUBREC, PUBCOMP):
            answer = (kind, body[0] << 8 | body[1])
            assert first & 15 == 0 and answer in self._delivered, "0x%02x for no message" % first
            self._delivered.remove(answer)
        elif kind in (SUBSCRIBE, UNSUBSCRIBE):
            identifier = self._identifier(body, 0)
            assert first & 15 == 2
            self._requests[identifier] = kind
            self.due.append((kind, identifier))
        elif kind == DISCONNECT:
            self.connection.end()
        else:
            assert first == 0xC0 and not body, "packet 0x%02x" % first
            self.due.append((kind, 0))

    def _identifier(self, body, at):
        identifier = body[at] << 8 | body[at + 1]
        assert identifier, "packet identifier 0"
        assert identifier not in self._requests, "identifier %d is in use" % identifier
        assert identifier not in self._session, "identifier %d is in use" % identifier
        return identifier

    def _take_publish(self, first, body):
        qos, retain, dup = first >> 1 & 3, first & 1, first & 8
        assert qos <= min(1, self.limits.qos), "QoS %d" % qos
        assert self.limits.retain or not retain, "retained, which the broker does not take"
        end = 2 + (body[0] << 8 | body[1])
        topic = body[2:end]
        at = end + (2 if qos else 0)
        if self._is_5:
            at = self._properties(body, at, topic)
        else:
            assert topic, "no topic"
        if not qos:
            return
        token = int(body[at:].split(b" ")[0])
        identifier = body[end] << 8 | body[end + 1]
        if dup:
            assert self._session.get(identifier, token) == token, "DUP of another message"
            assert token not in self.done, "sent again, although it was acknowledged"
        else:
            self._identifier(body, end)
        self._session[identifier] = token
        if (PUBLISH, identifier) not in self.due:
            self.due.append((PUBLISH, identifier))
        waiting = len([1 for kind, _ in self.due if kind == PUBLISH])
        assert waiting <= self.limits.window, "%d messages in flight" % waiting

    def _properties(self, body, at, topic):
        end = at + 1 + body[at]
        at += 1
        alias = 0
        while at < end:
            size = _ALLOWED.get(body[at])
            assert size, "property 0x%02x" % body[at]
            if body[at] == _ALIAS:
                alias = body[at + 1] << 8 | body[at + 2]
                assert 0 < alias <= self.limits.aliases, "topic alias %d" % alias
            at += 1 + size
        assert at == end
        if topic:
            self._aliases[alias] = topic
        else:
            assert alias in self._aliases, "an alias without topic"
        return at
