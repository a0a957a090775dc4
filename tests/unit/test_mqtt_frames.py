# SPDX-License-Identifier: MIT
"""WebSocket frames: those that a client sends, and those that it takes."""

from sensord.mqtt.frames import BINARY, Frames, MalformedFrame, close_words, frame

MASK = bytes((1, 2, 0x80, 0xFF))


def unmasked(made):
    """(first byte, payload) of a frame of a client."""
    size, at = made[1] & 127, 2
    assert made[1] & 128
    if size >= 126:
        at = 4 if size == 126 else 10
        size = int.from_bytes(made[2:at], "big")
    mask, payload = made[at : at + 4], bytearray(made[at + 4 :])
    assert mask == MASK and len(payload) == size
    for i in range(size):
        payload[i] ^= mask[i % 4]
    return made[0], payload


def test_frames_of_every_length():
    for size in (0, 1, 3, 125, 126, 127, 511, 512, 513, 1025, 65535, 65536, 70001):
        payload = (b"0123456789abcdefghijklmnopqrstuvwxyz+" * (size // 37 + 1))[:size]
        assert unmasked(frame(BINARY, payload, MASK)) == (0x82, payload), size
        assert unmasked(frame(BINARY, memoryview(payload), MASK)) == (0x82, payload), size


def test_the_example_of_the_standard():
    """Section 5.7: a masked "Hello", there as a text."""
    made = frame(1, b"Hello", bytes((0x37, 0xFA, 0x21, 0x3D)))
    assert made == bytes.fromhex("818537fa213d7f9f4d5158")


def test_any_pieces_give_the_same_data():
    long = bytes(range(200))
    sent = b"\x02\x02ab\x89\x01x\x00\x00\x80\x01c\x82\x7e\x00\xc8" + long
    sent += b"\x82\x7f" + (65536).to_bytes(8, "big") + bytes(65536) + b"\x88\x04\x03\xe9ok\x82"
    for size in (1, 2, 3, 7, 1000, len(sent)):
        frames, found, pings = Frames(), b"", []
        for at in range(0, len(sent), size):
            found += frames.feed(sent[at : at + size])
            if frames.ping is not None:
                pings.append(frames.ping)
        assert found == b"abc" + long + bytes(65536)
        assert pings == [b"x"] and frames.close == (1001, "ok")


def test_lengths_are_the_shortest():
    for head in (b"\x82\x7e\x00\x7d", b"\x82\x7f" + (65535).to_bytes(8, "big"),
                 b"\x82\x7f\x80" + bytes(7)):  # fmt: skip
        try:
            Frames().feed(head)
        except MalformedFrame as error:
            assert error.code == 1002
        else:
            raise AssertionError(head)


def test_close_codes_in_words():
    assert close_words(1013, "") == "1013, try again later"
    assert close_words(4000, "x") == "4000 (x)"


def test_data_before_a_bad_frame_are_not_lost():
    """A broker's refusal may come in one piece with what its proxy says."""
    for data in (b"\x82\x04\x20\x02\x00\x05\x81\x02hi",):
        try:
            Frames().feed(data)
            raise AssertionError("accepted")
        except MalformedFrame as error:
            assert error.data == b"\x20\x02\x00\x05"
