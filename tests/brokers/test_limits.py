# SPDX-License-Identifier: MIT
"""A broker with narrow limits, as cloud services have them, gets what it takes, and no board is
left without a connection for a limit of its broker."""

import json
import time

import pytest
from brokers.limited import LimitedBroker, Limits
from counting import Counter, printed
from support import Daemon, wait_until

BOTH = pytest.mark.parametrize("version", ["3.1.1", "5"])
TOPIC = "sensord/board/count"
STATUS = "sensord/board/status"


class Board:
    """A counting sensord at a LimitedBroker."""

    def __init__(self, folder, limits, version, mqtt="", more="", interval="100 ms"):
        self.broker = LimitedBroker(limits)
        settings = f'topic = "sensord/board/{{sensor}}"\nversion = "{version}"\n{mqtt}'
        self._counter = Counter(folder)
        config = self._counter.config(self.broker.port, interval, mqtt=settings, more=more)
        self.daemon = Daemon(folder, config)

    def numbers(self, topic=TOPIC):
        return [json.loads(text)["value"] for text in self.broker.payloads(topic)]

    def trouble(self, text):
        """What to tell if something does not happen, for wait_until()."""
        return lambda: (
            f"{text}; violations {self.broker.violations[:5]}, "
            f"{len(self.broker.connects)} connections; {self.daemon.messages()[-2000:]}"
        )

    def arrives(self, count=20, timeout_s=15):
        """Waits for so many readings, and asserts that none before the last is missing."""
        wait_until(lambda: len(set(self.numbers())) >= count, timeout_s, self.trouble("readings"))
        lines = [line for line in self.daemon.output().splitlines(True) if '"value": ' in line]
        last = max(self.numbers())
        wanted = [number for number in printed("".join(lines)) if number <= last]
        first = list(dict.fromkeys(self.numbers()))
        assert set(wanted) <= set(first) and first == sorted(first), (wanted, first)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.daemon.stop()
        self.broker.__exit__()


def test_no_retained_messages_mqtt_5(tmp_path):
    with Board(tmp_path, Limits(retain=False), "5") as board:
        board.arrives()
        assert not board.broker.violations
        will = board.broker.connects[-1]["will"]
        assert will is None or not will[3]
        assert not any(retain for _, _, retain, _ in board.broker.messages)
        assert "online" in board.broker.payloads(STATUS)
        assert board.daemon.messages().count("it keeps no retained messages") == 1, (
            board.daemon.messages()
        )


def test_no_qos_1_mqtt_5(tmp_path):
    with Board(tmp_path, Limits(max_qos=0), "5") as board:
        board.arrives()
        assert not board.broker.violations
        assert board.daemon.messages().count("it takes QoS 0 only") == 1, board.daemon.messages()


@BOTH
def test_limits_that_no_broker_names(tmp_path, version):
    """The user says so: a 3.1.1 broker has no way to."""
    keys = "qos = 0\nwill = false\nretain = false\n"
    with Board(tmp_path, Limits(max_qos=0, retain=False, named=False), version, keys) as board:
        board.arrives()
        assert not board.broker.violations
        assert len(board.broker.connects) == 1


def test_one_message_in_flight(tmp_path):
    """One reading at a time, however slowly the broker acknowledges."""
    limits = Limits(in_flight=1, acknowledge_after_s=0.05)
    with Board(tmp_path, limits, "5") as board:
        board.arrives()
        assert not board.broker.violations
        assert len(board.broker.connects) == 1


@BOTH
@pytest.mark.parametrize("named", [True, False])
def test_small_packets(tmp_path, version, named):
    """A reading over the limit is set aside; all others arrive."""
    large = tmp_path / "large.json"
    large.write_text(json.dumps({"text": "x" * 3000}))
    more = f'[sensor.large]\ntype = "exec"\ncommand = ["cat", "{large}"]\ninterval = "1 h"\n'
    with Board(tmp_path, Limits(max_packet=1500, named=named), version, more=more) as board:
        wait_until(lambda: "large" in board.daemon.messages(), 20, board.trouble("its name"))
        board.arrives(60, 60)
        new = max(board.numbers())
        connects = len(board.broker.connects)
        board.arrives(new + 20)
        assert len(board.broker.connects) == connects, board.trouble("connections")()
        if version == "5" and named:
            assert not board.broker.violations and connects == 1


def test_the_brokers_keepalive_counts(tmp_path):
    with Board(tmp_path, Limits(keepalive_s=2), "5", interval="1 h") as board:
        board.daemon.wait_for_message("connected to")
        time.sleep(8)
        assert len(board.broker.connects) == 1, board.trouble("connections")()


@BOTH
def test_without_wildcards_and_shared_subscriptions(tmp_path, version):
    more = '[action.lamp]\npublish = "lamp"\n'
    limits = Limits(wildcards=False, shared=False)
    with Board(tmp_path, limits, version, "home_assistant = true\n", more) as board:
        wait_until(lambda: "sensord/board/lamp/set" in board.broker.subscriptions, 10, "a lamp")
        board.broker.publish("sensord/board/lamp/set", b"ON")
        wait_until(lambda: "ON" in board.broker.payloads("lamp"), 10, board.trouble("ON"))
        board.arrives()
        assert not board.broker.violations


@BOTH
@pytest.mark.parametrize("expiry_s", [0, None])
def test_connections_that_end_after_some_messages(tmp_path, version, expiry_s):
    """Whether or not the broker keeps the session, no reading is lost."""
    limits = Limits(most_messages=25, session_expiry_s=expiry_s)
    with Board(tmp_path, limits, version) as board:
        board.arrives(80, 60)
        assert len(board.broker.connects) >= 3


@BOTH
@pytest.mark.parametrize("denial", ["puback", "disconnect", "close", "silence", "nothing"])
def test_a_denied_topic_does_not_stop_the_others(tmp_path, version, denial):
    more = '[sensor.denied]\ntype = "system"\ninterval = "200 ms"\n'
    limits = Limits(denied="sensord/board/denied", denial=denial)
    with Board(tmp_path, limits, version, 'keepalive = "5 s"\n', more) as board:
        board.arrives(50, 60)
        # Silence takes longest to understand: several times the keepalive.
        time.sleep(15)
        now = max(board.numbers())
        wait_until(lambda: max(board.numbers()) > now + 200, 120, board.trouble("more"))
        board.arrives(now)
        if denial != "nothing" and (denial, version) != ("puback", "3.1.1"):
            # Otherwise no one can see that it was denied.
            assert "sensord/board/denied" in board.daemon.messages()


CLOUDS = {
    # docs/brokers.md has the sources.
    "AWS IoT Core": Limits(
        max_qos=1, in_flight=100, max_packet=131072 + 1024, max_slashes=7, shared=True
    ),
    "Azure Event Grid": Limits(
        max_qos=1, max_packet=1048576, session_expiry_s=28800, keepalive_s=1160
    ),
    "HiveMQ Edge": Limits(in_flight=10, max_packet=268435460),
}


@BOTH
@pytest.mark.parametrize("cloud", CLOUDS)
def test_clouds(tmp_path, version, cloud):
    more = '[action.lamp]\npublish = "sensord/board/light"\n'
    with Board(tmp_path, CLOUDS[cloud], version, more=more) as board:
        board.arrives(40)
        assert not board.broker.violations
        assert len(board.broker.connects) == 1


def test_mqtt_5_is_left_for_3_1_1_where_it_is_refused(tmp_path):
    with Board(tmp_path, Limits(versions=("3.1.1",)), "auto") as board:
        board.arrives()
        assert [one["version"] for one in board.broker.connects][-1] == "3.1.1"
