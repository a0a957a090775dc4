# SPDX-License-Identifier: MIT
"""Sessions, MQTT 5, several servers and client certificates: against mosquitto where that is
enough, and against a scripted broker where the packets matter."""

import json
import re
import socket
import struct
import time

import pytest
from servers import Proxy, ScriptedBroker, make_certificates
from support import Broker, Subscriber, free_port, wait_until

HOST = socket.gethostname()
TOPIC = f"sensord/{HOST}/board"
TWO = f"sensord/{HOST}/two"
PUBLISH, PUBACK, SUBSCRIBE, DISCONNECT = 0x30, 0x40, 0x80, 0xE0

CONFIG = """
[mqtt]
server = {servers}
version = "{version}"
{more}
[journal]
readings = true
[sensor.board]
type = "system"
interval = "100 ms"
"""


def config(*ports, version="5", more="", scheme="mqtt", host="127.0.0.1"):
    servers = json.dumps([f"{scheme}://{host}:{port}" for port in ports])
    return CONFIG.format(servers=servers, version=version, more=more)


def test_readings_arrive_with_version_5(broker, subscriber, daemon):
    """From connect to disconnect, with a will and a clean end."""
    running = daemon(config(broker.port))
    subscriber.wait_for(TOPIC, 10)
    assert "as sensord" in broker.log() and "p5" in broker.log()
    assert running.stop() == 0
    subscriber.wait_for(f"sensord/{HOST}/status", payload="offline")


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_a_session_outlives_a_cut_connection(broker, subscriber, daemon, version):
    """No reading is lost when a connection breaks, and copies share an id."""
    with Proxy(broker.port) as proxy:
        running = daemon(config(proxy.port, version=version))
        for _ in range(3):
            seen = len(subscriber.payloads(TOPIC))
            subscriber.wait_for(TOPIC, seen + 5, 15)
            proxy.cut()
        wait_until(lambda: broker.log().count("New client connected") >= 5, 15, "connections")
        time.sleep(0.5)
        running.stop()
    made = running.output().count("board {")
    ids = [reading["id"] for reading in subscriber.readings(TOPIC)]
    assert len(set(ids)) == made


def publish_id(body):
    """The packet identifier of a PUBLISH of QoS 1."""
    at = 2 + struct.unpack_from(">H", body)[0]
    return struct.unpack_from(">H", body, at)[0]


CONNACK = {
    ("3.1.1", False): b"\x20\x02\x00\x00",
    ("3.1.1", True): b"\x20\x02\x01\x00",
    ("5", False): b"\x20\x03\x00\x00\x00",
    ("5", True): b"\x20\x03\x01\x00\x00",
}


def published(daemon, version, *scripts):
    """The PUBLISH packets of each connection to a broker that follows the scripts."""
    with ScriptedBroker(*scripts) as broker:
        daemon(config(broker.port, version=version))
        assert broker.finished.wait(20)
    assert not broker.errors, broker.errors
    return [[p for p in c.packets if p[0] & 0xF0 == PUBLISH] for c in broker.connections]


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_what_is_in_flight_is_sent_again_as_a_duplicate(daemon, version):
    """Section 4.4: in the same session, with the same identifiers, in the same order, marked as
    DUP, and before any new message."""

    def first(connection):
        connection.read()
        connection.send(CONNACK[version, False])
        connection.read_until(PUBLISH, 4)

    def second(connection):
        connection.read()
        connection.send(CONNACK[version, True])
        connection.read_until(PUBLISH, 8)

    before, after = published(daemon, version, first, second)
    again = [p for p in after if p[0] & 0x08]
    assert [publish_id(body) for _, body in again[:4]] == [publish_id(b) for _, b in before]
    assert [first | 0x08 for first, _ in before] == [first for first, _ in again[:4]]
    assert after[: len(again)] == again, "something new before what was in flight"
    identifiers = [publish_id(body) for _, body in after]
    assert len(set(identifiers)) == len(identifiers), "an identifier was used while in flight"


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_without_a_session_nothing_is_a_duplicate(daemon, version):
    """A broker that lost the session gets the same readings in new messages."""

    def script(connection):
        connection.read()
        connection.send(CONNACK[version, False])
        connection.read_until(PUBLISH, 4)

    readings = []
    for packets in published(daemon, version, script, script):
        assert not [p for p in packets if p[0] & 0x08]
        readings.append([re.search(rb'"id": "[^"]*"', body) for _, body in packets])
    first = [match.group() for match in readings[0] if match]
    assert first and first[0] == next(match.group() for match in readings[1] if match)


