# SPDX-License-Identifier: MIT
"""One board at one broker: a sensord that counts, and a reader that misses nothing."""

import itertools
import json
import re
import time

from brokers.raw import Raw
from brokers.relay import Relay
from counting import Counter, judge, printed
from fleet.boards import Reader
from support import TOP, Daemon, free_port, wait_until

_SCHEMES = {"plain": "mqtt", "tls": "mqtts", "ws": "ws", "wss": "wss"}
_names = itertools.count()


def sensord_speaks(kind):
    """Whether sensord has the transport: it cannot be tested before."""
    text = (TOP / "daemon/sensord/schema/compound.py").read_text()
    return bool(re.search(rf'"{_SCHEMES[kind]}"', text))


def large_sensor(folder, size):
    """The table of a sensor whose third reading is of `size` bytes, and the others are small."""
    command = folder / "large.sh"
    command.write_text(
        "#!/bin/sh\n"
        f'n=$(cat {folder}/large 2>/dev/null || echo 0); n=$((n + 1)); echo $n > {folder}/large\n'
        f'if [ $n = 3 ]; then text=$(head -c {size} /dev/zero | tr "\\0" x); fi\n'
        'echo "{\\"n\\": $n, \\"text\\": \\"$text\\"}"\n'
    )  # fmt: skip
    command.chmod(0o755)
    return f'[sensor.large]\ntype = "exec"\ncommand = ["{command}"]\ninterval = "500 ms"\n'


class Trial:
    """From construction to its end a sensord publishes a number every 100 ms.

    Attributes: topic, of its readings; daemon; reader; name, of the board in its topics.
    """

    def __init__(self, broker, version, folder, kind="plain", mqtt="", more="", reader=True):
        """`version` is a value of the key, or None to leave it out; `mqtt` has more lines of
        [mqtt], `more` other tables; without `reader`, nothing reads."""
        self.broker = broker
        self.name = f"board{next(_names)}"
        self.topic = f"sensord/{self.name}/count"
        self.folder = folder / self.name
        self.folder.mkdir()
        self.port = free_port()
        self.relay = Relay(broker.ports[kind], self.port)
        user = (broker.user("reader"), broker.passwords["reader"])
        self.reader = reader and Reader(
            # With a keepalive that any broker of the tests takes.
            [("127.0.0.1", broker.ports["plain"], 10)],
            f"sensord/{self.name}/#", user, client_id=f"reader-{self.name}",
        )  # fmt: skip
        settings = (
            f'client_id = "{self.name}"\nusername = "{broker.user("board")}"\n'
            f'password = "{broker.passwords["board"]}"\n'
            f'topic = "sensord/{self.name}/{{sensor}}"\n'
        )
        if version:
            settings += f'version = "{version}"\n'
        if "keepalive" not in mqtt:
            settings += 'keepalive = "5 s"\n'
        if kind in ("tls", "wss"):
            settings += f'ca_file = "{broker.ca}"\n'
        path = broker.path if kind in ("ws", "wss") else ""
        self._counter = Counter(self.folder)
        config = self._counter.config(
            self.port, mqtt=settings + mqtt, more=more,
            server=f"{_SCHEMES[kind]}://localhost:{{}}{path}",
        )  # fmt: skip
        self.daemon = Daemon(self.folder, config)

    def version(self):
        """The version of MQTT in the last CONNECT."""
        sent = bytes(self.relay.bytes_up[-1])
        return {4: "3.1.1", 5: "5"}[sent[sent.index(b"MQTT") + 4]]

    def counted(self):
        lines = self.daemon.output().splitlines(True)
        # The last may be printed but not yet in the outbox.
        return printed("".join(line for line in lines if '"value": ' in line))[:-1]

    def last(self):
        readings = [r for r in self.reader.readings(self.topic) if r.get("value")]
        return readings[-1]["value"] if readings else 0

    def wait_for_new(self, timeout_s=20):
        new = self._counter.count() + 1
        wait_until(lambda: self.last() > new, timeout_s, self.trouble(f"a reading after {new}"))

    def trouble(self, text):
        """What to tell if something does not happen, for wait_until()."""
        return lambda: f"{text}\n{self.daemon.messages()[-3000:]}\n{self.broker.log()[-2000:]}"

    def cut(self):
        """Ends the way to the broker until `connect()`."""
        self.relay.cut()

    def connect(self):
        self.relay.open()

    def nothing_is_lost(self, timeout_s=20):
        """Asserts that all that was counted has arrived, in order."""
        wanted = self.counted()
        wait_until(
            lambda: self.last() >= wanted[-1], timeout_s, self.trouble(f"number {wanted[-1]}")
        )
        judge(self.reader, wanted, self.topic)

    def state(self, name):
        """What a new subscriber gets of one retained state: JSON or text, or None."""
        with Raw(
            self.broker, "3.1.1", f"state-{self.name}", user="reader", keepalive=10
        ) as client:
            topic = f"sensord/{self.name}/{name}"
            assert client.subscribe(topic) == "SUBACK"
            found = [m[1].decode() for m in client.messages() if m[0] == topic and m[2]]
        if not found:
            return None
        return json.loads(found[0]) if found[0].startswith("{") else found[0]

    def connects(self):
        """How many connections it has made; the journal names only the first ones."""
        return len(self.relay.bytes_up)

    def calm(self, seconds):
        """How many connections it makes in so many seconds."""
        before = self.connects()
        time.sleep(seconds)
        return self.connects() - before

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.daemon.stop()
        if self.reader:
            self.reader.stop()
        self.relay.cut()
