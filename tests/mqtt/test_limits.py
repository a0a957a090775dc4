# SPDX-License-Identifier: MIT
"""Brokers that take less than usual, other clients of the same name, and large messages."""

import re
import socket
import struct
import time

import pytest
from counting import TOPIC, Counter, judge_now
from fakes.picky_broker import PickyBroker
from support import Broker, Daemon, Subscriber, wait_until

HOST = socket.gethostname()
STATUS = f"sensord/{HOST}/status"


def config(counter, port, mqtt=""):
    return counter.config(port, mqtt=mqtt)


@pytest.mark.parametrize("version", ["3.1.1", "5", "auto"])
@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ("max_qos 0", "it takes QoS 0 only"),
        ("retain_available false", "it keeps no retained messages"),
        ("max_qos 0\nretain_available false", "it takes QoS 0 only"),
        ("max_inflight_messages 1", None),
        ("max_keepalive 10", None),
        ("persistent_client_expiration 1m", None),
    ],
)
def test_the_limits_of_mosquitto(tmp_path, daemon, version, limit, words):
    """The daemon connects with what the broker has, and says once what is different."""
    with (
        Broker(tmp_path, limit.split("\n")) as broker,
        Subscriber(broker, options=["-k", "8"]) as subscriber,
    ):
        mqtt = f'version = "{version}"\n'
        if "max_keepalive" in limit and version == "3.1.1":
            # This broker can only say "identifier rejected".
            mqtt += 'keepalive = "8 s"\n'
        running = daemon(config(Counter(tmp_path), broker.port, mqtt))
        subscriber.wait_for(TOPIC, 20, 20)
        subscriber.wait_for(STATUS, payload="online")
        messages = running.messages()
        assert words is None or messages.count(words) == 1, messages
        running.process.kill()
        subscriber.wait_for(STATUS, payload="offline", timeout_s=30)


@pytest.mark.parametrize(
    ("mqtt", "limit"),
    [("qos = 0", "max_qos 0"), ("retain = false", "retain_available false")],
)
def test_keys_for_a_broker_that_cannot_say_so(tmp_path, daemon, mqtt, limit):
    """With the key the first login is taken, and nothing is amiss."""
    with Broker(tmp_path, [limit]) as broker, Subscriber(broker) as subscriber:
        running = daemon(config(Counter(tmp_path), broker.port, f'version = "3.1.1"\n{mqtt}'))
        subscriber.wait_for(TOPIC, 5)
        subscriber.wait_for(STATUS, payload="online")
        assert "warning" not in running.messages()
        assert broker.log().count("New client connected") == 2


def test_no_will_if_none_is_wanted(tmp_path, daemon):
    with Broker(tmp_path) as broker, Subscriber(broker) as subscriber:
        running = daemon(config(Counter(tmp_path), broker.port, "will = false"))
        subscriber.wait_for(TOPIC, 3)
        assert "Will message specified" not in broker.log()
        running.process.kill()
        time.sleep(1)
        assert subscriber.payloads(STATUS) == ["online"]


WILL, WILL_QOS_1, WILL_RETAIN = 0x04, 0x08, 0x20


@pytest.mark.parametrize(
    ("takes", "words"),
    [
        (lambda flags: not flags & WILL_RETAIN, "keeps no retained messages"),
        (lambda flags: not flags & WILL, "takes no will"),
        (lambda flags: not flags & WILL_QOS_1, "takes QoS 0 only"),
    ],
    ids=["retain", "will", "qos"],
)
def test_a_login_that_is_refused_without_a_word(tmp_path, daemon, takes, words):
    """MQTT 3.1.1 has no code for it: the broker closes the connection (3.1.4)."""
    with PickyBroker() as broker:
        broker.connack = lambda version, body: None if takes(body[7]) else b""
        running = daemon(config(Counter(tmp_path), broker.port, 'version = "3.1.1"'))
        wait_until(lambda: len(broker.payloads(TOPIC)) >= 20, 20, "readings")
        assert running.messages().count(words) == 1
        judge_now(broker, running)


def test_a_proxy_without_a_broker_behind_it_changes_nothing(tmp_path, daemon):
    """It closes each connection, as a broker does that takes no will."""
    with PickyBroker() as broker:
        broker.connack = lambda version, body: b""
        running = daemon(config(Counter(tmp_path), broker.port))
        wait_until(lambda: len(broker.connects) >= 4, 20, "attempts")
        broker.connack = lambda version, body: None
        wait_until(lambda: len(broker.payloads(TOPIC)) >= 20, 15, "readings")
        last = broker.connects[-1]
        assert last[6] == 5 and last[7] & (WILL | WILL_QOS_1 | WILL_RETAIN) == 0x2C
        assert "it takes" not in running.messages() and "it keeps" not in running.messages()
        judge_now(broker, running)


@pytest.mark.parametrize("answer", [b"\x20\x02\x00\x01", b"\x20\x03\x00\x84\x00", b""])
def test_a_broker_of_the_older_version(tmp_path, daemon, answer):
    """version = "auto" goes back to 3.1.1, whatever the broker says to MQTT 5."""
    with PickyBroker() as broker:
        broker.connack = lambda version, body: answer if version == 5 else None
        running = daemon(config(Counter(tmp_path), broker.port))
        wait_until(lambda: len(broker.payloads(TOPIC)) >= 20, 20, "readings")
        assert broker.connects[-1][6] == 4
        judge_now(broker, running)


