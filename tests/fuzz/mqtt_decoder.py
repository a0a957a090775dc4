# SPDX-License-Identifier: MIT
"""Feeds mutated broker streams to the MQTT decoder; see fuzzing.py for its command line.

Each stream is fed in pieces, and its packets are parsed as MQTT 3.1.1 or as MQTT 5. Failures are
an exception other than MalformedPacket, more bytes kept than the longest packet has, and a result
that is longer than its input.
"""

import random

import fuzzing
from mutations import mutated

from sensord.mqtt import packet, v5, v311
from sensord.mqtt.packet import Decoder, MalformedPacket

# Packets from a broker: one of each type, with each kind of property.
STREAM = {
    v311: b"\x20\x02\x01\x00\x40\x02\x12\x34\x90\x03\x00\x01\x01\xb0\x02\x00\x02\xd0\x00"
    b"\x33\x08\x00\x02ab\x00\x07hi\x30\x06\x00\x01a\x00\xffz\x90\x03\x00\x03\x80",
    v5: b"\x20\x0d\x00\x00\x0a\x21\x00\x05\x22\x00\x0a\x24\x01\x25\x01"
    b"\x20\x09\x00\x87\x06\x1f\x00\x03no!\x40\x02\x12\x34\x40\x04\x00\x07\x97\x00"
    b"\x40\x0b\x00\x07\x99\x07\x1f\x00\x04text\x90\x04\x00\x01\x00\x01\xb0\x04\x00\x02\x00\x11"
    b"\x32\x14\x00\x01a\x00\x07\x0c\x01\x01\x26\x00\x01k\x00\x01v\x0b\x80\x01hi"
    b"\xd0\x00\xe0\x09\x9c\x07\x1c\x00\x04b2:1\x20\x0b\x01\x00\x08\x27\x00\x01\x00\x00\x13\x00\x1e",
}
WORDS = (b"\0", b"\x01", b"\x7f", b"\x80", b"\xff")


def make():
    """The protocol, the size of the pieces, and the stream."""
    version = random.getrandbits(1)
    head = bytes((version, random.getrandbits(6)))
    return head + mutated(STREAM[v5 if version else v311], WORDS)


def parse(protocol, first, body):
    """Parses as the client does; returns the number of bytes in the results."""
    kind = first & 0xF0
    if kind == packet.PUBLISH:
        topic, message, _, _, _ = protocol.parse_publish(first, body)
        return len(topic) + len(message)
    if first == packet.CONNACK:
        protocol.parse_connack(body)
    elif first == packet.PUBACK:
        protocol.parse_puback(body)
    elif first == packet.SUBACK:
        protocol.parse_suback(body)
    elif first == packet.UNSUBACK:
        protocol.parse_unsuback(body)
    elif first == packet.DISCONNECT:
        protocol.parse_disconnect(body)
    return 0


def check(data):
    if len(data) < 2:
        return 0
    protocol, size, data = v5 if data[0] else v311, data[1] + 1, data[2:]
    decoder = Decoder(protocol.check)
    total = packets = 0
    try:
        for start in range(0, len(data), size):
            for first, body in decoder.feed(data[start : start + size]):
                packets += 1
                total += parse(protocol, first, body)
    except MalformedPacket:
        pass
    assert total <= len(data) and packets <= len(data), "more out than in"
    assert len(decoder._data) <= packet.MAX_INCOMING + 5, "keeps too much"
    return packets


fuzzing.main("mqtt_decoder", make, check)
