# SPDX-License-Identifier: MIT
"""The connection cut at every byte of a PUBLISH and of a PUBACK, by a proxy that counts bytes."""

import socket
import struct
import threading

import pytest
from counting import TOPIC
from support import wait_until
from trial import Trial

PUBLISH, PUBACK = 0x30, 0x40
# The packets that pass on each connection before the one that is cut.
_WHOLE = 2


class CuttingProxy:
    """Cuts each connection inside a packet: `cuts` lists how many bytes of it still pass, one for
    each connection. When the list is empty, connections stay whole.

    Every second cut is an orderly end, the others are resets.
    """

    def __init__(self, kind):
        self._kind = kind
        self._target = None
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.cuts = []
        self.done = 0
        self.length = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def aim(self, broker):
        self._target = broker.port
        return self.port

    def _accept(self):
        while True:
            try:
                client, _ = self._server.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            to_broker = self._kind == PUBLISH
            for source, target, cutting in (
                (client, server, to_broker),
                (server, client, not to_broker),
            ):
                threading.Thread(
                    target=self._copy, args=(source, target, cutting), daemon=True
                ).start()

    def _copy(self, source, target, cutting):
        try:
            if cutting:
                self._copy_packets(source, target)
            else:
                while data := source.recv(4096):
                    target.sendall(data)
        except (OSError, ValueError):
            # The other direction did the cut.
            pass
        for end in (source, target):
            end.close()

    def _copy_packets(self, source, target):
        stream = source.makefile("rb")
        whole = 0
        while packet := _packet(stream):
            # Only PUBLISHes with readings count: the first few are retained messages.
            wanted = packet[0] & 0xF0 == self._kind and (
                self._kind == PUBACK or b'"value"' in packet
            )
            if wanted and whole >= _WHOLE and self.cuts:
                self.length = len(packet)
                passed = self.cuts.pop(0)
                target.sendall(packet[:passed])
                if passed % 2:
                    for end in (source, target):
                        end.setsockopt(
                            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                        )
                self.done += 1
                for end in (source, target):
                    end.shutdown(socket.SHUT_RDWR)
                return
            whole += wanted
            target.sendall(packet)

    def close(self):
        self._server.close()


def _packet(stream):
    """The next whole packet of a stream, or nothing at its end."""
    head = stream.read(2)
    while len(head) > 1 and head[-1] & 0x80:
        head += stream.read(1)
    length = sum((digit & 0x7F) << 7 * i for i, digit in enumerate(head[1:]))
    return head + stream.read(length)


@pytest.mark.parametrize(
    ("kind", "version", "name"),
    [
        (PUBLISH, "3.1.1", "PUBLISH cut at each of its {} bytes, MQTT 3.1.1"),
        (PUBLISH, "5", "PUBLISH cut at each of its {} bytes, MQTT 5"),
        (PUBACK, "5", "PUBACK cut at each of its {} bytes, 20 times"),
    ],
)
def test_cut_at_every_byte(tmp_path, row, kind, version, name):
    proxy = CuttingProxy(kind)
    with Trial(tmp_path, version=version, port=proxy.aim) as trial:
        if kind == PUBACK:
            cuts = list(range(5)) * 20
        else:
            # A reading, its topic and the packet's head; later numbers have more digits.
            cuts = list(range(len(trial.reader.payloads(TOPIC)[-1]) + len(TOPIC) + 12))
        proxy.cuts = list(cuts)
        wait_until(lambda: proxy.done == len(cuts), 600, "all cuts")
        recovery_s = trial.recovered()
        trial.judge(row, name.format(proxy.length), recovery_s)
    proxy.close()
    assert proxy.length <= len(cuts), "not every byte"
