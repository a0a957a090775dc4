# SPDX-License-Identifier: MIT
"""One fault: a counting daemon, a broker, a reader that misses nothing, and the requirements."""

import contextlib
import time

from counting import TOPIC, Counter, judge, printed_numbers
from support import Broker, Daemon, Subscriber, free_port, wait_until

RECOVERY_S = 10
MEMORY_KB = 100
# A short keepalive, so that a silent broker is noticed within 7.5 s.
MQTT = 'keepalive = "5 s"\n'


def lasting_broker(folder, lines=(), port=None):
    """A broker that writes each change of its sessions to disk: when it is killed, it loses
    nothing that it acknowledged, so missing readings are the daemon's fault."""
    lasting = ["persistence true", f"persistence_location {folder}/", "max_queued_messages 0"]
    lasting += ["autosave_on_changes true", "autosave_interval 1"]
    return Broker(folder, [*lasting, *lines], port)


class Trial:
    """From construction to `end()` the daemon publishes a number every 100 ms.

    Attributes: broker, daemon, counter, reader.
    """

    def __init__(
        self,
        folder,
        mqtt="",
        more="",
        port=None,
        lines=(),
        version="5",
        server="mqtt://127.0.0.1:{}",
        inside=lambda end: contextlib.nullcontext(),
        **daemon,
    ):
        """`port(broker)` returns the port for the address `server`, such as a proxy's; by default
        it is the broker's. `lines` are the broker's; `inside` are the network namespaces of
        "board" and "house"; `daemon` goes to support.Daemon."""
        with inside("house"):
            self.broker = lasting_broker(folder, lines, free_port())
            self.reader = Subscriber(self.broker, TOPIC, options=["-c", "-i", "reader"])
        self.counter = Counter(folder)
        config = self.counter.config(
            port(self.broker) if port else self.broker.port,
            mqtt=f'{MQTT}version = "{version}"\n{mqtt}',
            more=more,
            server=server,
        )
        with inside("board"):
            self.daemon = Daemon(folder, config, **daemon)
        self.wait_for_new(20)
        time.sleep(3)
        self._private = self.daemon.memory_kb()["Private"]

    def wait_for_new(self, timeout_s):
        """Waits for a reading that is taken from now on; returns how many seconds it took."""
        start = time.monotonic()
        # One reading may be under way.
        new = self.counter.count() + 1
        try:
            wait_until(lambda: self._last() > new, timeout_s, f"a reading after {new}")
        except AssertionError as error:
            raise AssertionError(
                f"{error}; last {self._last()}\n{self.daemon.messages()}"
            ) from None
        return time.monotonic() - start

    def _last(self):
        payloads = self.reader.payloads(TOPIC)
        return int(payloads[-1].split('"value": ')[1].rstrip("}")) if payloads else 0

    def recovered(self, timeout_s=RECOVERY_S):
        """Call at the fault's end; returns the seconds until the next new reading."""
        return self.wait_for_new(timeout_s)

    def judge(self, row, fault, recovery_s):
        """Ends the daemon and asserts the requirements."""
        assert self.daemon.process.poll() is None, self.daemon.messages()
        time.sleep(3)
        memory_kb = self.daemon.memory_kb()["Private"] - self._private
        assert self.daemon.stop() == 0
        wanted = printed_numbers(self.daemon)
        wait_until(lambda: self._last() >= wanted[-1], 10, "the last reading")
        copies = judge(self.reader, wanted)
        messages = self.daemon.messages()
        assert "a mistake in sensord" not in messages and "Traceback" not in messages, messages
        assert memory_kb <= MEMORY_KB, f"{memory_kb} kB more private memory"
        row(fault, len(wanted), copies, recovery_s, memory_kb)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.daemon.stop()
        self.reader.stop()
        self.broker.stop()
