# SPDX-License-Identifier: MIT
"""A counting sensor: which readings were put into the outbox, which arrived, and in which order.

The sensor is a command that prints the next whole number each time; a file holds it. A number
counts as put into the outbox once the number after the next was requested: the daemon may be
killed between the command's end and the outbox.
"""

import collections
import random
import socket
import time

from support import Daemon, wait_until

HOST = socket.gethostname()
TOPIC = f"sensord/{HOST}/count"

CONFIG = """\
[mqtt]
server = "{server}"
{mqtt}
[journal]
readings = true
[sensor.count]
type = "exec"
command = ["{command}"]
interval = "{interval}"
{more}
"""


class Counter:
    """The sensor: `config(port)` contains it, `count()` is its last number."""

    def __init__(self, folder):
        self._number = folder / "number"
        self._number.write_text("0\n")
        self._command = folder / "count.sh"
        # The new number is there completely or not at all, whenever this is killed.
        self._command.write_text(
            f"#!/bin/sh\nread n < {self._number}\nn=$((n + 1))\n"
            f"echo $n > {self._number}.new && mv {self._number}.new {self._number} && echo $n\n"
        )
        self._command.chmod(0o755)

    def config(self, port, interval="100 ms", mqtt="", more="", server="mqtt://127.0.0.1:{}"):
        return CONFIG.format(
            server=server.format(port),
            command=self._command,
            interval=interval,
            mqtt=mqtt,
            more=more,
        )

    def count(self):
        return int(self._number.read_text())


def printed(output):
    """The numbers that a daemon printed before it put them into the outbox."""
    return [int(line.split('"value": ')[1].rstrip("}\n")) for line in output.splitlines(True)
            if line.endswith("}\n")]  # fmt: skip


def printed_numbers(running):
    """The numbers that a running daemon has printed, also beside other sensors."""
    lines = [line for line in running.output().splitlines(True) if line.startswith("count ")]
    return printed("".join(lines))


def judge_now(reader, running):
    """Stops a daemon when all numbers that it has printed are at the broker, and judges them."""
    wanted = printed_numbers(running)
    wait_until(lambda: len(reader.payloads(TOPIC)) >= len(wanted), 10, "the last reading")
    running.stop()
    return judge(reader, wanted)


def judge(subscriber, wanted, topic=TOPIC, in_order=True):
    """Asserts that every number in {number: copies} arrived, in order except for second copies,
    each with the id of the first. Returns the number of second copies."""
    readings = subscriber.readings(topic)
    ids = collections.defaultdict(set)
    first = []
    for reading in readings:
        number = reading.get("value")
        if number is None:
            continue
        if number not in ids:
            first.append(number)
        ids[number].add(reading["id"])
    assert not in_order or first == sorted(first), "out of order"
    missing = sorted(set(wanted) - set(ids))
    assert not missing, f"{len(missing)} of {len(wanted)} lost: {missing[:20]}"
    assert all(len(found) == 1 for found in ids.values()), "a second copy with another id"
    everything = [next(iter(found)) for found in ids.values()]
    assert len(set(everything)) == len(everything), "two readings with one id"
    return len(readings) - len(first)


def killed(folder, broker, subscriber, kills, seed, broker_kills=False):
    """Kills the daemon `kills` times at random; returns (readings, second copies).

    A number printed at least 5 ms before a kill is in the outbox: all of these must arrive.
    """
    chance = random.Random(seed)
    counter = Counter(folder)
    wanted = []
    for _ in range(kills):
        running = Daemon(folder, counter.config(broker.port))
        time.sleep(chance.uniform(0.05, 1.2))
        if broker_kills and chance.random() < 0.3:
            broker.stop()
            time.sleep(chance.uniform(0.1, 4))
            running.process.kill()
            broker.start()
        running.process.kill()
        running.process.wait()
        # The last may be printed but not yet in the outbox.
        wanted += printed(running.output())[:-1]
        running.stop()
    with Daemon(folder, counter.config(broker.port, "1 h")) as running:
        wait_until(lambda: _last(subscriber) >= max(wanted), 20, "the last reading")
        time.sleep(0.5)
        assert running.process.poll() is None, running.messages()
    return len(wanted), judge(subscriber, wanted)


def _last(subscriber):
    return max((r["value"] for r in subscriber.readings(TOPIC) if r.get("value")), default=0)
