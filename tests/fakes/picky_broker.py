# SPDX-License-Identifier: MIT
"""A broker that refuses single messages, in each way that brokers have."""

import contextlib
import json
import socket
import struct
import threading

CONNECT, PUBLISH, SUBSCRIBE, PINGREQ, DISCONNECT = 1, 3, 8, 12, 14


class PickyBroker:
    """Accepts MQTT 3.1.1 and 5 and keeps what it takes, as (topic, payload), in `messages`.

    `refuse(topic, payload)` returns None to take a message, a reason code to refuse it in a PUBACK
    (MQTT 5), or "close" to end the connection. `connack(version, connect body)` returns the answer
    to a CONNECT, None for the usual one, or b"" to close. Both may be replaced at any time.
    """

    def __init__(self, refuse=lambda topic, payload: None):
        self.refuse = refuse
        self.connack = lambda version, body: None
        self.messages = []
        self.refused = []
        self.connects = []  # the body of each CONNECT
        self.subscribed = threading.Event()
        self._clients = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def payloads(self, topic):
        return [payload for name, payload in list(self.messages) if name == topic]

    def readings(self, topic):
        return [json.loads(payload) for payload in self.payloads(topic)]

    def send(self, data):
        """Sends bytes over the newest connection."""
        self._clients[-1].sendall(data)

    def cut(self):
        """Ends all connections."""
        for client in self._clients:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            self._clients.append(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with contextlib.suppress(OSError, EOFError), client, client.makefile("rb") as stream:
            version = 0
            while True:
                first, body = _packet(stream)
                kind = first >> 4
                if kind == CONNECT:
                    version = body[6]
                    self.connects.append(body)
                    usual = b"\x20\x03\x00\x00\x00" if version == 5 else b"\x20\x02\x00\x00"
                    answer = self.connack(version, body)
                    client.sendall(usual if answer is None else answer)
                    if answer == b"" or (answer and answer[3]):
                        return
                elif kind == PUBLISH:
                    self._publish(client, version, first, body)
                elif kind == SUBSCRIBE:
                    properties = b"\0" if version == 5 else b""
                    answer = body[:2] + properties + b"\x01"
                    client.sendall(bytes((0x90, len(answer))) + answer)
                    self.subscribed.set()
                elif kind == PINGREQ:
                    client.sendall(b"\xd0\x00")
                elif kind == DISCONNECT:
                    return

    def _publish(self, client, version, first, body):
        end = 2 + struct.unpack_from(">H", body)[0]
        topic, qos = body[2:end].decode(), first >> 1 & 3
        identifier = body[end : end + 2] if qos else b""
        at = end + len(identifier)
        if version == 5:
            # No property that is used here makes the length two bytes long.
            at += 1 + body[at]
        payload = body[at:].decode()
        code = self.refuse(topic, payload)
        if code is not None:
            self.refused.append((topic, payload))
        else:
            self.messages.append((topic, payload))
        if code == "close":
            raise EOFError
        if qos:
            answer = identifier + (bytes((code,)) if code is not None else b"")
            client.sendall(bytes((0x40, len(answer))) + answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.close()
        for client in self._clients:
            client.close()


def _packet(stream):
    """(first byte, body) of the next packet."""
    first = stream.read(1)
    if not first:
        raise EOFError
    length = shift = 0
    while True:
        digit = stream.read(1)[0]
        length |= (digit & 0x7F) << shift
        shift += 7
        if not digit & 0x80:
            return first[0], stream.read(length)
