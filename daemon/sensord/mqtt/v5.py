# SPDX-License-Identifier: MIT
"""The packets of MQTT 5 as bytes, as v311.py has those of MQTT 3.1.1. Section numbers are those of
the OASIS standard."""

import struct

from . import packet
from .packet import MalformedPacket, join, string, variable_length

PINGREQ = b"\xc0\x00"

# How many messages of QoS 1 the broker may have in flight to this client.
_RECEIVE_MAXIMUM = 16

# 2.2.2.2 properties: those in use, and those to skip
_MESSAGE_EXPIRY = 0x02
SESSION_EXPIRY = 0x11
ASSIGNED_CLIENT_ID = 0x12
SERVER_KEEP_ALIVE = 0x13
_SERVER_REFERENCE = 0x1C
_REASON_STRING = 0x1F
RECEIVE_MAXIMUM = 0x21
TOPIC_ALIAS_MAXIMUM = 0x22
_TOPIC_ALIAS = 0x23
MAXIMUM_QOS = 0x24
RETAIN_AVAILABLE = 0x25
_USER_PROPERTY = 0x26
MAXIMUM_PACKET_SIZE = 0x27
_SUBSCRIPTION_IDENTIFIER = 0x0B
_BYTE, _TWO, _FOUR, _STRING, _VARIABLE = 1, 2, 4, 5, 6
# By identifier, as a text because it costs no memory: 0 for those that there are not, and for the
# user property, which is a pair.
_KINDS = (
    b"0145000055060000"  # 0x00 to 0x0f
    b"0452055000505005"
    b"02221104111"
)
# 2.2.2.2: these may come more than once
_REPEATED = (_USER_PROPERTY, _SUBSCRIPTION_IDENTIFIER)

# 2.4, those that a publisher may meet. A tuple, unlike a dict, costs no memory.
_REASONS = (
    (0x80, "unspecified error"),
    (0x81, "malformed packet"),
    (0x82, "protocol error"),
    (0x83, "an implementation-specific error"),
    (0x84, "the broker does not speak MQTT 5"),
    (0x85, "the broker does not allow this client identifier"),
    (0x86, "bad user name or password"),
    (0x87, "not authorized"),
    (0x88, "the broker is unavailable"),
    (0x89, "the broker is busy"),
    (0x8A, "banned"),
    (0x8B, "the broker shuts down"),
    (0x8C, "bad authentication method"),
    (0x8D, "the broker received nothing for too long"),
    (0x8E, "another client has taken over with the same client_id"),
    (0x8F, "topic filter invalid"),
    (0x90, "topic name invalid"),
    (0x91, "packet identifier in use"),
    (0x93, "more messages than the broker takes at once"),
    (0x94, "topic alias invalid"),
    (0x95, "packet too large"),
    (0x96, "too many messages"),
    (0x97, "quota exceeded"),
    (0x98, "ended by an administrator"),
    (0x99, "payload format invalid"),
    (0x9A, "the broker keeps no retained messages"),
    (0x9B, "the broker does not take this QoS"),
    (0x9C, "use another server"),
    (0x9D, "the server has moved"),
    (0x9F, "too many connections"),
    (0xA0, "connected for as long as the broker allows"),
)
# Ends of a connection that have nothing to do with the last message
UNRELATED = (0x04, 0x88, 0x89, 0x8B, 0x8D, 0x8E, 0x98, 0x9C, 0x9D, 0x9F, 0xA0)
TAKEN_OVER = 0x8E
VERSION_REFUSED = 0x84
RETAIN_REFUSED = 0x9A
QOS_REFUSED = 0x9B
FAILURE = 0x80


def check(first, length):
    """Raises MalformedPacket for a packet that a broker does not send to a client."""
    if first & 0xF0 == packet.PUBLISH:
        fits = length >= 2
    elif first in (packet.CONNACK, packet.SUBACK):
        fits = 2 <= length <= packet.MAX_INCOMING
    elif first in (packet.PUBACK, packet.UNSUBACK, packet.PUBREL):
        fits = 2 <= length <= packet.MAX_INCOMING
    elif first == packet.DISCONNECT:
        fits = length <= packet.MAX_INCOMING
    else:
        fits = first == packet.PINGRESP and length == 0
    if not fits:
        raise MalformedPacket("unexpected packet 0x%02x of %d bytes" % (first, length))


def connect(client_id, keepalive_s, clean, will, user, password, session_s, most_bytes):
    """3.1; `will` is (topic, message, qos, retain); the broker keeps the session for `session_s`
    seconds after the connection, and sends no packet of more than `most_bytes`."""
    properties = struct.pack(
        ">BHBI",
        RECEIVE_MAXIMUM,
        _RECEIVE_MAXIMUM,
        MAXIMUM_PACKET_SIZE,
        most_bytes,
    )
    if session_s:
        properties += struct.pack(">BI", SESSION_EXPIRY, session_s)
    flags = packet.connect_flags(clean, will, user, password)
    parts = [string("MQTT"), struct.pack(">BBH", 5, flags, keepalive_s)]
    parts += [variable_length(len(properties)), properties, string(client_id)]
    if will is not None:
        parts += [b"\0", string(will[0]), string(will[1])]
    parts += [string(text) for text in (user, password) if text is not None]
    return join(packet.CONNECT, *parts)


def publish(topic, message, qos, retain, packet_id, dup=False, expiry_s=0, alias=0):
    """3.3; `packet_id` is left out for QoS 0; with `expiry_s` the broker forgets the message
    after so many seconds; `alias` stands for the topic, whose string is empty once the broker
    has it."""
    properties = b""
    if expiry_s:
        properties = struct.pack(">BI", _MESSAGE_EXPIRY, expiry_s)
    if alias:
        properties += struct.pack(">BH", _TOPIC_ALIAS, alias)
    identifier = struct.pack(">H", packet_id) if qos else b""
    message = message.encode() if isinstance(message, str) else message
    head = packet.publish_flags(qos, retain, dup)
    return join(
        head, string(topic), identifier, variable_length(len(properties)), properties, message
    )


