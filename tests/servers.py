# SPDX-License-Identifier: MIT
"""Servers that misbehave in ways that a real broker does not on demand, and TLS certificates."""

import contextlib
import socket
import struct
import subprocess
import threading

from support import Broker, Subscriber


def make_certificates(folder):
    """Makes, as NAME.pem and NAME.key: two CAs, ca and other-ca; from ca good (localhost), wrong
    (another name), expired, and client; and from other-ca foreign (localhost)."""

    def openssl(command):
        subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)

    for ca in ("ca", "other-ca"):
        openssl(
            f"req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=test-{ca} "
            f"-addext basicConstraints=critical,CA:TRUE -keyout {ca}.key -out {ca}.pem"
        )
    long_ago = "-not_before 20200101000000Z -not_after 20210101000000Z"
    for name, ca, host, valid in (
        ("good", "ca", "localhost", "-days 3650"),
        ("wrong", "ca", "elsewhere.example", "-days 3650"),
        ("expired", "ca", "localhost", long_ago),
        ("client", "ca", "board", "-days 3650"),
        ("foreign", "other-ca", "localhost", "-days 3650"),
    ):
        openssl(f"req -newkey rsa:2048 -nodes -subj /CN={host} -keyout {name}.key -out {name}.csr")
        (folder / "extensions").write_text(f"subjectAltName=DNS:{host}\n")
        openssl(
            f"x509 -req {valid} -CA {ca}.pem -CAkey {ca}.key -extfile extensions "
            f"-in {name}.csr -out {name}.pem"
        )


class Proxy:
    """Passes bytes to the broker until cut() breaks the connections."""

    def __init__(self, target, port=0):
        """`target` is the broker's port, `port` the port to listen on; 0 is a free one."""
        self._target = target
        self._server = socket.create_server(("127.0.0.1", port))
        self.port = self._server.getsockname()[1]
        self._sockets = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            self._sockets += [client, server]
            for a, b in ((client, server), (server, client)):
                threading.Thread(target=self._copy, args=(a, b), daemon=True).start()

    def _copy(self, source, target):
        try:
            while data := source.recv(4096):
                target.sendall(data)
        except OSError:
            pass

    def cut(self):
        """Resets the connections, as a router that has lost its state would."""
        for s in self._sockets:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            s.shutdown(socket.SHUT_RDWR) if s.fileno() >= 0 else None
            s.close()
        self._sockets = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.close()
        self.cut()


@contextlib.contextmanager
def late_broker(folder, port):
    """A broker that answers at `port` only once its Subscriber, the value, is subscribed.

    Otherwise a waiting daemon may publish messages before there is a subscriber for them.
    """
    with Broker(folder) as broker, Subscriber(broker) as reader, Proxy(broker.port, port):
        yield reader


class BadServer:
    """Accepts, answers each connection with the next of some byte strings, then sends nothing."""

    def __init__(self, answers):
        self._answers = list(answers)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.connections = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        for answer in self._answers:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            self.connections.append(client)
            client.recv(4096)
            client.sendall(answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.close()
        for client in self.connections:
            client.close()


class Connection:
    """One client's connection to a ScriptedBroker, packet by packet."""

    def __init__(self, sock):
        self._sock = sock
        self.packets = []

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            more = self._sock.recv(count - len(data))
            if not more:
                raise ConnectionError("the client closed")
            data += more
        return data

    def read(self):
        """The next packet, as (first byte, body)."""
        first = self._exactly(1)[0]
        length = shift = 0
        while True:
            digit = self._exactly(1)[0]
            length |= (digit & 0x7F) << shift
            shift += 7
            if not digit & 0x80:
                break
        self.packets.append((first, self._exactly(length)))
        return self.packets[-1]

    def read_until(self, kind, count=1):
        """Reads up to the `count`-th packet of a kind (the high half of the first byte)."""
        while sum(first & 0xF0 == kind for first, _ in self.packets) < count:
            self.read()
        return self.packets[-1]

    def send(self, data):
        self._sock.sendall(data)

    def close(self):
        self._sock.close()


class ScriptedBroker:
    """Plays one function of a Connection for each new connection, and then accepts no more.

    `connections` are those accepted; `errors` the exceptions of scripts.
    """

    def __init__(self, *scripts):
        self._scripts = scripts
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.connections = []
        self.errors = []
        self.finished = threading.Event()
        self._thread = threading.Thread(target=self._play, daemon=True)
        self._thread.start()

    def _play(self):
        for script in self._scripts:
            try:
                sock, _ = self._server.accept()
            except OSError:
                return
            sock.settimeout(20)
            connection = Connection(sock)
            self.connections.append(connection)
            try:
                script(connection)
            except Exception as error:
                self.errors.append(error)
            connection.close()
        self.finished.set()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.close()
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.close()
