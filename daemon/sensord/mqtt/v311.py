# SPDX-License-Identifier: MIT
"""The packets of MQTT 3.1.1 as bytes. v5.py has the same functions; section numbers are those of
the OASIS standard."""

import struct

from . import packet
from .packet import MalformedPacket, join, string

PINGREQ = b"\xc0\x00"

_BODY_BYTES = {
    packet.CONNACK: 2,
    packet.PUBACK: 2,
    packet.SUBACK: 3,
    packet.UNSUBACK: 2,
    packet.PUBREL: 2,
    packet.PINGRESP: 0,
}
_REFUSALS = {  # 3.2.2.3
    1: "the broker does not speak MQTT 3.1.1",
    2: "the broker does not allow this client identifier",
    3: "the broker's MQTT service is unavailable",
    4: "bad user name or password",
    5: "not authorized",
}
VERSION_REFUSED = 1
RETAIN_REFUSED = QOS_REFUSED = -1  # it cannot say so
FAILURE = 0x80  # from here on an answer is a refusal


def check(first, length):
    """Raises MalformedPacket for a packet that a broker does not send to a client."""
    if first & 0xF0 != packet.PUBLISH and _BODY_BYTES.get(first) != length:
        raise MalformedPacket("unexpected packet 0x%02x of %d bytes" % (first, length))


def connect(client_id, keepalive_s, clean, will, user, password, session_s, most_bytes):
    """3.1; `will` is (topic, message, qos, retain); `session_s` and `most_bytes` are MQTT 5's."""
    if user is None:
        password = None  # 3.1.2.9
    flags = packet.connect_flags(clean, will, user, password)
    parts = [string("MQTT"), struct.pack(">BBH", 4, flags, keepalive_s), string(client_id)]
    if will is not None:
        parts += [string(will[0]), string(will[1])]
    parts += [string(text) for text in (user, password) if text is not None]
    return join(packet.CONNECT, *parts)


def publish(topic, message, qos, retain, packet_id, dup=False, expiry_s=0, alias=0):
    """3.3; `packet_id` is left out for QoS 0. `expiry_s` and `alias` are for MQTT 5."""
    identifier = struct.pack(">H", packet_id) if qos else b""
    message = message.encode() if isinstance(message, str) else message
    return join(packet.publish_flags(qos, retain, dup), string(topic), identifier, message)


def subscribe(packet_id, topic, qos):
    return join(packet.SUBSCRIBE, struct.pack(">H", packet_id), string(topic), bytes((qos,)))


def unsubscribe(packet_id, topic):
    return join(packet.UNSUBSCRIBE, struct.pack(">H", packet_id), string(topic))


def disconnect(session_s):
    """3.14; `session_s` is for MQTT 5."""
    return b"\xe0\x00"


def parse_connack(body):
    """(whether the broker has the session, return code, why it refuses or None, {} of
    properties)."""
    if body[0] > 1 or (body[0] and body[1]):
        raise MalformedPacket("CONNACK with flags 0x%02x" % body[0])
    refusal = _REFUSALS.get(body[1], "return code %d" % body[1]) if body[1] else None
    return bool(body[0]), body[1], refusal, {}


def parse_puback(body):
    """(packet identifier, 0, "") of a PUBACK."""
    return packet.packet_identifier(body), 0, ""


# It cannot refuse either, and is as short.
parse_unsuback = parse_puback


def parse_suback(body):
    """(packet identifier, return code, what it means)."""
    refused = body[2] == FAILURE
    if body[2] > 2 and not refused:
        raise MalformedPacket("SUBACK with return code 0x%02x" % body[2])
    return packet.packet_identifier(body), body[2], "not granted" if refused else ""


def parse_publish(first, body):
    """(topic bytes, message bytes, qos, retain, packet identifier) of an incoming PUBLISH."""
    topic, qos, packet_id, at = packet.publish_head(first, body)
    return topic, bytes(body[at:]), qos, bool(first & 1), packet_id
