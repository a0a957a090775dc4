# SPDX-License-Identifier: MIT
"""MQTT packets match the standards byte for byte, and other bytes are refused."""

from sensord.mqtt import packet, v5, v311
from sensord.mqtt.packet import Decoder, MalformedPacket


def test_connect():
    assert (
        v311.connect("c", 30, True, None, None, None, 0, 65536)
        == b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x1e\x00\x01c"
    )
    will = ("t", "offline", 1, True)
    everything = v311.connect("c", 30, False, will, "me", b"pw", 0, 65536)
    assert everything == (
        b"\x10\x21\x00\x04MQTT\x04\xec\x00\x1e\x00\x01c\x00\x01t\x00\x07offline\x00\x02me\x00\x02pw"
    )


def test_publish():
    assert v311.publish("a/b", b"xy", 0, False, 0) == b"\x30\x07\x00\x03a/bxy"
    assert v311.publish("a", "é", 1, True, 10) == b"\x33\x07\x00\x01a\x00\x0a\xc3\xa9"
    assert v311.publish("a", b"", 1, False, 1, True) == b"\x3a\x05\x00\x01a\x00\x01"


def test_remaining_length_at_its_borders():
    for length, encoded in (
        (127, b"\x7f"),
        (128, b"\x80\x01"),
        (16383, b"\xff\x7f"),
        (16384, b"\x80\x80\x01"),
    ):
        assert v311.publish("a", bytes(length - 3), 0, False, 0)[1:5].startswith(encoded), length


def test_strings_that_do_not_fit_are_refused():
    try:
        v311.publish("a" * 65536, b"", 0, False, 0)
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
    whole = Decoder(v311.check).feed(STREAM)
    assert [first for first, _ in whole] == [0x20, 0x40, 0x90, 0xD0, 0x33]
    assert packet.packet_identifier(whole[1][1]) == 0x1234
    assert v311.parse_publish(*whole[4]) == (b"ab", b"hi", 1, True, 7)
    for size in range(1, len(STREAM)):
        decoder = Decoder(v311.check)
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
    b"\x30\x80\x80\x80\x01\x04\x01",  # a PUBLISH of 2 MiB with a topic of 1025 bytes
    b"\x36\x80\x80\x80\x01\x00\x01",  # the same with QoS 3
    b"HTTP/1.1 400 Bad Request\r\n",
)


def test_bytes_that_are_not_mqtt_are_refused_at_once():
    for stream in MALFORMED:
        try:
            packets = Decoder(v311.check).feed(stream)
            raise AssertionError("%r gave %r" % (stream, packets))
        except MalformedPacket:
            pass


def test_a_large_publish_is_read_past():
    """Its rest must not be kept, nor taken for other packets; and QoS 1 has to be answered."""
    body = b"\x00\x03a/b\x12\x34" + b"\xd0\x00" * 35000
    stream = b"\x32" + packet.variable_length(len(body)) + body + b"\xd0\x00"
    wanted = [(packet.OVERSIZED, (1, 0x1234, b"a/b", len(body))), (0xD0, b"")]
    for size in (1, 7, 1024, len(stream)):
        decoder = Decoder(v311.check, 4096)
        packets = []
        for start in range(0, len(stream), size):
            packets += decoder.feed(stream[start : start + size])
        assert packets == wanted, (size, packets)
    # Without an identifier, and one byte beyond what is kept
    for length in (4096, 4097):
        stream = b"\x30" + packet.variable_length(length) + b"\x00\x01a" + bytes(length - 3)
        ((first, body),) = Decoder(v311.check, 4096).feed(stream)
        assert (first, length) in ((0x30, 4096), (packet.OVERSIZED, 4097))
    assert body == (0, 0, b"a", 4097)


def test_publish_whose_parts_do_not_fit():
    for first, body in (
        (0x30, b""),
        (0x30, b"\x00"),
        (0x30, b"\x00\x05abc"),
        (0x32, b"\x00\x01a\x00"),
        (0x32, b"\x00\x01a\x00\x00"),
        (0x34, b"\x00\x01a\x00"),
        (0x36, b"\x00\x01a\x00\x01"),
    ):
        try:
            v311.parse_publish(first, body)
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
        decoder = Decoder(v311.check)
        try:
            for first, body in decoder.feed(bytes(noise)):
                if first & 0xF0 == packet.PUBLISH:
                    v311.parse_publish(first, body)
                elif first != packet.OVERSIZED and len(body) >= 2:
                    packet.packet_identifier(body)
        except MalformedPacket:
            pass


def test_connect_of_version_5():
    # Receive maximum 16, maximum packet size 65536
    properties = b"\x21\x00\x10\x27\x00\x01\x00\x00"
    assert v5.connect("c", 30, True, None, None, None, 0, 65536) == (
        b"\x10\x16\x00\x04MQTT\x05\x02\x00\x1e\x08" + properties + b"\x00\x01c"
    )
    # With a session that lasts a minute, a will, and a password without a user name
    assert v5.connect("c", 30, False, ("t", "x", 1, True), None, b"pw", 60, 65536) == (
        b"\x10\x26\x00\x04MQTT\x05\x6c\x00\x1e\x0d"
        + properties
        + b"\x11\x00\x00\x00\x3c\x00\x01c\x00\x00\x01t\x00\x01x\x00\x02pw"
    )


