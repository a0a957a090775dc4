# SPDX-License-Identifier: MIT
"""A strict HTTP server: it records requests, and answers as it is told to, also badly."""

import contextlib
import dataclasses
import json
import re
import socket
import ssl
import threading
import time

from support import free_port

_TAG = r"(?:[^,= \\\n]|\\.)+"
_LINE = re.compile(
    rf"^((?:[^, \\\n]|\\.)+)((?:,{_TAG}={_TAG})*) "
    rf'({_TAG}=(?:"(?:[^"\\\n]|\\.)*"|[^,"= \\]+)(?:,{_TAG}=(?:"(?:[^"\\\n]|\\.)*"|[^,"= \\]+))*)'
    r" (-?\d+)$"
)
_FIELD = re.compile(rf'({_TAG})=("(?:[^"\\\n]|\\.)*"|[^,"= \\]+)')
_NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?$")
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


def answer(status, text=b"", headers=""):
    """The bytes of an answer with a length."""
    return (f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(text)}\r\n\r\n").encode() + text


def parse_line(line):
    """(measurement, {tag: value}, {field: value}, timestamp) of a line of InfluxDB's protocol.

    Raises ValueError for anything that is not exactly one."""
    match = _LINE.match(line)
    if not match:
        raise ValueError(f"not a line: {line!r}")

    def plain(text):
        return re.sub(r"\\([,= ])", r"\1", text)

    fields = {}
    for name, text in _FIELD.findall(match[3]):
        if text.startswith('"'):
            value = re.sub(r'\\(["\\])', r"\1", text[1:-1])
        elif text in ("true", "false"):
            value = text == "true"
        elif _NUMBER.match(text):
            value = float(text)
        else:
            raise ValueError(f"not a value: {text}")
        assert plain(name) not in fields, line
        fields[plain(name)] = value
    tags = re.findall(rf",({_TAG})=({_TAG})", match[2])
    assert [key for key, _ in tags] == sorted({key for key, _ in tags}), line
    return plain(match[1]), {plain(k): plain(v) for k, v in tags}, fields, int(match[4])


@dataclasses.dataclass
class Request:
    """One request: `path` with its query, `headers` by names in small letters, `body`; `when` it
    came, and on which `connection`, counted from 1."""

    path: str
    headers: dict
    body: bytes
    connection: int
    when: float

    def readings(self):
        """The readings of a body in JSON."""
        return json.loads(self.body)

    def lines(self):
        return [parse_line(line) for line in self.body.decode().split("\n")]

    def values(self):
        """The field `value` of each reading, in either form."""
        if self.headers["content-type"] == "application/json":
            return [reading["fields"].get("value") for reading in self.readings()]
        return [line[2].get("value") for line in self.lines()]


class Server:
    """`respond(request)` returns the bytes to answer with, or a function of the socket.

    Attributes: requests, all of them; accepted, those that were answered with a 2xx; errors, of
    requests that are not HTTP/1.1.
    """

    def __init__(self, respond=lambda request: NO_CONTENT, port=None, certificate=None):
        self.respond = respond
        self.port = port or free_port()
        self.requests, self.accepted, self.errors = [], [], []
        self.connections = 0
        self._context = None
        if certificate:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(
                certificate.with_suffix(".pem"), certificate.with_suffix(".key")
            )
        self._sockets = []
        self._server = None
        self.start()

    def start(self):
        self._server = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self._server,), daemon=True).start()

    def _accept(self, server):
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            self._sockets.append(client)
            self.connections += 1
            threading.Thread(
                target=self._serve, args=(client, self.connections), daemon=True
            ).start()

    def _serve(self, client, number):
        with contextlib.suppress(OSError):
            if self._context:
                client = self._context.wrap_socket(client, server_side=True)
            client.settimeout(60)
            stream = client.makefile("rb")
            while True:
                try:
                    request = self._read(stream, number)
                except (AssertionError, ValueError) as error:
                    self.errors.append(error)
                    break
                if request is None:
                    break
                self.requests.append(request)
                reply = self.respond(request)
                if not isinstance(reply, bytes):
                    reply(client)
                    break
                if re.match(rb"(HTTP/1.1 1\d\d.*?\r\n\r\n)*HTTP/1.[01] 2", reply, re.DOTALL):
                    self.accepted.append(request)
                client.sendall(reply)
                if b"close" in reply or reply.startswith(b"HTTP/1.0"):
                    break
        with contextlib.suppress(OSError):
            client.close()

    def _read(self, stream, number):
        first = stream.readline()
        if not first:
            return None
        match = re.fullmatch(rb"POST (/[!-~]*) HTTP/1\.1\r\n", first)
        assert match, first
        headers = {}
        while (line := stream.readline()) != b"\r\n":
            if not line.endswith(b"\n"):
                # The client was killed.
                return None
            found = re.fullmatch(rb"([!#-'*+.^_`|~0-9A-Za-z-]+): ([ -~]*)\r\n", line)
            assert found, line
            name = found[1].decode().lower()
            assert name not in headers, line
            headers[name] = found[2].decode()
        assert "host" in headers and "transfer-encoding" not in headers, headers
        body = stream.read(int(headers["content-length"]))
        if len(body) < int(headers["content-length"]):
            return None
        return Request(match[1].decode(), headers, body, number, time.monotonic())

    def taken(self):
        """The values of all accepted readings, in order."""
        return [value for request in list(self.accepted) for value in request.values()]

    def cut(self):
        """Closes all connections."""
        for client in self._sockets:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
        self._sockets = []

    def stop(self):
        """Closes the port and all connections; `start()` opens it again."""
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.cut()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        assert not self.errors, self.errors
