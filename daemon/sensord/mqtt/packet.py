# SPDX-License-Identifier: MIT
"""The common parts of MQTT 3.1.1 and 5: packet types, strings, lengths, and cutting a stream into
packets. Section numbers are those of the OASIS standards, in which they agree."""

import struct

# 2.1.2 control packet types, in the high half of the first byte
CONNECT = 0x10
CONNACK = 0x20
PUBLISH = 0x30
PUBACK = 0x40
PUBREC = 0x50
PUBREL = 0x62
PUBCOMP = 0x70
SUBSCRIBE = 0x82
SUBACK = 0x90
UNSUBSCRIBE = 0xA2
UNSUBACK = 0xB0
PINGREQ = 0xC0
PINGRESP = 0xD0
DISCONNECT = 0xE0
# Not a packet type (2.2.1 forbids it): a PUBLISH that the Decoder has read past
OVERSIZED = 0x00

# A broker has no reason to send a sensor more than this; a length beyond it is an attack or noise.
MAX_INCOMING = 65536
_MAX_TOPIC_BYTES = 1024  # of a PUBLISH that is read past: longer ones were not subscribed to
_MAX_REMAINING_LENGTH = 268435455  # 2.1.4


class MalformedPacket(ValueError):
    """The received bytes are not MQTT: the connection must be closed (4.8)."""


def string(text):
    """A string or bytes with its length before it (1.5.4). ValueError if it is too long."""
    data = text.encode() if isinstance(text, str) else text
    if len(data) > 65535:
        raise ValueError("longer than MQTT's 65535 bytes")
    return struct.pack(">H", len(data)) + data


def variable_length(value):
    """A whole number in one to four bytes (1.5.5)."""
    encoded = bytearray()
    while True:
        value, digit = value >> 7, value & 0x7F
        encoded.append(digit | 0x80 if value else digit)
        if not value:
            return bytes(encoded)


def join(first_byte, *parts):
    """A packet, from its first byte and the body that follows its length."""
    length = sum([len(part) for part in parts])
    if length > _MAX_REMAINING_LENGTH:
        raise ValueError("packet longer than MQTT's 256 MiB")
    return b"".join((bytes((first_byte,)), variable_length(length)) + parts)


def connect_flags(clean, will, user, password):
    """3.1.2.3; `will` is (topic, message, qos, retain) or None."""
    flags = 0x02 if clean else 0
    if will is not None:
        flags |= 0x04 | will[2] << 3 | (0x20 if will[3] else 0)
    if user is not None:
        flags |= 0x80
    if password is not None:
        flags |= 0x40
    return flags


def publish_flags(qos, retain, dup):
    """The first byte of a PUBLISH (3.3.1)."""
    return PUBLISH | (0x08 if dup else 0) | qos << 1 | (1 if retain else 0)


def packet_identifier(body, at=0):
    """The identifier in a packet's body. Raises MalformedPacket for 0 (2.2.1)."""
    (identifier,) = struct.unpack_from(">H", body, at)
    if identifier == 0:
        raise MalformedPacket("packet identifier 0")
    return identifier


def _qos(first):
    qos = first >> 1 & 3
    if qos > 2:
        raise MalformedPacket("PUBLISH with QoS 3")
    return qos


def answer_to_publish(qos, packet_id):
    """PUBACK or PUBREC (3.4, 3.5), or b"" for QoS 0."""
    if not qos:
        return b""
    return struct.pack(">BBH", PUBACK if qos == 1 else PUBREC, 2, packet_id)


def pubcomp(packet_id):
    """3.7: the answer to a PUBREL."""
    return struct.pack(">BBH", PUBCOMP, 2, packet_id)


def publish_head(first, body):
    """(topic bytes, qos, packet identifier, offset of the rest) of an incoming PUBLISH."""
    qos = _qos(first)
    if len(body) < 2:
        raise MalformedPacket("PUBLISH without a topic")
    end = 2 + (body[0] << 8 | body[1])
    rest = end + (2 if qos else 0)
    if rest > len(body):
        raise MalformedPacket("PUBLISH shorter than its topic")
    return bytes(body[2:end]), qos, packet_identifier(body, end) if qos else 0, rest


class Decoder:
    """Cuts a stream of bytes into packets."""

    def __init__(self, check, largest_publish=MAX_INCOMING):
        """`check(first byte, length)` raises MalformedPacket for a packet that cannot come. A
        PUBLISH with a body of more than `largest_publish` bytes is read past."""
        self._check = check
        self._largest_publish = largest_publish
        self._data = b""
        self._skip = 0  # bytes left of a PUBLISH that is read past

    def feed(self, data):
        """Takes in received bytes; returns the packets they complete, as [(first byte, body)].

        For a PUBLISH that it reads past the first byte is OVERSIZED, and the body is (QoS, packet
        identifier, topic bytes, length). Raises MalformedPacket as soon as the stream cannot be
        MQTT any more; nothing can be read after that.
        """
        data = self._data + data if self._data else data
        packets = []
        start = min(self._skip, len(data))
        self._skip -= start
        while not self._skip:
            found = self._next(data, start)
            if found is None:
                break
            body, start, first = found
            packets.append((first, body))
            if start > len(data):
                self._skip, start = start - len(data), len(data)
        self._data = bytes(data[start:])
        return packets

    def _next(self, data, start):
        """(body, offset of the next packet, first byte) of the packet at `start`, or None if it is
        not whole yet."""
        if len(data) - start < 2:
            return None
        length = shift = 0
        at = start + 1
        while True:
            if at >= len(data):
                return None
            digit = data[at]
            length |= (digit & 0x7F) << shift
            at += 1
            shift += 7
            if not digit & 0x80:
                break
            if shift > 21:
                raise MalformedPacket("remaining length of more than four bytes")
        first = data[start]
        if first & 0xF0 == PUBLISH and length > self._largest_publish:
            return self._oversized(data, at, length, first)
        self._check(first, length)
        if len(data) - at < length:
            return None
        return data[at : at + length], at + length, first

    def _oversized(self, data, at, length, first):
        if len(data) - at < 2:
            return None
        topic_bytes = data[at] << 8 | data[at + 1]
        if topic_bytes > _MAX_TOPIC_BYTES:
            raise MalformedPacket("PUBLISH on a topic of %d bytes" % topic_bytes)
        qos = _qos(first)
        end = at + 2 + topic_bytes
        head_end = end + (2 if qos else 0)
        if head_end > at + length:
            raise MalformedPacket("PUBLISH shorter than its topic")
        if head_end > len(data):
            return None
        identifier = packet_identifier(data, end) if qos else 0
        return (qos, identifier, bytes(data[at + 2 : end]), length), at + length, OVERSIZED
