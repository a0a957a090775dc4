# SPDX-License-Identifier: MIT
"""MQTT packets byte for byte after the standard's examples, and what is not MQTT is refused."""

from sensord.mqtt import packet
from sensord.mqtt.packet import Decoder, MalformedPacket


def test_connect():
    assert packet.connect("c", 30, True) == b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x1e\x00\x01c"
    will = ("t", "offline", 1, True)
    everything = packet.connect("c", 30, False, will, "me", b"pw")
    assert everything == (
        b"\x10\x21\x00\x04MQTT\x04\xec\x00\x1e\x00\x01c\x00\x01t\x00\x07offline\x00\x02me\x00\x02pw"
    )


def test_publish():
    assert packet.publish("a/b", b"xy", 0, False, 0) == b"\x30\x07\x00\x03a/bxy"
    assert packet.publish("a", "é", 1, True, 10) == b"\x33\x07\x00\x01a\x00\x0a\xc3\xa9"
    assert packet.publish("a", b"", 1, False, 1, True) == b"\x3a\x05\x00\x01a\x00\x01"


def test_remaining_length_at_its_borders():
    for length, encoded in (
        (127, b"\x7f"),
        (128, b"\x80\x01"),
        (16383, b"\xff\x7f"),
        (16384, b"\x80\x80\x01"),
    ):
        assert packet.publish("a", bytes(length - 3), 0, False, 0)[1:5].startswith(encoded), length


def test_strings_that_do_not_fit_are_refused():
    try:
        packet.publish("a" * 65536, b"", 0, False, 0)
        raise AssertionError("accepted")
    except ValueError:
        pass


STREAM = (
    b"\x20\x02\x01\x00"  # CONNACK
    b"\x40\x02\x12\x34"  # PUBACK
    b"\x90\x03\x00\x01\x01"  # SUBACK
    b"\xd0\x00"  # PINGRESP
    b"\x33\x08\x00\x02ab\x00\x07hi"  # PUBLISH, QoS 1, retained
)


def test_decoder_whatever_way_the_stream_is_cut():
    whole = Decoder().feed(STREAM)
    assert [first for first, _ in whole] == [0x20, 0x40, 0x90, 0xD0, 0x33]
    assert packet.packet_identifier(whole[1][1]) == 0x1234
    assert packet.parse_publish(*whole[4]) == (b"ab", b"hi", 1, True, 7)
    for size in range(1, len(STREAM)):
        decoder = Decoder()
        packets = []
        for start in range(0, len(STREAM), size):
            packets += decoder.feed(STREAM[start : start + size])
        assert packets == whole, size


MALFORMED = (
    b"\x20\xff\xff\xff\xff\x01",  # remaining length of five bytes
    b"\x20\x03\x00\x00\x00",  # CONNACK too long
    b"\x40\x01\x00",  # PUBACK too short
    b"\x41\x02\x00\x01",  # PUBACK with flags
    b"\x90\x02\x00\x01",  # SUBACK without a return code
    b"\xd0\x01\x00",  # PINGRESP with a body
    b"\x00\x00",  # type 0
    b"\xf0\x00",  # type 15
    b"\x10\x00",  # a CONNECT from a server
    b"\x30\x80\x80\x80\x01",  # a PUBLISH of 2 MiB
    b"HTTP/1.1 400 Bad Request\r\n",
)


def test_what_is_not_mqtt_is_refused_at_once():
    for stream in MALFORMED:
        try:
            packets = Decoder().feed(stream)
            raise AssertionError("%r gave %r" % (stream, packets))
        except MalformedPacket:
            pass


def test_publish_whose_parts_do_not_fit():
    for first, body in (
        (0x30, b""),
        (0x30, b"\x00"),
        (0x30, b"\x00\x05abc"),
        (0x32, b"\x00\x01a\x00"),
        (0x32, b"\x00\x01a\x00\x00"),
        (0x34, b"\x00\x01a\x00\x01"),
        (0x36, b"\x00\x01a\x00\x01"),
    ):
        try:
            packet.parse_publish(first, body)
            raise AssertionError("%r accepted" % body)
        except MalformedPacket:
            pass
    try:
        packet.packet_identifier(b"\x00\x00")
        raise AssertionError("identifier 0 accepted")
    except MalformedPacket:
        pass


def test_noise_never_raises_anything_else():
    state = 1
    for _ in range(3000):
        noise = bytearray(24)
        for i in range(len(noise)):
            state = (state * 1103515245 + 12345) & 0x7FFFFFFF
            noise[i] = state >> 16 & 0xFF
        decoder = Decoder()
        try:
            for first, body in decoder.feed(bytes(noise)):
                if first & 0xF0 == packet.PUBLISH:
                    packet.parse_publish(first, body)
                elif len(body) >= 2:
                    packet.packet_identifier(body)
        except MalformedPacket:
            pass
