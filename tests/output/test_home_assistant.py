# SPDX-License-Identifier: MIT
"""Home Assistant's discovery on a real broker. `make test-home-assistant` tests the messages with
Home Assistant's own code."""

import json
import pathlib
import signal
import socket
import subprocess

import pytest
from support import Broker, Subscriber, wait_until

HOST = socket.gethostname()
BOARD = '[sensor.board]\ntype = "system"\ninterval = "200 ms"\n'
CLIMATE = '[sensor.climate]\ntype = "exec"\ncommand = ["echo", "21.5"]\ninterval = "300 ms"\n'


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path) as broker:
        broker.table = (
            f'[mqtt]\nserver = "mqtt://127.0.0.1:{broker.port}"\nclient_id = "pi-1"\n'
            "home_assistant = true\n"
        )
        yield broker


TOPIC = "homeassistant/device/pi-1/config"


def announced(subscriber, known):
    """The first announcement with all these components."""

    def found():
        for payload in subscriber.payloads(TOPIC):
            if payload and set(known) <= set(json.loads(payload)["cmps"]):
                return json.loads(payload)
        return None

    return wait_until(found, 15, f"{known}; saw {subscriber.payloads(TOPIC)}")


def test_everything_is_announced_in_one_message(daemon, broker):
    with Subscriber(broker) as seen:
        daemon(broker.table + BOARD + CLIMATE)
        message = announced(seen, ["board_load_1min", "climate_value"])
        assert message["dev"]["name"] == HOST and message["o"]["name"] == "sensord"
        value = message["cmps"]["climate_value"]
        assert value["~"] == f"sensord/{HOST}/climate" and value["exp_aft"] == 30
        assert message["cmps"]["board_uptime_s"]["dev_cla"] == "duration"
        assert len(seen.payloads(TOPIC)) == 1
    with Subscriber(broker, TOPIC) as late:
        late.wait_for(TOPIC)
        assert late.messages[0][3], "retained: Home Assistant may start later"


def test_it_is_announced_again_when_home_assistant_starts(daemon, broker):
    with Subscriber(broker) as seen:
        daemon(broker.table + BOARD)
        announced(seen, ["board_load_1min"])
        command = ["mosquitto_pub", "-p", str(broker.port), "-t", "homeassistant/status"]
        subprocess.run([*command, "-m", "offline"], check=True)
        subprocess.run([*command, "-m", "online"], check=True)
        wait_until(lambda: len(seen.payloads(TOPIC)) == 2, 25, "the second announcement")


def test_a_sensor_that_is_gone_is_taken_back(daemon, broker, tmp_path):
    """By a reload, and by a restart, when the broker has the earlier announcement."""
    first = daemon(broker.table + BOARD + CLIMATE)
    with Subscriber(broker) as seen:
        announced(seen, ["climate_value"])
    pathlib.Path(first.config).write_text(broker.table + CLIMATE)
    with Subscriber(broker) as seen:
        first.process.send_signal(signal.SIGHUP)
        gone = announced(seen, ["climate_value", "board_load_1min"])["cmps"]
        wait_until(lambda: len(seen.payloads(TOPIC)) >= 3, 15, "the message without it")
        withdrawn = json.loads(seen.payloads(TOPIC)[1])["cmps"]
        assert gone and withdrawn["board_load_1min"] == {"p": "sensor"}
        assert "board_load_1min" not in json.loads(seen.payloads(TOPIC)[-1])["cmps"]
    first.stop()
    with Subscriber(broker) as seen:
        daemon(broker.table + BOARD)
        wait_until(
            lambda: any(
                json.loads(p)["cmps"].get("climate_value") == {"p": "sensor"}
                for p in seen.payloads(TOPIC)
            ),
            15, "the sensor of the last run taken back",
        )  # fmt: skip


def test_switched_off_it_forgets_the_host(daemon, broker):
    running = daemon(broker.table + BOARD)
    with Subscriber(broker) as seen:
        announced(seen, ["board_load_1min"])
        table = broker.table.replace("home_assistant = true", "home_assistant = false")
        pathlib.Path(running.config).write_text(table + BOARD)
        running.process.send_signal(signal.SIGHUP)
        seen.wait_for(TOPIC, payload="")


def test_a_broker_that_comes_back_empty_is_told_again(daemon, broker):
    daemon(broker.table + BOARD)
    with Subscriber(broker) as seen:
        announced(seen, ["board_load_1min"])
    broker.stop()
    broker.start()
    with Subscriber(broker) as seen:
        wait_until(lambda: seen.payloads(TOPIC), 30, "the announcement")
