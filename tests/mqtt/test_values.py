# SPDX-License-Identifier: MIT
"""Readings that the broker retains, and one topic for each field: what a consumer sees that
subscribes late, or that takes plain values only."""

import socket
import time

from support import Subscriber, wait_until

HOST = socket.gethostname()
BASE = f"sensord/{HOST}"
COMMAND = """
[sensor.x]
type = "exec"
command = ["sh", "-c", '''echo '{"n": 21.5, "text": "warm", "none": null, "status": 3}' ''']
interval = "200 ms"
"""
MQTT = '[mqtt]\nserver = "mqtt://127.0.0.1:{}"\n'
ACTION = '[action.lamp]\npublish = "lamp"\nwhen = "x.n > 1"\n'


def retained(broker, topic="#"):
    """{topic: payload} of what a late subscriber gets."""
    with Subscriber(broker, topic) as late:
        time.sleep(1)
        return {message[0]: message[1] for message in late.messages if message[3]}


def test_a_reading_is_retained_only_if_asked_for(daemon, broker, subscriber):
    running = daemon(MQTT.format(broker.port) + COMMAND + ACTION)
    subscriber.wait_for("lamp")
    assert not {f"{BASE}/x", "lamp"} & set(retained(broker))
    running.stop()
    running = daemon(MQTT.format(broker.port) + "retain = true\n" + COMMAND + ACTION)
    subscriber.wait_for("lamp", 2)
    wait_until(lambda: f"{BASE}/x" in retained(broker), 5, "a retained reading")
    running.stop()
    found = retained(broker)
    assert found[f"{BASE}/x"] == subscriber.payloads(f"{BASE}/x")[-1]
    # A command to another device would be obeyed again at each of its starts.
    assert "lamp" not in found


def test_one_topic_for_each_field(daemon, broker, subscriber):
    running = daemon(
        MQTT.format(broker.port) + "topic_per_field = true\nretain = true\n" + COMMAND
    )
    subscriber.wait_for(f"{BASE}/x", 3)
    running.stop()
    late = retained(broker, f"{BASE}/x/#")
    assert late == {
        f"{BASE}/x": subscriber.payloads(f"{BASE}/x")[-1],
        f"{BASE}/x/n": "21.5",
        f"{BASE}/x/text": "warm",
        f"{BASE}/x/none": "null",
        f"{BASE}/x/status_": "3",
        # The sensor's own, which tells Home Assistant whether it works.
        f"{BASE}/x/status": "ok",
    }
    assert subscriber.payloads(f"{BASE}/x/status") == ["ok"]


def test_values_wait_for_the_broker_like_readings(daemon, broker):
    """In order, the value of each field right behind its reading."""
    options = ["-c", "-i", "reader"]
    with Subscriber(broker, f"{BASE}/x/#", options=options) as reader:
        config = MQTT.format(broker.port) + "topic_per_field = true\n" + COMMAND
        running = daemon(config.replace("21.5", "'$(date +%s%3N)'"))
        reader.wait_for(f"{BASE}/x", 2)
        broker.stop()
        time.sleep(2)
        broker.start()
        count = len(reader.payloads(f"{BASE}/x")) + 12
        reader.wait_for(f"{BASE}/x", count)
        assert running.stop() == 0
        numbers = [reading["n"] for reading in reader.readings(f"{BASE}/x")]
        values = [int(text) for text in reader.payloads(f"{BASE}/x/n")]
        assert len(set(values)) > 12
        assert list(dict.fromkeys(numbers)) == list(dict.fromkeys(values))
