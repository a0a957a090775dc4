# SPDX-License-Identifier: MIT
"""A daemon that counts, and posts its numbers to a server."""

import contextlib
import time

from counting import Counter, printed
from support import Daemon, wait_until


class Posting:
    """The daemon, its server and its sensor `count`.

    A server has `port` and `taken()`, which returns the numbers that it has. `[http]` has the key
    interval = "0 s" unless `keys` sets it.
    """

    def __init__(
        self,
        folder,
        server,
        keys="",
        more="",
        interval="100 ms",
        scheme="http",
        path="/write?db=x",
    ):
        self.folder, self.server = folder, server
        self.counter = Counter(folder)
        self._keys, self._more, self._interval = keys, more, interval
        self._url = f"{scheme}://localhost:{server.port}{path}"
        self.prometheus = folder / "sensord.prom"
        self.printed = []
        self.daemon = None
        self.start()

    def config(self, keys=None):
        keys = self._keys if keys is None else keys
        if "interval =" not in keys:
            keys += 'interval = "0 s"\n'
        table = (
            f'[http]\nurl = "{self._url}"\n{keys}'
            f'[metrics]\ninterval = "1 s"\ntextfile = "{self.prometheus}"\n'
        )
        rest = self.counter.config(0, interval=self._interval, more=self._more)
        return table + rest[rest.index("[journal]") :]

    def start(self, interval=None):
        self._interval = interval or self._interval
        self.daemon = Daemon(self.folder, self.config())

    def _printed(self):
        lines = self.daemon.output().splitlines(True)
        return printed("".join(line for line in lines if line.startswith("count ")))

    def kill(self):
        self.daemon.process.kill()
        self.daemon.process.wait()
        # A child that was just being started holds the outbox's lock until its exec.
        time.sleep(0.3)
        # The last may be printed but not yet in the outbox.
        self.printed += self._printed()[:-1]
        self.daemon.stop()

    def stop(self):
        assert self.daemon.stop() == 0
        self.printed += self._printed()
        messages = self.daemon.messages()
        assert "a mistake in sensord" not in messages and "Traceback" not in messages, messages

    def wait_for_new(self, timeout_s=10):
        """Waits until the server has a reading that is taken from now on; returns the seconds."""
        start = time.monotonic()
        new = self.counter.count() + 1
        wait_until(
            lambda: max(self.server.taken(), default=0) > new,
            timeout_s,
            f"a reading after {new}; {self.server.taken()[-3:]}\n{self.daemon.messages()}",
        )
        return time.monotonic() - start

    def judge(self, without=(), copies=None):
        """Ends the daemon; asserts that all its readings are at the server, but `without`, in
        order; with second copies only if `copies` is None."""
        self.stop()
        taken = self.server.taken()
        first = list(dict.fromkeys(taken))
        assert set(self.printed) - set(first) == set(without), self.daemon.messages()
        assert not set(first) & set(without)
        assert first == sorted(first), first
        if copies is not None:
            assert len(taken) - len(first) == copies, taken
        return first

    def metric(self, name):
        lines = self.prometheus.read_text().splitlines() if self.prometheus.exists() else []
        return next(
            (float(line.split()[1]) for line in lines if line.startswith(name + " ")), None
        )


@contextlib.contextmanager
def starter(folder, server):
    """The value starts a Posting, with the arguments after `server`; it ends with the block."""
    started = []

    def start(*args, **kwargs):
        started.append(Posting(folder, kwargs.pop("server", server), *args, **kwargs))
        return started[-1]

    yield start
    for running in started:
        running.daemon.stop()
