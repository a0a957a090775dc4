# SPDX-License-Identifier: MIT
"""The description of a host and its quantities, as an overview of many boards gets it."""

import json
import signal
import socket

from support import Subscriber, wait_until

HOST = socket.gethostname()
TOPIC = f"sensord/{HOST}/info"
TABLES = """
[mqtt]
server = "mqtt://127.0.0.1:{port}"
[host]
organisation = "Hotel Exämple"
room = "Plant room {room}"
[sensor.board]
type = "system"
interval = "200 ms"
"""
CLIMATE = """
[sensor.climate]
type = "exec"
command = ["echo", "{\\"temperature_c\\": 21.5, \\"open\\": true}"]
interval = "300 ms"
"""


def latest(subscriber, condition):
    """The first message for which `condition(info)` holds."""

    def found():
        infos = [json.loads(payload) for payload in subscriber.payloads(TOPIC)]
        return next((info for info in infos if condition(info)), None)

    return wait_until(found, 15, f"the info; saw {subscriber.payloads(TOPIC)}")


def test_a_host_says_what_it_is_and_measures(broker, daemon):
    daemon(TABLES.format(port=broker.port, room=2) + CLIMATE)
    with Subscriber(broker, TOPIC) as first:
        info = latest(first, lambda info: "climate" in info["sensors"])
        assert len(first.messages) == 1, "all sensors in one message"
    with Subscriber(broker, TOPIC) as late:
        late.wait_for(TOPIC)
        assert late.messages[0][3], "retained: the overview may start later"
    assert info["organisation"] == "Hotel Exämple" and info["room"] == "Plant room 2"
    assert info["location"] is info["web"] is None and info["version"]
    board = info["sensors"]["board"]
    assert board["type"] == "system" and board["interval_s"] == 0.2
    assert board["fields"]["uptime_s"] == {"unit": "s", "quantity": "duration"}
    assert info["sensors"]["climate"]["fields"] == {
        "temperature_c": {"unit": "°C", "quantity": "temperature"},
        "open": {"unit": None, "quantity": None},
    }


def test_a_reload_changes_it(broker, daemon):
    running = daemon(TABLES.format(port=broker.port, room=2) + CLIMATE)
    with Subscriber(broker, TOPIC) as seen:
        latest(seen, lambda info: info["sensors"]["climate"]["fields"])
        running.config.write_text(TABLES.format(port=broker.port, room=3))
        running.process.send_signal(signal.SIGHUP)
        info = latest(seen, lambda info: info["room"] == "Plant room 3")
        assert list(info["sensors"]) == ["board"] and info["sensors"]["board"]["fields"]


def test_other_topics_take_it_along(broker, daemon):
    """Two boards in the overview would be one too many."""
    text = TABLES.format(port=broker.port, room=2)
    running = daemon(text)
    with Subscriber(broker) as seen:
        latest(seen, lambda info: True)
        moved = text.replace("[mqtt]\n", '[mqtt]\ntopic = "new/{host}/{sensor}"\n')
        running.config.write_text(moved)
        running.process.send_signal(signal.SIGHUP)
        seen.wait_for(f"new/{HOST}/info")
        seen.wait_for(TOPIC, payload="")
        seen.wait_for(f"sensord/{HOST}/board/status", payload="")
        seen.wait_for(f"sensord/{HOST}/status", payload="offline")
        seen.wait_for(f"new/{HOST}/status", payload="online")
