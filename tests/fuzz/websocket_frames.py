# SPDX-License-Identifier: MIT
"""Feeds mutated frames of a server to the WebSocket, and mutated answers to its handshake.

Failures are an exception other than MalformedFrame and ConnectError, data that are others if the
bytes come in other pieces, more data than bytes, and a frame of our own that is not what it was
made of. An input's first byte is the size of the pieces.
"""

import random

import fuzzing
from mutations import mutated

from sensord.mqtt.frames import Frames, MalformedFrame, close_words, frame
from sensord.mqtt.websocket import ConnectError, require_accepted

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPTED = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: mqtt"
)
SEEDS = (
    b"\x82\x04\x20\x02\x00\x00\x89\x00\x8a\x03abc\x82\x7e\x00\x80" + bytes(128) + b"\x88\x00",
    b"\x02\x01a\x00\x00\x89\x02hi\x80\x02bc\x82\x00\x88\x06\x03\xf0long",
    b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00" + bytes(300),
    ACCEPTED,
)
WORDS = (b"\x82", b"\x80", b"\x88\x02", b"\x89", b"\x7e\x01\x00", b"\x7f", b"\r\n", b": ", b"\xff")


def parse(data, size):
    """(data, last ping, close, code of the error) of frames that come in pieces."""
    frames, found, ping, code = Frames(), b"", None, None
    for start in range(0, len(data), size):
        try:
            part = frames.feed(data[start : start + size])
        except MalformedFrame as error:
            code = error.code
            break
        found += part
        if frames.ping is not None:
            ping = frames.ping
        assert len(frames._head) <= 10 and len(frames._payload) <= 125, "keeps too much"
    assert len(found) <= len(data), "data from nowhere"
    if frames.close is not None:
        close_words(*frames.close)
    return found, ping, frames.close, code


def check_own(payload):
    mask = bytes((7, 0, 200, len(payload) & 255))
    made = frame(2, payload, mask)
    at = len(made) - len(payload)
    assert bytes([b ^ mask[i & 3] for i, b in enumerate(made[at:])]) == payload, "the mask"
    # Without its mask it is a frame of a server.
    whole = bytes((made[0], made[1] & 0x7F)) + made[2 : at - 4] + payload
    assert Frames().feed(whole) == payload, "the head"


def make():
    pieces = bytes((random.getrandbits(5),))
    return pieces + mutated(SEEDS[random.getrandbits(2)], WORDS)


def check(data):
    if not data:
        return 0
    size, data = data[0] + 1, data[1:]
    try:
        require_accepted(data, KEY, "/mqtt")
        return 1
    except ConnectError:
        pass
    found, ping, close, code = parse(data, size)
    if code is None:
        # What comes behind a fault, or before it in the same piece, depends on the pieces.
        assert parse(data, len(data) or 1) == (found, ping, close, None), "the pieces matter"
        check_own(found)
    else:
        assert parse(data, len(data))[3] == code, "the pieces matter"
    return len(found) > 0


fuzzing.main("websocket_frames", make, check)
