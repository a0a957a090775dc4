# SPDX-License-Identifier: MIT
"""MQTT 3.1.1 control packets as bytes. Section numbers are those of the OASIS standard."""

import struct

# 2.2.1 control packet types, in the high half of the first byte
CONNECT = 0x10
CONNACK = 0x20
PUBLISH = 0x30
PUBACK = 0x40
SUBSCRIBE = 0x82
SUBACK = 0x90
PINGREQ = 0xC0
PINGRESP = 0xD0
DISCONNECT = 0xE0

# A broker has no reason to send a sensor more than this; a length beyond it is an attack or noise.
MAX_INCOMING = 65536
_MAX_REMAINING_LENGTH = 268435455  # 2.2.3
_BODY_BYTES = {CONNACK: 2, PUBACK: 2, PINGRESP: 0}

REFUSALS = {  # 3.2.2.3
    1: "the broker does not speak MQTT 3.1.1",
    2: "the broker does not allow this client identifier",
    3: "the broker's MQTT service is unavailable",
    4: "bad user name or password",
    5: "not authorized",
}


class MalformedPacket(ValueError):
    """What arrived is not MQTT: the connection must be closed (4.8)."""


def _string(text):
    data = text.encode() if isinstance(text, str) else text
    if len(data) > 65535:
        raise ValueError("longer than MQTT's 65535 bytes")
    return struct.pack(">H", len(data)) + data


def _packet(first_byte, *parts):
    length = sum([len(part) for part in parts])
    if length > _MAX_REMAINING_LENGTH:
        raise ValueError("packet longer than MQTT's 256 MiB")
    header = bytearray((first_byte,))
    while True:
        length, digit = length >> 7, length & 0x7F
        header.append(digit | 0x80 if length else digit)
        if not length:
            break
    return b"".join((bytes(header),) + parts)


def connect(client_id, keepalive_s, clean_session, will=None, user=None, password=None):
    """3.1; `will` is (topic, message, qos, retain)."""
    flags = 0x02 if clean_session else 0
    payload = _string(client_id)
    if will is not None:
        topic, message, qos, retain = will
        flags |= 0x04 | qos << 3 | (0x20 if retain else 0)
        payload += _string(topic) + _string(message)
    if user is not None:
        flags |= 0x80
        payload += _string(user)
        if password is not None:
            flags |= 0x40
            payload += _string(password)
    return _packet(CONNECT, _string("MQTT"), struct.pack(">BBH", 4, flags, keepalive_s), payload)


def publish(topic, message, qos, retain, packet_id, dup=False):
    """3.3; `packet_id` is left out for QoS 0."""
    first = PUBLISH | (0x08 if dup else 0) | qos << 1 | (1 if retain else 0)
    identifier = struct.pack(">H", packet_id) if qos else b""
    message = message.encode() if isinstance(message, str) else message
    return _packet(first, _string(topic), identifier, message)


def puback(packet_id):
    return struct.pack(">BBH", PUBACK, 2, packet_id)


def subscribe(packet_id, topic, qos):
    return _packet(SUBSCRIBE, struct.pack(">H", packet_id), _string(topic), bytes((qos,)))


def packet_identifier(body):
    """The identifier at the start of a PUBACK or SUBACK."""
    (identifier,) = struct.unpack_from(">H", body)
    if identifier == 0:
        raise MalformedPacket("packet identifier 0")
    return identifier


def parse_publish(first, body):
    """(topic bytes, message bytes, qos, retain, packet_id) of an incoming PUBLISH."""
    qos = first >> 1 & 3
    if qos > 1:
        raise MalformedPacket("PUBLISH with QoS %d, which was not asked for" % qos)
    if len(body) < 2:
        raise MalformedPacket("PUBLISH without a topic")
    end = 2 + (body[0] << 8 | body[1])
    message = end + (2 if qos else 0)
    if message > len(body):
        raise MalformedPacket("PUBLISH shorter than its topic")
    packet_id = body[end] << 8 | body[end + 1] if qos else 0
    if qos and packet_id == 0:
        raise MalformedPacket("packet identifier 0")
    return bytes(body[2:end]), bytes(body[message:]), qos, bool(first & 1), packet_id


class Decoder:
    """Cuts a stream of bytes into packets."""

    def __init__(self):
        self._data = b""

    def feed(self, data):
        """Takes in received bytes; returns the packets they complete, as [(first byte, body)].

        Raises MalformedPacket as soon as the stream cannot be MQTT for a subscriber of QoS 0
        and 1 any more; nothing can be read after that.
        """
        data = self._data + data if self._data else data
        packets = []
        start = 0
        while True:
            found = self._next(data, start)
            if found is None:
                break
            body, start, first = found
            packets.append((first, body))
        self._data = bytes(data[start:])
        return packets

    def _next(self, data, start):
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
        self._check(first, length)
        if len(data) - at < length:
            return None
        return data[at : at + length], at + length, first

    @staticmethod
    def _check(first, length):
        if first & 0xF0 == PUBLISH:
            if length > MAX_INCOMING:
                raise MalformedPacket("PUBLISH of %d bytes" % length)
        elif first == SUBACK:
            if length != 3:
                raise MalformedPacket("SUBACK of %d bytes" % length)
        elif _BODY_BYTES.get(first) != length:
            raise MalformedPacket("unexpected packet 0x%02x of %d bytes" % (first, length))
