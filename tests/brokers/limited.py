# SPDX-License-Identifier: MIT
"""A broker with the limits of cloud services, that notes each violation of them.

What a client may send, it acknowledges; what it may not, it answers as brokers do: with a
DISCONNECT and its reason in MQTT 5, by closing in 3.1.1.
"""

import dataclasses
import socket
import struct
import threading
import time

_MAXIMUM_QOS, _RETAIN_AVAILABLE, _RECEIVE_MAXIMUM, _MAXIMUM_PACKET = 0x24, 0x25, 0x21, 0x27
_KEEP_ALIVE, _SESSION_EXPIRY, _WILDCARDS, _SHARED = 0x13, 0x11, 0x28, 0x2A


@dataclasses.dataclass
class Limits:
    """`named` is whether an MQTT 5 broker names them in its CONNACK; `denied` a topic that no one
    may write, and `denial` how it says so: "puback", "disconnect", "close", "silence" or
    "nothing" (acknowledges and drops it); `most_messages` how many it takes on a connection."""

    versions: tuple = ("3.1.1", "5")
    max_qos: int = 2
    retain: bool = True
    in_flight: int = 65535
    max_packet: int = 0
    max_slashes: int = 0
    keepalive_s: int = 0
    wildcards: bool = True
    shared: bool = True
    session_expiry_s: int = None
    most_messages: int = 0
    acknowledge_after_s: float = 0.0
    named: bool = True
    denied: str = None
    denial: str = "puback"

    def properties(self):
        if not self.named:
            return b""
        found = b""
        for identifier, form, value, given in (
            (_MAXIMUM_QOS, ">BB", self.max_qos, self.max_qos < 2),
            (_RETAIN_AVAILABLE, ">BB", 0, not self.retain),
            (_RECEIVE_MAXIMUM, ">BH", self.in_flight, self.in_flight < 65535),
            (_MAXIMUM_PACKET, ">BI", self.max_packet, self.max_packet),
            (_KEEP_ALIVE, ">BH", self.keepalive_s, self.keepalive_s),
            (_SESSION_EXPIRY, ">BI", self.session_expiry_s, self.session_expiry_s is not None),
            (_WILDCARDS, ">BB", 0, not self.wildcards),
            (_SHARED, ">BB", 0, not self.shared),
        ):
            if given:
                found += struct.pack(form, identifier, value)
        return found


class _Refusal(Exception):
    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


