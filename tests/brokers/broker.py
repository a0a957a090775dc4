# SPDX-License-Identifier: MIT
"""The brokers of docs/brokers.md, each with its data in a folder of its own and on free ports of
loopback.

All have two users, board and reader. The board may write everything but the topics that match
DENIED; the reader may do everything.
"""

import os
import pathlib
import re
import socket
import ssl
import subprocess

from servers import make_certificates
from support import free_port, stop, wait_until

PASSWORDS = {"board": "secret of board", "reader": "secret of reader"}
# No one but the reader may write sensord/HOST/denied.
DENIED = "sensord/+/denied"
# The same for brokers whose rights are a list of what is allowed.
ALLOWED = [
    "sensord/+/" + name
    for name in (
        "status", "info", "count", "count/status", "large", "large/status", "denied/status",
        "lamp", "lamp/set", "lamp/status",
    )
] + ["probe/#"]  # fmt: skip


def version_of(package):
    """The version of a Debian package without Debian's own part."""
    shown = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", package],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return re.match(r"[\d.]+", shown.split(":")[-1])[0]


class Broker:
    """One broker: `start()`, `stop()`, `kill()`; `limits` are settings of its configuration.

    Attributes: name; kinds, those of "plain", "tls", "ws" and "wss" that it offers; ports, for
    each of them; path, of its WebSocket; versions, those that it speaks of "3.1.1" and "5".
    """

    kinds = ("plain", "tls", "ws")
    versions = ("3.1.1", "5")
    path = "/mqtt"
    passwords = PASSWORDS
    environment = {}

    def __init__(self, folder, **limits):
        self.folder = pathlib.Path(folder) / type(self).__name__.lower()
        self.folder.mkdir(parents=True)
        self.limits = limits
        make_certificates(self.folder)
        self.ca = self.folder / "ca.pem"
        self.certificate, self.key = self.folder / "good.pem", self.folder / "good.key"
        for attempt in range(3):
            # Another program may take a port before the broker does.
            self.ports = {kind: free_port() for kind in self.kinds}
            self._command = self.configure()
            try:
                self.start()
                break
            except AssertionError:
                if attempt == 2:
                    raise

    def user(self, name):
        return name

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.folder, env={**os.environ, **self.environment},
            )  # fmt: skip
        try:
            wait_until(self._answers, 60, f"{self.name} answers")
            self.started()
        except BaseException as error:
            self.__exit__()
            raise AssertionError(f"{error}\n{self.log()[-3000:]}") from error

    def started(self):
        """What there is to do once it answers."""

    def _answers(self):
        assert self.process.poll() is None, f"{self.name} ended"
        for port in self.ports.values():
            with socket.socket() as s:
                s.settimeout(1)
                if s.connect_ex(("127.0.0.1", port)):
                    return False
        return True

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        stop(self.process, 20)

    def connect(self, kind="plain"):
        """A connection to it, with TLS for "tls" and "wss"."""
        connection = socket.create_connection(("127.0.0.1", self.ports[kind]), 5)
        if kind in ("tls", "wss"):
            context = ssl.create_default_context(cafile=self.ca)
            # The tests' certificates have what is needed, and no more.
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
            connection = context.wrap_socket(connection, server_hostname="localhost")
        return connection

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
