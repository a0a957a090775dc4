# SPDX-License-Identifier: MIT
"""How long a noise monitor takes from its start to its first MQTT publish."""

import socket
import statistics
import time

from monitors import PEER_TEXT
from results import result

GOAL_MS = 10
STARTS = 15
PEER_EVERY = 5  # the peer starts once for so many starts of ours

_TIMEOUT_S = 30
# MQTT 3.1.1, 2.2.1 and 3.2: packet types, and the CONNACK that accepts a new session.
_CONNECT = 1
_PUBLISH = 3
_CONNACK = b"\x20\x02\x00\x00"


def _packet_type(stream):
    """Reads a packet and returns its type."""
    kind = stream.read(1)
    length = shift = 0
    while True:
        byte = stream.read(1)
        if not byte:
            raise AssertionError("the monitor closed the connection")
        length |= (byte[0] & 0x7F) << shift
        shift += 7
        if byte[0] < 0x80:
            break
    stream.read(length)
    return kind[0] >> 4


def _start_ms(monitor, listener):
    with monitor.start(listener.getsockname()[1]) as daemon:
        connection, _ = listener.accept()
        connection.settimeout(_TIMEOUT_S)
        with connection, connection.makefile("rb") as stream:
            assert _packet_type(stream) == _CONNECT
            connection.sendall(_CONNACK)
            while _packet_type(stream) != _PUBLISH:
                pass
            return 1000 * (time.monotonic() - daemon.started)


def measure(ours, peer):
    """Starts both in turns against a broker that only records. Returns the results."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(_TIMEOUT_S)
        mine, theirs = [], []
        for i in range(STARTS):
            mine.append(_start_ms(ours, listener))
            if i % PEER_EVERY == 0:
                theirs.append(_start_ms(peer, listener))
    peer_ms = statistics.median(theirs)
    text = f"{PEER_TEXT}: {peer_ms:.0f} ms"
    return [
        result(
            "noise monitor: start to first publish",
            statistics.median(mine),
            "ms",
            GOAL_MS,
            text,
            peer_ms,
        )
    ]
