# SPDX-License-Identifier: MIT
"""The outbox of the real daemon when it is killed, has no disk or has a wrong clock."""

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from counting import TOPIC, Counter, judge, killed, printed
from servers import late_broker
from support import SENSORD, TOP, free_port, wait_until

sys.path.insert(0, str(TOP / "tests/fakes"))
import preload
from fault_injection import FaultInjector

HOST = socket.gethostname()
KILLS = 8
YEARS_S = 20 * 365 * 86400


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return preload.build(
        TOP / "tests/fakes/outbox.c", tmp_path_factory.mktemp("fake") / "outbox.so"
    )


@pytest.fixture
def fake(tmp_path, library):
    return FaultInjector(tmp_path / "fake", library)


def logs(folder):
    return sorted(folder.glob("*.log"))


def test_a_killed_daemon_loses_nothing(tmp_path, broker, subscriber):
    """After the out-of-memory killer, a crash or kill -9 the readings before it still arrive."""
    readings, copies = killed(tmp_path, broker, subscriber, KILLS, 1)
    assert readings > KILLS and copies < 64 * KILLS


def test_readings_wait_on_disk_for_the_next_boot(tmp_path, daemon):
    """A board that is switched off while the network is down keeps its readings."""
    counter = Counter(tmp_path)
    port = free_port()
    running = daemon(counter.config(port))
    running.wait_for_message("readings wait on disk")
    assert logs(tmp_path / "outbox") and not logs(tmp_path / "runtime/outbox")
    running.process.send_signal(signal.SIGTERM)
    running.process.wait(5)
    assert "did not reach the broker and wait on disk" in running.messages()
    made = printed(running.output())
    # Without power the tmpfs is empty.
    for path in (tmp_path / "runtime/outbox").iterdir():
        path.unlink()
    with late_broker(tmp_path, port) as subscriber:
        daemon(counter.config(port, "1 h"))
        subscriber.wait_for(TOPIC, len(made))
        judge(subscriber, made)
        wait_until(lambda: not logs(tmp_path / "outbox"), 5, "an empty folder")


def test_the_disk_is_not_written_while_the_broker_answers(tmp_path, broker, subscriber, daemon):
    """An SD card wears out if it is written to all day."""
    counter = Counter(tmp_path)
    daemon(counter.config(broker.port, more='[metrics]\ninterval = "1 s"'))
    subscriber.wait_for(TOPIC, 50)
    assert not logs(tmp_path / "outbox")
    metrics = subscriber.readings(f"sensord/{HOST}/metrics")
    assert metrics and all(reading["disk_written_kib"] == 0 for reading in metrics)


def test_sync_always_has_each_reading_on_disk(tmp_path, broker, subscriber, daemon):
    """Users who must not lose a reading when the power is lost can have that."""
    counter = Counter(tmp_path)
    running = daemon(counter.config(broker.port, more='[outbox]\nsync = "always"\n'))
    subscriber.wait_for(TOPIC, 20)
    assert not logs(tmp_path / "runtime/outbox") and "error" not in running.messages()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_readings_wait_in_memory_until_the_disk_can_be_written(tmp_path, daemon, fake, number):
    """A full card must not end the measurements; they go to the disk once there is room."""
    counter = Counter(tmp_path)
    port = free_port()
    fake.set("full", number)
    running = daemon(counter.config(port), fake.environment)
    running.wait_for_message("the outbox waits in memory")
    fake.clear("full")
    running.wait_for_message("readings wait on disk", 15)
    fake.set("full", number)
    count = counter.count()
    wait_until(lambda: counter.count() > count + 10, 10, "readings")
    fake.clear("full")
    with late_broker(tmp_path, port) as subscriber:
        wait_until(lambda: len(subscriber.payloads(TOPIC)) > count, 70, "readings")
        running.stop()
        judge(subscriber, printed(running.output()))


def test_a_directory_that_cannot_be_made_is_reported(tmp_path, broker, subscriber, daemon):
    """With a typing error in the path the readings still arrive."""
    counter = Counter(tmp_path)
    more = '[outbox]\ndirectory = "/proc/no/such"\n'
    running = daemon(counter.config(broker.port, more=more))
    subscriber.wait_for(TOPIC, 5)
    assert "the outbox waits in memory: /proc/no: " in running.messages()


def test_the_time_is_corrected_once_the_clock_is_set(tmp_path, daemon, fake):
    """A board without a clock starts years in the past; its first readings get the right time."""
    counter = Counter(tmp_path)
    port = free_port()
    fake.set("unsynchronized")
    fake.set("clock", -YEARS_S)
    begin = time.time()
    running = daemon(counter.config(port), fake.environment)
    wait_until(lambda: counter.count() > 20, 15, "readings")
    fake.set("clock", 0)
    fake.clear("unsynchronized")
    time.sleep(1)
    with late_broker(tmp_path, port) as subscriber:
        subscriber.wait_for(TOPIC, 20, 20)
        times = [reading["time"] for reading in subscriber.readings(TOPIC)]
        assert not any("time_synchronized" in r for r in subscriber.readings(TOPIC))
    running.stop()
    assert times == sorted(times)
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(begin - 1))
    assert stamp <= times[0] <= time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(begin + 5))


def test_a_reading_says_if_its_time_cannot_be_trusted(tmp_path, broker, subscriber, daemon, fake):
    """A database must be able to tell a guessed time from a right one."""
    fake.set("unsynchronized")
    daemon(Counter(tmp_path).config(broker.port), fake.environment)
    subscriber.wait_for(TOPIC, 3)
    for reading in subscriber.readings(TOPIC):
        assert list(reading) == ["time", "id", "time_synchronized", "value"]
        assert reading["time_synchronized"] is False