class LimitedBroker:
    """Attributes: port; connects, a dict for each CONNECT that was read; messages, (topic,
    payload, retain, qos) of each one taken; subscriptions, topics; violations, texts."""

    def __init__(self, limits):
        self._limits = limits
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.connects, self.messages, self.subscriptions, self.violations = [], [], [], []
        self._sessions = set()
        self._open = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self._server.accept()
            except OSError:
                return
            client = _Client(self, self._limits, sock)
            self._open.append(client)
            threading.Thread(target=client.serve, daemon=True).start()

    def payloads(self, topic):
        return [message[1].decode() for message in list(self.messages) if message[0] == topic]

    def publish(self, topic, payload):
        """Sends a message of QoS 0 to the clients that are connected."""
        for client in self._open:
            client.publish(topic, payload)

    def has_session(self, name):
        return name in self._sessions

    def keep_session(self, name):
        self._sessions.add(name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.close()
        for client in self._open:
            client.close()


class _Client:
    def __init__(self, broker, limits, sock):
        self._broker, self._limits, self._socket = broker, limits, sock
        self._lock = threading.Lock()
        self._version = None
        self._aliases = {}
        self._waiting = 0
        self._count = 0

    def serve(self):
        try:
            self._serve()
        except _Refusal as refusal:
            self._broker.violations.append(str(refusal))
            if self._version == 5:
                self._send(struct.pack(">BBB", 0xE0, 1, refusal.code))
        except (OSError, EOFError):
            pass
        self.close()

    def close(self):
        try:
            # Without this, a thread that reads would keep the connection open.
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()

    def publish(self, topic, payload):
        body = struct.pack(">H", len(topic)) + topic.encode()
        body += b"\0" if self._version == 5 else b""
        try:
            self._send(bytes([0x30, len(body) + len(payload)]) + body + payload)
        except OSError:
            pass

    def _send(self, data):
        with self._lock:
            self._socket.sendall(data)

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            more = self._socket.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def _packet(self):
        first = self._exactly(1)[0]
        length = shift = size = 0
        while True:
            digit = self._exactly(1)[0]
            size += 1
            length |= (digit & 0x7F) << shift
            shift += 7
            if not digit & 0x80:
                break
        most = self._limits.max_packet
        if most and 1 + size + length > most:
            self._exactly(min(length, 4096))
            raise _Refusal(0x95, f"a packet of {1 + size + length} bytes")
        return first, self._exactly(length)

    def _serve(self):
        first, body = self._packet()
        assert first == 0x10, hex(first)
        if not self._connect(body):
            return
        while True:
            first, body = self._packet()
            kind = first >> 4
            if kind == 3:
                self._take(first, body)
            elif kind == 8:
                self._subscribe(body)
            elif kind == 12:
                self._send(b"\xd0\0")
            elif kind == 14:
                return

    def _connect(self, body):
        limits = self._limits
        self._version, flags = body[6], body[7]
        (keepalive_s,) = struct.unpack(">H", body[8:10])
        at = 10
        if self._version == 5:
            at += 1 + body[at]
        name, at = self._text(body, at)
        will = None
        if flags & 4:
            if self._version == 5:
                at += 1 + body[at]
            topic, at = self._text(body, at)
            payload, at = self._text(body, at)
            will = (topic.decode(), payload, flags >> 3 & 3, bool(flags & 0x20))
        version = {4: "3.1.1", 5: "5"}[self._version]
        self._broker.connects.append(
            {"version": version, "will": will, "keepalive_s": keepalive_s, "name": name,
             "time": time.monotonic()}
        )  # fmt: skip
        if version not in limits.versions:
            self._send(b"\x20\x02\x00\x01")
            return False
        refusal = None
        if will and will[2] > limits.max_qos:
            refusal = 0x9B
        elif will and will[3] and not limits.retain:
            refusal = 0x9A
        if refusal:
            if version == "5":
                self._send(struct.pack(">BBBBB", 0x20, 3, 0, refusal, 0))
            return False
        kept = limits.session_expiry_s != 0
        present = kept and not flags & 2 and self._broker.has_session(name)
        if kept:
            self._broker.keep_session(name)
        if version == "5":
            properties = limits.properties()
            self._send(bytes([0x20, 3 + len(properties), present, 0, len(properties)])
                       + properties)  # fmt: skip
            keepalive_s = limits.keepalive_s or keepalive_s
        else:
            self._send(bytes([0x20, 2, present, 0]))
        if keepalive_s:
            self._socket.settimeout(1.5 * keepalive_s)
        return True

    @staticmethod
    def _text(body, at):
        end = at + 2 + int.from_bytes(body[at : at + 2], "big")
        return body[at + 2 : end], end

    def _take(self, first, body):
        limits = self._limits
        topic, at = self._text(body, 0)
        qos, retain = first >> 1 & 3, bool(first & 1)
        identifier = 0
        if qos:
            identifier = int.from_bytes(body[at : at + 2], "big")
            at += 2
        if self._version == 5:
            topic = self._alias(topic, body[at + 1 : at + 1 + body[at]])
            at += 1 + body[at]
        topic, payload = topic.decode(), body[at:]
        if qos > limits.max_qos:
            raise _Refusal(0x9B, f"QoS {qos} on {topic}")
        if retain and not limits.retain:
            raise _Refusal(0x9A, f"a retained message on {topic}")
        if limits.max_slashes and topic.count("/") > limits.max_slashes:
            raise _Refusal(0x90, f"the topic {topic}")
        if topic == limits.denied and self._deny(topic, qos, identifier):
            return
        self._count += 1
        if limits.most_messages and self._count > limits.most_messages:
            if self._version == 5:
                self._send(b"\xe0\x01\x97")
            raise EOFError
        self._broker.messages.append((topic, payload, retain, qos))
        if qos:
            self._waiting += 1
            if self._waiting > limits.in_flight:
                raise _Refusal(0x93, f"{self._waiting} messages in flight")
            if limits.acknowledge_after_s:
                threading.Timer(
                    limits.acknowledge_after_s, self._acknowledge, (identifier,)
                ).start()
            else:
                self._acknowledge(identifier)

    def _alias(self, topic, properties):
        found = properties.find(b"\x23")
        if found >= 0 and len(properties) >= found + 3:
            alias = properties[found + 1 : found + 3]
            if topic:
                self._aliases[alias] = topic
            return self._aliases[alias]
        return topic

    def _deny(self, topic, qos, identifier):
        """Returns whether the message is dealt with."""
        way = self._limits.denial
        if way == "disconnect":
            raise _Refusal(0x87, f"the denied topic {topic}")
        if way == "close":
            raise EOFError
        if qos and way == "puback" and self._version == 5:
            self._send(struct.pack(">BBHB", 0x40, 3, identifier, 0x87))
        elif qos and way in ("nothing", "puback"):
            self._send(struct.pack(">BBH", 0x40, 2, identifier))
        return True

    def _acknowledge(self, identifier):
        self._waiting -= 1
        try:
            self._send(struct.pack(">BBH", 0x40, 2, identifier))
        except OSError:
            pass

    def _subscribe(self, body):
        five = self._version == 5
        at = 2 + (1 + body[2] if five else 0)
        topic, _ = self._text(body, at)
        topic = topic.decode()
        code = 1
        if not self._limits.wildcards and ("+" in topic or "#" in topic):
            raise _Refusal(0xA2, f"the wildcard {topic}")
        if not self._limits.shared and topic.startswith("$share"):
            raise _Refusal(0x9E, f"the shared subscription {topic}")
        self._broker.subscriptions.append(topic)
        answer = body[:2] + (b"\0" if five else b"") + bytes([min(code, self._limits.max_qos)])
        self._send(bytes([0x90, len(answer)]) + answer)
