# SPDX-License-Identifier: MIT
"""One message that a broker does not take costs nothing but itself."""

import json
import re
import signal
import subprocess
import time

import pytest
from counting import HOST, TOPIC, Counter, judge, judge_now, printed_numbers
from fakes.picky_broker import PickyBroker
from support import SENSORD, Broker, Subscriber, wait_until

OTHER = f"sensord/{HOST}/other"
VERSIONS = ("3.1.1", "5")


def config(counter, port, version="5", more="", mqtt=""):
    return counter.config(port, mqtt=f'version = "{version}"\n{mqtt}', more=more)


def other(tmp_path, interval="100 ms", text='{"x": 1}'):
    """A second sensor, whose readings are `text`."""
    file = tmp_path / "other.json"
    file.write_text(text)
    return f'[sensor.other]\ntype = "exec"\ncommand = ["cat", "{file}"]\ninterval = "{interval}"\n'


def refused(tmp_path):
    """The messages that the daemon has set aside."""
    file = tmp_path / "outbox/refused"
    lines = file.read_text().splitlines() if file.exists() else []
    return [json.loads(line) for line in lines]


def command(running, *words):
    return subprocess.run(
        [SENSORD, "outbox", *words, "--config", running.config],
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("version", "way"),
    [("3.1.1", "close")] + [("5", way) for way in ("close", 0x80, 0x83, 0x87, 0x90, 0x97, 0x99)],
)
def test_a_sensor_that_the_broker_refuses_stops_no_other(tmp_path, daemon, version, way):
    """MQTT 5 refuses in PUBACK, or ends the connection; MQTT 3.1.1 can only do the latter."""
    counter = Counter(tmp_path)
    with PickyBroker(lambda topic, _: way if topic == OTHER else None) as broker:
        running = daemon(config(counter, broker.port, version, other(tmp_path)))
        wait_until(lambda: len(broker.payloads(TOPIC)) >= 60, 30, "60 readings")
        seen = len(broker.connects)
        time.sleep(3)
        # A topic that is known to be refused costs no further connections.
        assert len(broker.connects) <= seen + 1
        assert {entry["topic"] for entry in refused(tmp_path)} == {OTHER}
        judge_now(broker, running)
    lines = [line for line in running.messages().splitlines() if "is set aside" in line]
    assert len(lines) == len({re.sub(r"\d", "", line) for line in lines}) <= 2, lines
    assert OTHER in lines[0] and "outbox is full" not in running.messages()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("topic", [f"{OTHER}/status", f"sensord/{HOST}/metrics"])
def test_a_state_that_the_broker_refuses_stops_no_reading(tmp_path, daemon, version, topic):
    """An access list often has the readings and not what was added later."""
    more = other(tmp_path) + '[metrics]\ninterval = "1 s"\n'
    with PickyBroker(lambda name, _: "close" if name == topic else None) as broker:
        running = daemon(config(Counter(tmp_path), broker.port, version, more))
        wait_until(lambda: len(broker.payloads(TOPIC)) >= 60, 30, "60 readings")
        wait_until(lambda: f"on {topic} is not published" in running.messages(), 15, "the reason")
        assert not refused(tmp_path)
        judge_now(broker, running)


def test_an_action_whose_topic_the_broker_denies_stops_no_reading(tmp_path, daemon):
    """mosquitto with MQTT 5 answers "not authorized"; the readings behind it went no further."""
    rules = tmp_path / "rules"
    rules.write_text(f"topic read #\ntopic write sensord/{HOST}/#\n")
    more = '[action.lamp]\nwhen = "count.value > 3"\npublish = "elsewhere/lamp"\n'
    with Broker(tmp_path, [f"acl_file {rules}"]) as broker, Subscriber(broker) as subscriber:
        running = daemon(config(Counter(tmp_path), broker.port, "5", more))
        subscriber.wait_for(TOPIC, 50)
        running.stop()
        judge(subscriber, printed_numbers(running))
    (entry,) = refused(tmp_path)
    assert (entry["topic"], entry["reason"]) == ("elsewhere/lamp", "not authorized")
    assert "elsewhere/lamp is set aside" in running.messages()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_packet_over_the_brokers_limit_stops_no_other(tmp_path, daemon, version):
    """mosquitto names its limit with MQTT 5, and closes the connection with 3.1.1."""
    more = other(tmp_path, "2 s", json.dumps({"x": "y" * 3000}))
    with (
        Broker(tmp_path, ["max_packet_size 1000"]) as broker,
        Subscriber(broker) as subscriber,
    ):
        running = daemon(config(Counter(tmp_path), broker.port, version, more))
        subscriber.wait_for(TOPIC, 60, 30)
        running.stop()
        judge(subscriber, printed_numbers(running))
    assert {entry["topic"] for entry in refused(tmp_path)} == {OTHER}


