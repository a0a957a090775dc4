# SPDX-License-Identifier: MIT
"""The cost of a thousand boards: prints the figures of docs/fleet.md. For `make bench-fleet`."""

import contextlib
import os
import pathlib
import sys
import tempfile
import time

from fleet.brokers import Cluster
from fleet.database import Consumer, Database
from fleet.replay import PASSWORD, USER, record, replay
from support import Broker, stop, wait_until

CLIENTS = 1000
SECONDS = 60
FORMATS = ("json", "senml")
READER = ("reader", "secret of the reader")
# On the disk, unlike the tests' folders, which are in memory: a commit waits for the disk.
DISK = "/var/tmp"


class Usage:
    """Of processes, in a `with` block: `cpu`, their share of one core; at its end `memory_mib`."""

    def __init__(self, processes):
        self._pids = [process.pid for process in processes]

    def _ticks(self):
        fields = [
            pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            for pid in self._pids
        ]
        return sum(int(field[11]) + int(field[12]) for field in fields)

    def __enter__(self):
        self._begin = (self._ticks(), time.monotonic())
        return self

    def __exit__(self, *_):
        ticks, begin = self._begin
        seconds = time.monotonic() - begin
        self.cpu = (self._ticks() - ticks) / os.sysconf("SC_CLK_TCK") / seconds
        texts = [pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in self._pids]
        self.memory_mib = sum(int(text.split("\nRss:")[1].split()[0]) for text in texts) / 1024


def quiet_mosquitto(folder):
    """Without a log line for each message, which would be measured too."""
    lines = ["persistence true", f"persistence_location {folder}/", "max_queued_messages 0"]
    return Broker(folder, lines, verbose=False)


@contextlib.contextmanager
def mosquitto():
    with tempfile.TemporaryDirectory(dir=DISK) as folder, quiet_mosquitto(folder) as broker:
        yield [("127.0.0.1", broker.port)], [broker.process]


@contextlib.contextmanager
def rabbitmq():
    with tempfile.TemporaryDirectory(dir=DISK) as folder:
        cluster = Cluster(folder)
        try:
            cluster.start()
            add_boards(cluster)
            yield [n.address for n in cluster.nodes], [n.process for n in cluster.nodes]
        finally:
            cluster.stop()


def add_boards(cluster):
    """Adds the user that all replayed boards share."""
    cluster.nodes[0].ctl("add_user", USER, PASSWORD)
    cluster.nodes[0].ctl("set_permissions", USER, "^mqtt-", ".*", ".*")


def at_a_broker(name, broker, form):
    with broker() as (servers, processes):
        usage = Usage(processes)
        traffic = replay(servers, CLIENTS, SECONDS, record(form), READER, usage)
    up, down = (size / traffic.readings for size in traffic.bytes)
    rate = traffic.readings / traffic.seconds
    median, late = (
        traffic.latencies[int(len(traffic.latencies) * part)] * 1000 for part in (0.5, 0.99)
    )
    print(
        f"| {name} | {form} | {rate:.0f} | {up:.0f}, {down:.0f} "
        f"| {up * rate / 1000:.0f}, {down * rate / 1000:.0f} kB | {median:.1f}, {late:.0f} ms "
        f"| {usage.cpu * 100:.0f} % | {usage.memory_mib:.0f} MiB |",
        flush=True,
    )
    return [size / CLIENTS for size in traffic.start]


def into_postgresql(form):
    """Stores all readings through the consumer in the database, then those that had to wait."""
    with tempfile.TemporaryDirectory(dir=DISK) as name, quiet_mosquitto(name) as broker:
        folder = pathlib.Path(name)
        database = Database(folder)
        consumer = Consumer(folder, database, broker.port)
        time.sleep(2)
        servers, recording = [("127.0.0.1", broker.port)], record(form)
        used = Usage([consumer.subscriber, consumer.rsyslog])
        traffic = replay(servers, CLIENTS, SECONDS // 2, recording, READER, used)
        lag = seconds_until(database, traffic.readings)
        size = int(database.sql("select pg_total_relation_size('readings')")[0][0])
        print(
            f"PostgreSQL, {form}: {traffic.readings / traffic.seconds:.0f} readings a second, "
            f"the last one stored {lag:.1f} s after it came, {size / traffic.readings:.0f} bytes "
            f"each; mosquitto_sub and rsyslogd: {used.cpu * 100:.0f} % of a core, "
            f"{used.memory_mib:.0f} MiB",
            flush=True,
        )
        for commit in ("on", "off"):
            stop(consumer.rsyslog)
            database.sql(f"truncate readings; alter role root set synchronous_commit = {commit}")
            idle = contextlib.nullcontext()
            waiting = replay(servers, CLIENTS, SECONDS // 4, recording, READER, idle).readings
            consumer.start_rsyslog()
            speed = waiting / seconds_until(database, waiting)
            print(
                f"  what had waited, synchronous_commit {commit}: {speed:.0f} a second", flush=True
            )
        consumer.stop()
        database.stop()


def seconds_until(database, rows):
    begin = time.monotonic()
    count = "select count(*) from readings"
    wait_until(lambda: int(database.sql(count)[0][0]) >= rows, 300, f"{rows} rows")
    return time.monotonic() - begin


def main():
    print(
        f"{CLIENTS} boards for {SECONDS} s; bytes up and down, with the headers of TCP and IP\n\n"
        "| broker | format | readings a second | bytes a reading | a second "
        "| acknowledged after (median, 99 %) | processor, of a core | memory |\n"
        "|---|---|---|---|---|---|---|---|"
    )
    for name, broker in (("mosquitto", mosquitto), ("three RabbitMQ nodes", rabbitmq)):
        for form in FORMATS:
            start = at_a_broker(name, broker, form)
    print("\na connection and its first messages: %.0f bytes up, %.0f down" % tuple(start))
    for form in FORMATS:
        into_postgresql(form)


if __name__ == "__main__":
    sys.exit(main())