def test_codes_for_will_and_retain(tmp_path, daemon):
    """MQTT 5: 0x9A and 0x9B say what the will may not be (3.2.2-12, 3.2.2-13)."""

    def connack(version, body):
        if body[7] & WILL_QOS_1:
            return b"\x20\x05\x00\x9b\x02\x24\x00"
        return b"\x20\x05\x00\x9a\x02\x25\x00" if body[7] & WILL_RETAIN else None

    with PickyBroker() as broker:
        broker.connack = connack
        daemon(config(Counter(tmp_path), broker.port))
        wait_until(lambda: len(broker.payloads(TOPIC)) >= 20, 20, "readings")
        assert len(broker.connects) == 3 and broker.connects[-1][7] & WILL


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_two_boards_of_one_name_leave_each_other_time(tmp_path, version):
    """A copied SD card: each login ends the other's connection, many times a minute."""
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
    mqtt = f'version = "{version}"\nclient_id = "twin"\n'
    with Broker(tmp_path) as broker, Subscriber(broker) as subscriber:
        counters = [Counter(folder) for folder in folders]
        boards = [
            Daemon(folders[i], config(counters[i], broker.port, f'{mqtt}topic = "{i}/{{sensor}}"'))
            for i in range(2)
        ]
        time.sleep(25)
        made = broker.log().count(" as twin ")
        messages = [board.messages() for board in boards]
        for board in boards:
            board.stop()
        # About 50 without a delay that grows.
        assert 2 <= made <= 20, made
        assert any("twin" in text for text in messages), messages
        for text in messages:
            assert text.count("\n") < 12, text
        for i in range(2):
            assert len(subscriber.payloads(f"{i}/count")) > 5


LARGE = b"\x12\x34" + b"x" * 70000


@pytest.mark.parametrize("version", ["3.1.1", "5"])
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_a_large_message_is_read_past(tmp_path, daemon, version, qos):
    """Whoever may write to an action's topic could end each connection, for ever."""
    topic = f"sensord/{HOST}/lamp/set"
    more = '[action.lamp]\npublish = "x/y"\n'
    counter = Counter(tmp_path)
    with PickyBroker() as broker:
        running = daemon(counter.config(broker.port, mqtt=f'version = "{version}"\n', more=more))
        assert broker.subscribed.wait(10)
        properties = b"\0" if version == "5" else b""
        name = topic.encode()
        identifier = b"\x00\x07" if qos else b""
        body = struct.pack(">H", len(name)) + name + identifier + properties + LARGE
        digits = bytes((len(body) & 0x7F | 0x80, len(body) >> 7 & 0x7F | 0x80, len(body) >> 14))
        for _ in range(3):
            broker.send(bytes((0x30 | qos << 1,)) + digits + body)
        running.wait_for_message(f"on {topic} is ignored: it is too large")
        assert running.messages().count("is ignored") == 1
        seen = len(broker.payloads(TOPIC))
        wait_until(lambda: len(broker.payloads(TOPIC)) > seen + 10, 10, "readings")
        # A command behind it still counts.
        command = struct.pack(">H", len(name)) + name + properties + b"ON"
        broker.send(bytes((0x30, len(command))) + command)
        wait_until(lambda: broker.payloads("x/y"), 5, "the command's effect")
        assert len(broker.connects) == 1
        judge_now(broker, running)


def test_large_messages_are_counted(tmp_path, daemon):
    with Broker(tmp_path) as broker, Subscriber(broker) as subscriber:
        more = '[action.lamp]\npublish = "x/y"\n[metrics]\ninterval = "1 s"\n'
        mqtt = 'version = "3.1.1"\n'
        running = daemon(Counter(tmp_path).config(broker.port, mqtt=mqtt, more=more))
        subscriber.wait_for(TOPIC, 3)
        topic = f"sensord/{HOST}/lamp/set"
        _publish(broker.port, topic, b"x" * 70000, retain=True)
        running.wait_for_message("too large for a command")
        seen = len(subscriber.payloads(f"sensord/{HOST}/metrics"))
        subscriber.wait_for(f"sensord/{HOST}/metrics", seen + 2)
        assert subscriber.readings(f"sensord/{HOST}/metrics")[-1]["oversized"] == 1
        assert broker.log().count("New client connected") == 3


def _publish(port, topic, payload, retain=False):
    """mosquitto_pub's work, with a payload of any size."""
    name = topic.encode()
    body = struct.pack(">H", len(name)) + name + payload
    digits = bytes((len(body) & 0x7F | 0x80, len(body) >> 7 & 0x7F | 0x80, len(body) >> 14))
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04test")
        assert sock.recv(4) == b"\x20\x02\x00\x00"
        sock.sendall(bytes((0x31 if retain else 0x30,)) + digits + body + b"\xe0\x00")
        sock.shutdown(socket.SHUT_WR)
        sock.recv(1)


def test_the_same_trouble_is_told_once_although_its_numbers_change(tmp_path, daemon):
    """The journal of a board on a bad line had 59 lines a minute."""
    with PickyBroker() as broker:

        def flap(version, body):
            return b"\x20\x03\x00\x97\x00" if len(broker.connects) % 3 else None

        broker.connack = flap
        running = daemon(config(Counter(tmp_path), broker.port))
        for wanted in (3, 6, 9):
            wait_until(lambda: len(broker.connects) >= wanted, 60, "attempts")  # noqa: B023
            time.sleep(1)
            broker.cut()
        lines = [re.sub(r"\d", "", line) for line in running.messages().splitlines()]
        assert len(lines) == len(set(lines)), lines
