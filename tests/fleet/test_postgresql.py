# SPDX-License-Identifier: MIT
"""Readings into PostgreSQL through mosquitto_sub and rsyslog, as configured in docs/fleet.md."""

import json
import os
import subprocess
import time

import pytest
from fleet.boards import node_of
from fleet.database import Consumer, Database
from fleet.page import page_file
from support import Broker, wait_until


@pytest.fixture
def database(tmp_path):
    running = Database(tmp_path)
    yield running
    running.stop()


@pytest.fixture
def broker(tmp_path):
    lines = ["persistence true", f"persistence_location {tmp_path}/", "max_queued_messages 0"]
    with Broker(tmp_path, lines) as running:
        yield running


@pytest.fixture
def consumer(tmp_path, database, broker):
    running = Consumer(tmp_path, database, broker.port)
    wait_until(lambda: "Sending SUBACK" in broker.log(), 10, "a subscription")
    yield running
    running.stop()


def stored(database, topic):
    """The numbers of a counting sensor's readings in the database."""
    rows = database.sql(
        f"select fields ->> 'value' from readings where topic = '{topic}' order by time, id"
    )
    return [int(number) for (number,) in rows if number]


def publish(broker, payload, topic="sensord/board1/noise"):
    how = "-s" if payload else "-n"
    subprocess.run(
        ["mosquitto_pub", "-p", str(broker.port), "-q", "1", "-t", topic, how],
        input=payload, check=True, timeout=20,
    )  # fmt: skip


def judge(database, board):
    """Everything that a board counted is stored, once."""
    wanted = board.counted()
    wait_until(lambda: wanted[-1] in stored(database, board.topic)[-200:], 60, "the last reading")
    numbers = stored(database, board.topic)
    assert len(set(numbers)) == len(numbers), "a reading is there twice"
    missing = set(wanted) - set(numbers)
    assert not missing, f"{len(missing)} of {len(wanted)} are missing: {sorted(missing)[:20]}"
    assert database.sql("select * from rejected") == []
    return len(wanted)


@pytest.mark.parametrize("form", ["json", "senml"])
def test_readings_arrive(database, broker, consumer, board, form):
    """Both formats give the same rows, except for SenML's names."""
    one = board("board1", f'"mqtt://127.0.0.1:{broker.port}"', f'format = "{form}"')
    wait_until(lambda: len(stored(database, one.topic)) > 20, 30, "rows")
    judge(database, one)
    ((fields, age),) = database.sql(
        "select fields, extract(epoch from now() - time) from readings "
        "where topic = 'sensord/board1/board0' order by time desc limit 1"
    )
    assert 0 <= float(age) < 30
    fields = json.loads(fields)
    expected = {"json": {"disk_used_percent", "uptime_s"}, "senml": {"disk_used", "uptime"}}
    assert expected[form] <= fields.keys() and not {"id", "time"} & fields.keys()
    assert all(isinstance(fields[name], (int, float)) for name in expected[form])


def test_second_copies_are_stored_once(database, broker, consumer):
    """Boards send at least once; a sum must not count a reading twice."""
    reading = b'{"time": "2026-11-23T06:30:28.088Z", "id": "5f0c91d2-17", "laeq_db": 94.9}'
    for topic in ("sensord/board1/noise", "sensord/board1/noise", "sensord/board2/noise"):
        publish(broker, reading, topic)
    publish(broker, reading.replace(b"-17", b"-18"))
    count = "select topic, count(*) from readings group by topic order by topic"
    wanted = [["sensord/board1/noise", "2"], ["sensord/board2/noise", "1"]]
    wait_until(lambda: database.sql(count) == wanted, 20, "three rows")


def test_messages_that_are_not_readings_stop_nothing(database, broker, consumer):
    """Any message may be published: bad ones are kept with the reason, others are stored."""
    wrong = [
        b"online", b"\xff\xfe", b"'); drop table readings; --", b'{"id": "1"}', b"[]", b"",
        b'{"id": "1", "time": "yesterday or so"}', b'{"id": "\\u0000"}', b"[1, 2]", b"3",
        b'{"id": "2", "time": null}', b"x" * 20000, b'a\nb\tc"\\',
        # Too long for an index; nested too deeply.
        json.dumps({"id": os.urandom(9000).hex(), "time": "2026-11-23T06:30:28.088Z"}).encode(),
        b"[" * 15000,
    ]  # fmt: skip
    for payload in wrong:
        publish(broker, payload)
    odd = {"id": "1-1", "time": "2026-11-23T06:30:28.088Z", "text": 'it\'s \\ "odd"\n\t ü €'}
    publish(broker, json.dumps(odd, ensure_ascii=False).encode(), "sensord/it's/odd")
    wait_until(lambda: database.sql("select * from readings"), 20, "the good one")
    ((topic, text),) = database.sql("select topic, to_json(fields ->> 'text') from readings")
    assert topic == "sensord/it's/odd" and json.loads(text) == odd["text"]
    ((rejected,),) = database.sql("select count(*) from rejected where reason <> ''")
    assert int(rejected) == len(wrong)


def test_each_part_killed_in_turn_loses_nothing(database, broker, consumer, board):
    """The database is updated, a process crashes: readings not stored then are stored later."""
    one = board("board1", f'"mqtt://127.0.0.1:{broker.port}"')
    wait_until(lambda: stored(database, one.topic), 30, "rows")
    database.kill()
    time.sleep(5)
    database.start()
    time.sleep(2)
    consumer.rsyslog.kill()
    consumer.rsyslog.wait()
    time.sleep(3)
    consumer.start_rsyslog()
    time.sleep(2)
    consumer.subscriber.terminate()
    consumer.subscriber.wait()
    time.sleep(3)
    consumer.start_subscriber()
    time.sleep(1)
    consumer.rotate()
    time.sleep(3)
    print(f"\nparts of the consumer killed: {judge(database, one)} readings, each stored once")


def test_the_node_that_the_consumer_reads_from_dies(tmp_path, cluster, database, board):
    """The consumer's session is the cluster's: it continues at another address of the name."""
    addresses = [node.address[0] for node in cluster.nodes]
    consumer = Consumer(tmp_path, database, cluster.port, addresses)
    try:
        used = wait_until(lambda: node_of(consumer.subscriber, cluster), 20, "a connection")
        # Messages published before its first subscription go to no one.
        bindings = ("list_bindings", "-q", "destination_name")
        wait_until(lambda: "subscription-readings" in cluster.nodes[0].ctl(*bindings), 20, "it")
        one = board("board1", cluster.servers())
        wait_until(lambda: stored(database, one.topic), 30, "rows")
        used.kill()
        other = wait_until(lambda: node_of(consumer.subscriber, cluster), 60, "another node")
        assert other is not used
        time.sleep(3)
        used.start()
        used.wait_until_up()
        print(f"\na node killed below the consumer: {judge(database, one)} readings")
    finally:
        consumer.stop()


def test_the_service_is_one(tmp_path):
    """systemd accepts the page's unit."""
    unit = tmp_path / "sensord-readings.service"
    unit.write_text(page_file("/etc/systemd/system/sensord-readings.service"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0 and not done.stderr, done.stderr
