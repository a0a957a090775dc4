# SPDX-License-Identifier: MIT
"""The way from a board to its broker, which can be cut."""

import contextlib
import socket
import struct
import threading


class Relay:
    """Passes bytes to a port of loopback from `open()` to `cut()`, ends of connections included.

    `bytes_up` is a list of the bytes that each connection has sent to the broker.
    """

    def __init__(self, target, port):
        self._target = target
        self.port = port
        self._server = None
        self._sockets = []
        self.bytes_up = []
        self.open()

    def open(self):
        self._server = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self._server,), daemon=True).start()

    def _accept(self, server):
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            try:
                broker = socket.create_connection(("127.0.0.1", self._target), 5)
            except OSError:
                client.close()
                continue
            broker.settimeout(None)
            self._sockets += [client, broker]
            self.bytes_up.append(bytearray())
            for a, b, seen in ((client, broker, self.bytes_up[-1]), (broker, client, None)):
                threading.Thread(target=self._copy, args=(a, b, seen), daemon=True).start()

    def _copy(self, source, target, seen):
        try:
            while data := source.recv(65536):
                if seen is not None:
                    seen += data
                target.sendall(data)
        except OSError:
            # A reset, of which the other side must learn too.
            self._reset(target)
            self._reset(source)
        else:
            with contextlib.suppress(OSError):
                target.shutdown(socket.SHUT_WR)

    @staticmethod
    def _reset(end):
        with contextlib.suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.shutdown(socket.SHUT_RDWR)
        end.close()

    def cut(self):
        """Resets the connections and takes no new ones, as a router that restarts."""
        if self._server is not None:
            # accept() would keep the port in use.
            with contextlib.suppress(OSError):
                self._server.shutdown(socket.SHUT_RDWR)
            self._server.close()
            self._server = None
        for end in self._sockets:
            self._reset(end)
        self._sockets = []