def test_the_limits_of_a_broker_are_kept(daemon):
    """Receive maximum, topic aliases, its own keepalive, and a largest packet."""
    limits = b"\x21\x00\x02\x22\x00\x01\x13\x00\x05\x27\x00\x00\x02\x00"

    def script(connection):
        connection.read()
        connection.send(b"\x20" + bytes((3 + len(limits), 0, 0, len(limits))) + limits)
        waiting = 0
        connection._sock.settimeout(1)
        for _ in range(12):
            try:
                first, _ = connection.read()
            except TimeoutError:
                # Two are in flight, the most that are allowed.
                assert waiting == 2
                waiting = 0
                for _, posted in connection.packets[-2:]:
                    connection.send(b"\x40\x02" + struct.pack(">H", publish_id(posted)))
                continue
            waiting += first & 0xF0 == PUBLISH
        connection._sock.settimeout(10)
        connection.read_until(0xC0)

    with ScriptedBroker(script) as broker:
        daemon(config(broker.port) + '[sensor.two]\ntype = "system"\ninterval = "100 ms"\n')
        assert broker.finished.wait(30)
    assert not broker.errors, broker.errors
    topics = [body[2 : 2 + body[1]].decode() for first, body in broker.connections[0].packets
              if first & 0xF0 == PUBLISH]  # fmt: skip
    # The only alias belongs to the first sensor: its topic is sent once.
    counts = sorted([topics.count(TOPIC), topics.count(TWO)])
    assert counts[0] == 1 and topics.count("") >= 2, topics


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"\x20\x02\x00\x01", "refused: the broker does not speak MQTT 5"),
        (b"\x20\x03\x00\x86\x00", "refused: bad user name or password"),
        (b"\x20\x09\x00\x97\x06\x1f\x00\x03off", "refused: quota exceeded (off)"),
        (b"\x20\x03\x00\x00\x00\xe0\x01\x8b", "the broker disconnected: the broker shuts down"),
        (b"\x20\x03\x01\x00\x00", "a session that was to be forgotten"),
        (b"\x20\x03\x00\x00\x00\xe0\x02\x00\x07", "properties longer than their packet"),
        (b"\x20\x03\x00\x00\x00\xf0\x00", "unexpected packet 0xf0"),
    ],
)
def test_refusals_of_version_5_are_in_words(daemon, answer, words):
    def script(connection):
        connection.read()
        connection.send(answer)
        time.sleep(0.5)

    with ScriptedBroker(script, script) as broker:
        running = daemon(config(broker.port))
        running.wait_for_message(words)
        wait_until(lambda: len(broker.connections) == 2, 5, "a second attempt")
        assert "a mistake in sensord" not in running.messages()


def test_a_message_the_broker_never_takes_does_not_stop_the_others(daemon):
    def script(connection):
        connection.read()
        connection.send(b"\x20\x03\x00\x00\x00")
        for n in range(12):
            _, body = connection.read_until(PUBLISH, n + 1)
            code = b"\x99" if b'"id"' in body and not connection.refused else b"\x00"
            connection.refused = connection.refused or code == b"\x99"
            connection.send(b"\x40\x03" + struct.pack(">H", publish_id(body)) + code)

    def begin(connection):
        connection.refused = False
        script(connection)

    with ScriptedBroker(begin) as broker:
        running = daemon(config(broker.port))
        assert broker.finished.wait(20)
        assert not broker.errors, broker.errors
        assert f"on {TOPIC} is set aside, see sensord outbox: payload format invalid" in (
            running.messages()
        )


def test_readings_expire_at_the_broker(tmp_path, daemon):
    """A subscriber that was away for long gets only the readings that are still of use."""
    with Broker(tmp_path) as broker:
        keep = ["-c", "-i", "away", "-V", "5", "-x", "600"]
        with Subscriber(broker, TOPIC, options=keep):
            pass
        running = daemon(config(broker.port, more='message_expiry = "1 s"'))
        wait_until(lambda: broker.log().count("Received PUBLISH") > 20, 15, "readings")
        running.stop()
        time.sleep(2)
        with Subscriber(broker, TOPIC, options=keep) as back:
            time.sleep(1)
            assert not back.readings(TOPIC)


def test_the_first_server_is_returned_to(tmp_path, daemon):
    """The daemon uses the second only while the first is down."""
    port = free_port()
    with Broker(tmp_path) as second:
        running = daemon(config(port, second.port, more='return_after = "2 s"'))
        running.wait_for_message(f"connected to mqtt://127.0.0.1:{second.port}")
        with Broker(tmp_path, port=port) as first, Subscriber(first) as subscriber:
            running.wait_for_message(f"connected to mqtt://127.0.0.1:{port}")
            subscriber.wait_for(TOPIC, 5)
            with Subscriber(second, f"sensord/{HOST}/status") as before:
                before.wait_for(f"sensord/{HOST}/status", payload="offline")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    make_certificates(folder)
    return folder


@pytest.mark.parametrize("tls", ["tlsv1.2", "tlsv1.3"])
@pytest.mark.parametrize("key", ["file", "credential"])
def test_a_client_certificate_instead_of_a_password(tmp_path, certificates, daemon, tls, key):
    lines = [f"certfile {certificates}/good.pem", f"keyfile {certificates}/good.key"]
    lines += [f"cafile {certificates}/ca.pem", "require_certificate true", f"tls_version {tls}"]
    lines += ["use_identity_as_username true", "allow_anonymous false"]
    with Broker(tmp_path, lines) as broker:
        more = f'ca_file = "{certificates}/ca.pem"\n'
        text = config(broker.port, scheme="mqtts", host="localhost", more=more)
        daemon(text).wait_for_message("TLS")
        assert "PUBLISH" not in broker.log()
        more += f'cert_file = "{certificates}/client.pem"\n'
        more += {
            "file": f'key_file = "{certificates}/client.key"',
            "credential": 'key_credential = "client.key"',
        }[key]
        text = config(broker.port, scheme="mqtts", host="localhost", more=more)
        running = daemon(text, {"CREDENTIALS_DIRECTORY": str(certificates)})
        running.wait_for_message("connected to")
        wait_until(lambda: "Received PUBLISH" in broker.log(), 5, "a reading")
        assert "u'board'" in broker.log()


def test_a_key_that_does_not_fit_is_told(tmp_path, certificates, daemon):
    more = f'ca_file = "{certificates}/ca.pem"\ncert_file = "{certificates}/client.pem"\n'
    more += f'key_file = "{certificates}/ca.pem"'
    running = daemon(config(free_port(), scheme="mqtts", host="localhost", more=more))
    running.wait_for_message(f"the key {certificates}/ca.pem cannot be used")