def subscribe(packet_id, topic, qos):
    return join(packet.SUBSCRIBE, struct.pack(">HB", packet_id, 0), string(topic), bytes((qos,)))


def unsubscribe(packet_id, topic):
    return join(packet.UNSUBSCRIBE, struct.pack(">HB", packet_id, 0), string(topic))


def disconnect(session_s):
    """3.14; the broker drops the session, if it was to keep one."""
    if not session_s:
        return b"\xe0\x00"
    return struct.pack(">BBBBBI", packet.DISCONNECT, 7, 0, 5, SESSION_EXPIRY, 0)


def _variable(body, at):
    value = shift = 0
    while at < len(body) and shift <= 21:
        value |= (body[at] & 0x7F) << shift
        at += 1
        shift += 7
        if not body[at - 1] & 0x80:
            return value, at
    raise MalformedPacket("a number without end")


def _text(body, at):
    if at + 2 > len(body):
        raise MalformedPacket("a string without length")
    end = at + 2 + (body[at] << 8 | body[at + 1])
    if end > len(body):
        raise MalformedPacket("a string longer than its packet")
    return bytes(body[at + 2 : end]), end


def _properties(body, at):
    """({identifier: number or bytes}, offset of the rest) of the properties at `at`."""
    length, at = _variable(body, at)
    end = at + length
    if end > len(body):
        raise MalformedPacket("properties longer than their packet")
    found = {}
    while at < end:
        identifier = body[at]
        kind = _KINDS[identifier] - 48 if identifier < len(_KINDS) else 0
        at += 1
        if identifier == _USER_PROPERTY:
            _, at = _text(body, at)
            value, at = _text(body, at)
        elif kind == _STRING:
            value, at = _text(body, at)
        elif kind == _VARIABLE:
            value, at = _variable(body, at)
        elif not kind:
            raise MalformedPacket("unknown property 0x%02x" % identifier)
        else:
            value = 0
            if at + kind > end:
                raise MalformedPacket("properties that end too early")
            for byte in body[at : at + kind]:
                value = value << 8 | byte
            at += kind
        if identifier in found and identifier not in _REPEATED:
            raise MalformedPacket("property 0x%02x twice" % identifier)
        found[identifier] = value
    if at != end:
        raise MalformedPacket("properties that end too early")
    return found, at


def _words(code, properties):
    """The meaning of a reason code, with the broker's own text."""
    words = "reason code 0x%02x" % code
    for known, meaning in _REASONS:
        if known == code:
            words = meaning
    for identifier, form in ((_REASON_STRING, "%s (%s)"), (_SERVER_REFERENCE, "%s: %s")):
        text = properties.get(identifier)
        if text:
            words = form % (words, _printable(text))
    return words


def _printable(text):
    """Cleans the broker's text: nothing in it may control a terminal or fill the journal."""
    return "".join([chr(byte) if 32 <= byte < 127 else "?" for byte in text[:200]])


def parse_connack(body):
    """(whether the broker has the session, reason code, why it refuses or None, {} of
    properties)."""
    if len(body) == 2 and body[0] == 0:
        # MQTT 3.1.1's CONNACK: the broker knows no other version.
        return False, VERSION_REFUSED, _words(VERSION_REFUSED, {}), {}
    if len(body) < 3 or body[0] > 1 or (body[0] and body[1]):
        raise MalformedPacket("CONNACK with flags 0x%02x" % body[0])
    properties, end = _properties(body, 2)
    if end != len(body):
        raise MalformedPacket("CONNACK of %d bytes" % len(body))
    for identifier in (RECEIVE_MAXIMUM, MAXIMUM_PACKET_SIZE):
        if properties.get(identifier) == 0:
            raise MalformedPacket("property 0x%02x is 0" % identifier)
    refusal = _words(body[1], properties) if body[1] else None
    return bool(body[0]), body[1], refusal, properties


def parse_puback(body):
    """(packet identifier, reason code, what it means) of a PUBACK."""
    identifier = packet.packet_identifier(body)
    if len(body) == 2:
        return identifier, 0, ""
    properties = _properties(body, 3)[0] if len(body) > 3 else {}
    return identifier, body[2], _words(body[2], properties)


def parse_suback(body):
    """(packet identifier, reason code, what it means) of a SUBACK or UNSUBACK."""
    identifier = packet.packet_identifier(body)
    properties, at = _properties(body, 2)
    if at + 1 != len(body):
        raise MalformedPacket("an answer to %d topics" % (len(body) - at))
    return identifier, body[at], _words(body[at], properties)


parse_unsuback = parse_suback


def parse_publish(first, body):
    """(topic bytes, message bytes, qos, retain, packet identifier) of an incoming PUBLISH."""
    topic, qos, packet_id, at = packet.publish_head(first, body)
    properties, at = _properties(body, at)
    if not topic or _TOPIC_ALIAS in properties:
        raise MalformedPacket("PUBLISH with a topic alias, which was not allowed")
    return topic, bytes(body[at:]), qos, bool(first & 1), packet_id


def parse_disconnect(body):
    """(reason code, why the broker ends the connection)."""
    if not len(body):
        return 0, "the broker disconnected"
    properties = _properties(body, 1)[0] if len(body) > 1 else {}
    if not body[0]:
        return 0, "the broker disconnected"
    return body[0], "the broker disconnected: " + _words(body[0], properties)