def test_publish_of_version_5():
    assert v5.publish("a/b", b"xy", 0, False, 0) == b"\x30\x08\x00\x03a/b\x00xy"
    assert v5.publish("a", "é", 1, True, 10) == b"\x33\x08\x00\x01a\x00\x0a\x00\xc3\xa9"
    with_both = v5.publish("", b"x", 1, False, 1, True, 60, 3)
    assert with_both == b"\x3a\x0e\x00\x00\x00\x01\x08\x02\x00\x00\x00\x3c\x23\x00\x03x"


def test_the_other_packets_of_version_5():
    assert v5.subscribe(7, "a", 1) == b"\x82\x07\x00\x07\x00\x00\x01a\x01"
    assert v5.unsubscribe(7, "a") == b"\xa2\x06\x00\x07\x00\x00\x01a"
    assert packet.answer_to_publish(1, 0x1234) == b"\x40\x02\x12\x34"
    assert packet.answer_to_publish(2, 0x1234) == b"\x50\x02\x12\x34"
    assert packet.pubcomp(0x1234) == b"\x70\x02\x12\x34"
    assert v5.disconnect(0) == b"\xe0\x00"
    assert v5.disconnect(60) == b"\xe0\x07\x00\x05\x11\x00\x00\x00\x00"


def test_answers_of_version_5():
    limits = b"\x00\x00\x0a\x21\x00\x05\x22\x00\x0a\x24\x00\x25\x00"
    assert v5.parse_connack(limits) == (
        False,
        0,
        None,
        {v5.RECEIVE_MAXIMUM: 5, v5.TOPIC_ALIAS_MAXIMUM: 10, 0x24: 0, 0x25: 0},
    )
    assert v5.parse_connack(b"\x01\x00\x00") == (True, 0, None, {})
    assert v5.parse_connack(b"\x00\x87\x06\x1f\x00\x03no!")[1:3] == (
        0x87,
        "not authorized (no!)",
    )
    assert v5.parse_connack(b"\x00\x9c\x05\x1c\x00\x02b2")[2] == "use another server: b2"
    assert "does not speak MQTT 5" in v5.parse_connack(b"\x00\x01")[2]
    assert v5.parse_puback(b"\x00\x07") == (7, 0, "")
    assert v5.parse_puback(b"\x00\x07\x10")[:2] == (7, 0x10)
    assert v5.parse_puback(b"\x00\x07\x97\x00") == (7, 0x97, "quota exceeded")
    assert v5.parse_suback(b"\x00\x07\x00\x01")[:2] == (7, 1)
    assert v5.parse_disconnect(b"") == (0, "the broker disconnected")
    # A reason may contain any text: no control characters may reach a terminal.
    words = v5.parse_disconnect(b"\x8b\x07\x1f\x00\x04a\x1b[b")[1]
    assert words == "the broker disconnected: the broker shuts down (a?[b)"
    everything = b"\x32\x00\x01a\x00\x07\x0c\x01\x01\x26\x00\x01k\x00\x01v\x0b\x80\x01hi"
    assert v5.parse_publish(0x32, everything[1:]) == (b"a", b"hi", 1, False, 7)


def test_packets_that_are_not_version_5_are_refused():
    for parse, body in (
        (v5.parse_connack, b"\x02\x00\x00"),  # unknown flags
        (v5.parse_connack, b"\x01\x87\x00"),  # refused, and with a session
        (v5.parse_connack, b"\x00\x00\x03\x21\x00\x00"),  # receive maximum 0
        (v5.parse_connack, b"\x00\x00\x06\x21\x00\x01\x21\x00\x01"),  # twice
        (v5.parse_connack, b"\x00\x00\x02\x21\x00"),  # a number cut short
        (v5.parse_connack, b"\x00\x00\x01\x7f"),  # an unknown property
        (v5.parse_connack, b"\x00\x00\x09\x1f\x00\x01a"),  # longer than the packet
        (v5.parse_connack, b"\x00\x00\x04\x1f\x00\x09a"),  # a string longer than that
        (v5.parse_connack, b"\x00\x00\xff\xff\xff\xff"),  # a number without end
        (v5.parse_puback, b"\x00\x00"),  # identifier 0
        (v5.parse_suback, b"\x00\x07\x00"),  # no reason code
    ):
        try:
            raise AssertionError("%r gave %r" % (body, parse(body)))
        except MalformedPacket:
            pass
    for body in (b"\x00\x00\x00", b"\x00\x01a\x03\x23\x00\x01"):  # a topic alias, each
        try:
            raise AssertionError("%r gave %r" % (body, v5.parse_publish(0x30, body)))
        except MalformedPacket:
            pass