def test_sensord_clock_makes_a_file_once_the_clock_is_set(tmp_path, fake):
    """The service itself may not ask the kernel: without this file it would trust no time."""
    fake.set("unsynchronized")
    environment = {**os.environ, **fake.environment, "RUNTIME_DIRECTORY": str(tmp_path)}
    process = subprocess.Popen([SENSORD, "clock"], env=environment)
    time.sleep(1.5)
    assert process.poll() is None and not (tmp_path / "synchronized").exists()
    fake.clear("unsynchronized")
    assert process.wait(5) == 0
    assert (tmp_path / "synchronized").exists()


def test_measurements_keep_their_interval_when_the_clock_steps_by_years(
    tmp_path, broker, subscriber, daemon, fake
):
    """NTP may step a clock by decades; this must cause neither a pause nor a burst."""
    counter = Counter(tmp_path)
    running = daemon(counter.config(broker.port), fake.environment)
    subscriber.wait_for(TOPIC, 5)
    for step in (YEARS_S, -YEARS_S, 0):
        fake.set("clock", step)
        before = len(subscriber.payloads(TOPIC))
        time.sleep(2)
        assert 12 <= len(subscriber.payloads(TOPIC)) - before <= 24
    assert "error" not in running.messages()
    running.stop()
    judge(subscriber, printed(running.output()))


def test_metrics_have_the_resources_that_the_daemon_uses(tmp_path, broker, subscriber, daemon):
    """Nobody reads the journals of a fleet."""
    textfile = tmp_path / "sensord.prom"
    more = f'[metrics]\ninterval = "1 s"\ntextfile = "{textfile}"'
    # The service has this umask, and the collector is another user.
    before = os.umask(0o077)
    try:
        running = daemon(Counter(tmp_path).config(broker.port, more=more))
    finally:
        os.umask(before)
    subscriber.wait_for(f"sensord/{HOST}/metrics", 2)
    assert textfile.stat().st_mode & 0o777 == 0o644
    metrics = subscriber.readings(f"sensord/{HOST}/metrics")[-1]
    assert metrics["connects"] == 1 and metrics["dropped"] == metrics["restarts"] == 0
    memory = running.memory_kb()
    assert abs(metrics["rss_kib"] - memory["Rss"]) < 500
    assert abs(metrics["private_kib"] - memory["Private"]) < 200
    assert 0 < metrics["gc_ms"] < 100 and 0 <= metrics["cpu_s"] < 10
    lines = textfile.read_text().splitlines()
    values = dict(line.split(" ") for line in lines if not line.startswith("#"))
    assert len(values) > 12 and len(lines) == 3 * len(values)
    for name, value in values.items():
        assert float(value) >= 0
        kind = "counter" if name.endswith("_total") else "gauge"
        assert f"# TYPE {name} {kind}" in lines
        assert any(line.startswith(f"# HELP {name} ") for line in lines)
    assert float(values["sensord_resident_memory_bytes"]) > 1e6


def test_senml_follows_its_rfc(tmp_path, broker, subscriber, daemon):
    """Any program that reads SenML can read the readings."""
    config = Counter(tmp_path).config(broker.port, mqtt='format = "senml"')
    daemon(config + BOARD)
    topics = [f"sensord/{HOST}/board", TOPIC]
    for topic in topics:
        subscriber.wait_for(topic, 2)
        for payload in subscriber.payloads(topic):
            records = resolved(json.loads(payload))
            names = [record["n"] for record in records]
            assert names[0] == f"{topic}/id" and len(set(names)) == len(names)
            assert all(abs(record["t"] - time.time()) < 60 for record in records)
    board = resolved(json.loads(subscriber.payloads(topics[0])[0]))
    units = {record["n"].rsplit("/", 1)[1]: record.get("u") for record in board}
    assert units["disk_used"] == "/" and units["uptime"] == "s"
    used = next(record["v"] for record in board if record["n"].endswith("/disk_used"))
    assert 0 <= used <= 1


BOARD = '[sensor.board]\ntype = "system"\ninterval = "200 ms"\n'
# RFC 8428, section 12.1, without the units that it says not to produce
UNITS = (
    "m kg g s A K cd mol Hz rad sr N Pa J W C F Ohm S Wb T H Cel V lm lx Bq Gy Sv kat m2 m3 m/s"
)
UNITS += " m/s2 m3/s l/s W/m2 cd/m2 bit bit/s lat lon pH dB dBW Bspl count / %RH %EL EL 1/s B VA"


def resolved(pack):
    """The records of a SenML pack as section 4.6 resolves them; checks sections 4.1 to 4.5."""
    types = {"bn": str, "bt": (int, float), "n": str, "u": str, "v": (int, float), "vs": str,
             "vb": bool, "t": (int, float)}  # fmt: skip
    assert isinstance(pack, list) and pack
    base_name, base_time, records = "", 0, []
    for record in pack:
        for label, value in record.items():
            assert isinstance(value, types[label]), record
            assert label == "vb" or not isinstance(value, bool), record
        base_name, base_time = record.get("bn", base_name), record.get("bt", base_time)
        assert sum(label in record for label in ("v", "vs", "vb")) == 1
        name = base_name + record.get("n", "")
        assert name[0].isalnum() and all(c.isalnum() or c in "-:./_" for c in name)
        assert name.isascii() and record.get("u", "/") in UNITS.split()
        record = {k: v for k, v in record.items() if k not in ("bn", "bt")}
        records.append({**record, "n": name, "t": base_time + record.get("t", 0)})
    return records