def test_smaller_readings_of_a_sensor_go_on(tmp_path, daemon):
    """Only those that are too large are refused: the size is learnt, not the topic denied."""
    counter = Counter(tmp_path)
    script = tmp_path / "sizes.sh"
    script.write_text(
        f"#!/bin/sh\nread n < {tmp_path}/n; n=$((n + 1)); echo $n > {tmp_path}/n\n"
        "[ $((n % 5)) = 0 ] && size=3000 || size=10\n"
        'printf \'{"n": %d, "x": "%0*d"}\' $n $size 0\n'
    )
    script.chmod(0o755)
    (tmp_path / "n").write_text("0\n")
    more = f'[sensor.other]\ntype = "exec"\ncommand = ["{script}"]\ninterval = "200 ms"\n'
    with PickyBroker(lambda _, payload: "close" if len(payload) > 2000 else None) as broker:
        running = daemon(config(counter, broker.port, "3.1.1", more))
        wait_until(lambda: len(broker.payloads(OTHER)) >= 40, 40, "40 readings")
        running.stop()
        small = [json.loads(payload)["n"] for payload in broker.payloads(OTHER)]
        judge(broker, printed_numbers(running))
    large = [json.loads(entry["payload"])["n"] for entry in refused(tmp_path)]
    assert all(n % 5 == 0 for n in large) and len(large) >= 5
    assert sorted(set(small) | set(large)) == list(range(1, max(small) + 1))


@pytest.mark.parametrize("way", ["close", 0x87])
def test_a_broker_that_takes_no_reading_at_all_costs_none(tmp_path, daemon, way):
    """A line that breaks, or an access list that is not finished: readings wait, but for a few."""
    counter = Counter(tmp_path)
    with PickyBroker(lambda topic, _: way if topic == TOPIC else None) as broker:
        running = daemon(config(counter, broker.port))
        time.sleep(8)
        held = len(refused(tmp_path))
        assert held <= 9
        broker.refuse = lambda topic, payload: None
        count = counter.count()
        wait_until(lambda: len(broker.payloads(TOPIC)) >= count - held, 15, "what waited")
        listed = command(running)
        assert listed.returncode == 0 and len(listed.stdout.splitlines()) == held
        if held:
            assert command(running, "send", "all").returncode == 0
        wait_until(lambda: not refused(tmp_path), 5, "the request")
        running.stop()
        wanted = printed_numbers(running)
        readings = broker.readings(TOPIC)
        assert {reading["value"] for reading in readings} == set(wanted)


def test_a_line_in_the_access_list_that_comes_later(tmp_path, daemon):
    """An administrator forgot a line: what was refused can be sent again, the rest waited."""
    rules = tmp_path / "rules"
    rules.write_text("topic write nothing\ntopic read #\n")
    with Broker(tmp_path, [f"acl_file {rules}"]) as broker, Subscriber(broker) as subscriber:
        running = daemon(config(Counter(tmp_path), broker.port))
        running.wait_for_message("not authorized")
        time.sleep(2)
        rules.write_text("topic readwrite #\n")
        broker.process.send_signal(signal.SIGHUP)
        subscriber.wait_for(TOPIC, 20)
        assert command(running, "send", "all").returncode == 0
        wait_until(lambda: not refused(tmp_path), 5, "the request")
        running.stop()
        judge(subscriber, printed_numbers(running), in_order=False)


def test_refused_messages_are_listed_shown_and_dropped(tmp_path, daemon):
    with PickyBroker(lambda topic, _: 0x99 if topic == OTHER else None) as broker:
        running = daemon(config(Counter(tmp_path), broker.port, "5", other(tmp_path, "300 ms")))
        wait_until(lambda: len(refused(tmp_path)) >= 3, 10, "refused messages")
        done = command(running)
        rows = [line.split("\t") for line in done.stdout.splitlines()]
        assert rows[0][0] == "1" and rows[0][3:] == [OTHER, "payload format invalid"]
        assert json.loads(command(running, "show", "1").stdout)["x"] == 1
        assert command(running, "drop", "1", "2").returncode == 0
        assert "1" not in {str(entry["number"]) for entry in refused(tmp_path)}
        assert command(running, "show", "1").returncode == 65
        for words in (["show"], ["drop"], ["eat", "1"], ["show", "1", "2"]):
            assert command(running, *words).returncode == 64
        assert command(running, "drop", "77777").returncode == 65
    # They outlive the daemon, and the numbers go on.
    running.stop()
    last = refused(tmp_path)[-1]["number"]
    with PickyBroker(lambda topic, _: 0x99 if topic == OTHER else None) as broker:
        running = daemon(config(Counter(tmp_path), broker.port, "5", other(tmp_path)))
        wait_until(lambda: refused(tmp_path)[-1]["number"] > last, 10, "another")
