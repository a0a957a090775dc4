# SPDX-License-Identifier: MIT
"""How long a noise monitor takes from its start to its first MQTT publish.

Beside it Debian's micropython runs a script that connects and publishes once, with nothing to
read: so long the interpreter, the kernel and the connection take on this machine. CPython's noise
monitor stands in the text.
"""

import pathlib
import socket
import statistics
import subprocess
import time

from monitors import PEER_TEXT
from results import result
from support import STOCK_MICROPYTHON

GOAL = 4  # times what the script takes
STARTS = 15
PEER_EVERY = 5  # CPython's monitor starts once in so many of ours

_SCRIPT = pathlib.Path(__file__).with_name("stock_publish.py")

_TIMEOUT_S = 30
# 2.1.2 and 3.2: packet types, and the CONNACK that accepts a new session, for each protocol level.
_CONNECT = 1
_PUBLISH = 3
_CONNACK = {4: b"\x20\x02\x00\x00", 5: b"\x20\x03\x00\x00\x00"}
_LEVEL_AT = 6


def _packet(stream):
    """Reads a packet; returns its type and its body."""
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
    return kind[0] >> 4, stream.read(length)


def _wait_for_publish(listener):
    connection, _ = listener.accept()
    connection.settimeout(_TIMEOUT_S)
    with connection, connection.makefile("rb") as stream:
        kind, body = _packet(stream)
        assert kind == _CONNECT
        connection.sendall(_CONNACK[body[_LEVEL_AT]])
        while _packet(stream)[0] != _PUBLISH:
            pass


def _start_ms(monitor, listener):
    with monitor.start(listener.getsockname()[1]) as daemon:
        _wait_for_publish(listener)
        return 1000 * (time.monotonic() - daemon.started)


def _script_ms(listener):
    started = time.monotonic()
    with subprocess.Popen([STOCK_MICROPYTHON, _SCRIPT, str(listener.getsockname()[1])]) as script:
        _wait_for_publish(listener)
        ms = 1000 * (time.monotonic() - started)
    assert script.returncode == 0
    return ms


def measure(ours, peer):
    """Starts them in turns against a broker that only watches. Returns the results."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(_TIMEOUT_S)
        mine, scripts, theirs = [], [], []
        for i in range(STARTS):
            mine.append(_start_ms(ours, listener))
            scripts.append(_script_ms(listener))
            if i % PEER_EVERY == 0:
                theirs.append(_start_ms(peer, listener))
    ours_ms, script_ms = statistics.median(mine), statistics.median(scripts)
    text = (
        f"a script in Debian's micropython that connects and publishes: {script_ms:.1f} ms; "
        f"sensord {ours_ms:.1f} ms; {PEER_TEXT}: {statistics.median(theirs):.0f} ms"
    )
    name = "noise monitor: start to first publish"
    return [result(name, ours_ms / script_ms, "ratio", GOAL, text, script_ms)]
