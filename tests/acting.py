# SPDX-License-Identifier: MIT
"""What the tests of actions share: a tank with a level, a valve, commands to it."""

import contextlib
import json
import socket
import socketserver
import subprocess
import threading

from support import free_port, wait_until

HOST = socket.gethostname()
TOPIC = f"sensord/{HOST}/"
VALVE = '[action.valve]\nwhen = "tank.level > 5"\npin = "gpiochip0:17"\n'
COMMANDED = '[action.valve]\npin = "gpiochip0:17"\n'


class Tank:
    """A sensor whose readings the test sets."""

    def __init__(self, folder):
        self.path = folder / "tank.json"
        self.set(level=0)
        command = json.dumps(["cat", str(self.path)])
        self.table = f'[sensor.tank]\ntype = "exec"\ncommand = {command}\ninterval = "100 ms"\n'

    def set(self, **values):
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(values))
        new.rename(self.path)

    def fail(self):
        self.path.unlink()


def wait_for_level(pin, level, timeout_s=10):
    wait_until(lambda: pin.output == level, timeout_s, f"level {level}: {pin.writes}")


def wait_until_it_listens(broker, action, times=1):
    """Until its commands are subscribed to, which comes last on a new connection."""
    line = f"{TOPIC}{action}/set (QoS "
    wait_until(lambda: broker.log().count(line) >= times, 30, "a subscription")


def send(broker, topic, message, *options):
    command = ["mosquitto_pub", "-p", str(broker.port), "-t", topic, "-m", message, "-q", "1"]
    subprocess.run([*command, *options], check=True, timeout=10)


class Cable:
    """The line from the board to the broker: `pull()` cuts it, `plug()` mends it."""

    def __init__(self, broker):
        self._broker = broker
        self.port = free_port()
        self._server = None
        self._ends = []
        self.plug()

    def plug(self):
        cable = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                with socket.create_connection(("127.0.0.1", cable._broker.port)) as there:
                    cable._ends += [self.request, there]
                    back = threading.Thread(target=_copy, args=(there, self.request), daemon=True)
                    back.start()
                    _copy(self.request, there)
                    back.join()

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True

        self._server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def pull(self):
        self._server.shutdown()
        self._server.server_close()
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._ends.clear()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.pull()


def _copy(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
