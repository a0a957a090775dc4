# SPDX-License-Identifier: MIT
"""Readings in real databases: what was measured, all of it, and under which names."""

import json
import random
import signal
import socket
import time

from database_servers import InfluxDB
from support import wait_until

HOST = socket.gethostname()
# Everything that the protocol escapes, and what it has no form for.
ODD = {
    "plain": 21.5,
    "a b,c=d": 3,
    "ü\\x": True,
    "text": 'say "hi", C:\\x = 1 ü\\',
    "lines": "one\ntwo",
    "large": 1e21,
    "host": "other",
    "none": None,
}
WHERE = '[host]\nlocation = "Harbour Street 1, east"\nroom = "a=b\\\\c"\n'


def odd(folder):
    (folder / "odd.json").write_text(json.dumps(ODD))
    return (
        f'{WHERE}[sensor.odd]\ntype = "exec"\ncommand = ["cat", "{folder}/odd.json"]\n'
        'interval = "500 ms"\n'
    )


def test_influxdb_has_what_was_measured(influxdb, posting, tmp_path):
    running = posting(influxdb, more=odd(tmp_path))
    running.wait_for_new()
    before_ns = time.time_ns()
    running.judge()
    (row, *_) = influxdb.query(
        'SELECT "plain", "a b,c=d", "ü\\\\x", "text", "lines", "large", "host_1", "host", '
        '"location", "room" FROM "odd"'
    )
    assert abs(row[0] - before_ns) < 60e9
    assert row[1:] == [
        21.5, 3, True, ODD["text"], "one\\ntwo", 1e21, "other", HOST, "Harbour Street 1, east",
        "a=b\\c",
    ]  # fmt: skip
    fields = {row[0] for row in influxdb.query('SHOW FIELD KEYS FROM "odd"')}
    assert fields - {"time_synchronized"} == {
        "plain", "a b,c=d", "ü\\x", "text", "lines", "large", "host_1",
    }  # fmt: skip


def test_victoriametrics_has_what_was_measured(victoria, posting, tmp_path):
    running = posting(victoria, more=odd(tmp_path))
    running.wait_for_new()
    running.judge()
    labels = {"host": HOST, "location": "Harbour Street 1, east", "room": "a=b\\c"}
    for name, value in (("plain", 21.5), ("a b,c=d", 3), ("ü\\x", 1), ("large", 1e21)):
        match = json.dumps("odd_" + name, ensure_ascii=False)
        (found,) = victoria.series(f"{{__name__={match}}}")
        assert {key: found[0].get(key) for key in labels} == labels
        assert set(found[1]) == {value}


def test_nothing_is_lost_when_influxdb_is_killed(influxdb, posting):
    chance = random.Random(1)
    running = posting(influxdb)
    slowest = 0
    for _ in range(4):
        running.wait_for_new()
        influxdb.kill()
        time.sleep(chance.uniform(0, 6))
        influxdb.start()
        slowest = max(slowest, running.wait_for_new())
    running.judge()
    assert slowest < 10, slowest
    assert "refuses" not in running.daemon.messages()


def test_nothing_is_lost_when_victoriametrics_restarts_or_hangs(victoria, posting):
    running = posting(victoria, 'timeout = "2 s"\ntoken = "any"\n')
    running.wait_for_new()
    victoria.stop()
    time.sleep(3)
    victoria.start()
    assert running.wait_for_new() < 10
    victoria.process.send_signal(signal.SIGSTOP)
    time.sleep(6)
    victoria.process.send_signal(signal.SIGCONT)
    assert running.wait_for_new() < 10
    running.judge()


def test_a_field_that_becomes_a_text_is_set_aside(influxdb, posting, tmp_path):
    """InfluxDB refuses a text in a field of numbers for ever, and takes the rest of the lines."""
    kind = tmp_path / "kind"
    kind.write_text("7")
    more = (
        f'[sensor.kind]\ntype = "exec"\ncommand = ["sed", "s/.*/{{\\"x\\": &}}/", "{kind}"]\n'
        'interval = "300 ms"\n'
    )
    running = posting(influxdb, more=more)
    running.wait_for_new()
    kind.write_text('"seven"')
    running.daemon.wait_for_message("refuses a reading of kind")
    time.sleep(3)
    assert running.wait_for_new() < 5
    kind.write_text("8.5")
    wait_until(
        lambda: 8.5 in [row[1] for row in influxdb.query('SELECT "x" FROM "kind"')], 10, "8.5"
    )
    running.judge()
    assert {row[1] for row in influxdb.query('SELECT "x" FROM "kind"')} == {7, 8.5}
    messages = running.daemon.messages()
    assert "field type conflict" in messages and messages.count("refuses a reading") == 1, messages


def test_a_database_that_is_made_later(influxdb, posting):
    influxdb.query("DROP DATABASE x")
    running = posting(influxdb)
    running.daemon.wait_for_message("check the path, the database or the bucket in url")
    time.sleep(5)
    influxdb.query("CREATE DATABASE x")
    assert running.wait_for_new() < 10
    running.judge()


def test_influxdb_with_users(tmp_path, posting):
    with InfluxDB(tmp_path, users=True) as database:
        database.query("CREATE USER me WITH PASSWORD 'p:ü' WITH ALL PRIVILEGES")
        login = {"u": "me", "p": "p:ü"}
        database.query("CREATE DATABASE x", **login)
        running = posting(database, 'username = "me"\npassword = "wrong"\n')
        running.daemon.wait_for_message("401 Unauthorized")
        config = running.daemon.config
        config.write_text(config.read_text().replace("wrong", "p:ü"))
        running.daemon.process.send_signal(signal.SIGHUP)
        wait_until(
            lambda: len(database.query('SELECT "value" FROM "count"', **login)) > 10,
            15,
            "readings",
        )
        running.stop()
        rows = database.query('SELECT "value" FROM "count" ORDER BY time', **login)
        assert [int(row[1]) for row in rows] == running.printed
