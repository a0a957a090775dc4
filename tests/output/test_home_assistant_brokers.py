# SPDX-License-Identifier: MIT
"""Home Assistant's discovery on brokers that are small, empty, strict, or another than before: the
readings go on, whatever becomes of the announcements."""

import json
import signal
import subprocess
import time

import pytest
from announcements import BOARD, HOST, Entities, prints, table
from support import Broker, Subscriber, wait_until


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path) as broker:
        yield broker


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_a_thousand_entities(daemon, broker, version):
    """In parts, in turns with the readings, and without growth."""
    fields = {f"r{i:03}": i for i in range(990)}
    tick = prints("tick", {"n": 1}, "100 ms")
    more = f'version = "{version}"\n'
    with (
        Subscriber(broker, f"sensord/{HOST}/tick") as ticks,
        Subscriber(broker, "homeassistant/#") as seen,
    ):
        running = daemon(table(broker, more) + tick + prints("meter", fields, "2 s"))

        # Only the number of messages: to read them all each time would keep the processor busy.
        def wait_for(count):
            wait_until(lambda: len(seen.messages) >= count, 60, f"{count}; {len(seen.messages)}")
            time.sleep(0.5)

        wait_for(993)
        assert len(Entities(seen).now()) == 993
        assert max(len(m[0]) + len(m[1]) for m in Entities(seen).messages()) < 1000
        # Each start of Home Assistant has all sent again.
        private_kb = []
        for _ in range(3):
            sent = len(seen.messages)
            command = ["mosquitto_pub", "-p", str(broker.port), "-t", "homeassistant/status"]
            subprocess.run([*command, "-m", "online"], check=True)
            wait_for(sent + 994)
            private_kb.append(running.memory_kb()["Private"])
        assert private_kb[-1] < private_kb[-2] + 100 and private_kb[-1] < 2000, private_kb
        ids = [json.loads(p)["id"] for p in ticks.payloads(f"sensord/{HOST}/tick")]
    numbers = [int(i.split("-")[1]) for i in ids]
    assert len(set(numbers)) >= 100 and numbers == sorted(numbers)
    assert "lost" not in running.messages() and running.messages().count("connected to") == 1


def test_a_broker_that_takes_1500_bytes(daemon, tmp_path):
    with Broker(tmp_path, ["max_packet_size 1500"]) as broker:
        with Subscriber(broker) as seen:
            running = daemon(
                table(broker, 'version = "5"\n') + BOARD + prints("pump", {"x" * 2000: 1, "y": 2})
            )
            Entities(seen).wait("sensor/board-uptime_s", "sensor/pump-y")
            seen.wait_for(f"sensord/{HOST}/board", 20)
            running.wait_for_message("entities are not announced to Home Assistant")
            assert running.messages().count("not announced") == 1


def test_another_broker_leaves_nothing_at_the_first(daemon, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with Broker(tmp_path / "a") as first, Broker(tmp_path / "b") as second:
        running = daemon(table(first) + BOARD)
        with Subscriber(first) as at_first, Subscriber(second) as at_second:
            Entities(at_first).wait("sensor/board-uptime_s")
            running.config.write_text(
                running.with_outbox(running.config.parent, table(second) + BOARD)
            )
            running.process.send_signal(signal.SIGHUP)
            Entities(at_second).wait("sensor/board-uptime_s")
            wait_until(lambda: not Entities(at_first).now(), 10, "nothing is left at the first")


def test_a_broker_that_comes_back_empty_is_told_again(daemon, broker):
    daemon(table(broker) + BOARD)
    with Subscriber(broker) as seen:
        Entities(seen).wait("sensor/board-load_1min")
    broker.stop()
    broker.start()
    with Subscriber(broker) as seen:
        Entities(seen).wait("sensor/board-load_1min", timeout_s=30)


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_a_broker_that_refuses_announcements_still_gets_the_readings(daemon, tmp_path, version):
    """With max_queued_messages 0 mosquitto 2.0 ends the connection at each refused message."""
    acl = tmp_path / "acl"
    acl.write_text(f"topic read #\ntopic write sensord/{HOST}/#\n")
    acl.chmod(0o600)
    lines = [f"acl_file {acl}", "max_queued_messages 0"]
    fields = {f"f{i}": i for i in range(50)}
    with Broker(tmp_path, lines) as broker, Subscriber(broker, f"sensord/{HOST}/tick") as ticks:
        running = daemon(
            table(broker, f'version = "{version}"\n') + prints("meter", fields)
            + prints("tick", {"n": 1}, "100 ms")
        )  # fmt: skip
        running.wait_for_message("entities are not announced to Home Assistant", 120)
        time.sleep(10)
        connections = running.messages().count("connected to")
        count = len(ticks.messages)
        ticks.wait_for(f"sensord/{HOST}/tick", count + 30)
        assert running.messages().count("connected to") == connections <= 12
        numbers = [int(json.loads(m[1])["id"].split("-")[1]) for m in list(ticks.messages)]
        assert sorted(set(numbers)) == list(dict.fromkeys(numbers)), "in order"
        assert running.messages().count("not announced") == 1
        assert "set aside" not in running.messages(), "no reading was refused"
