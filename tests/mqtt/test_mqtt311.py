# SPDX-License-Identifier: MIT
"""MQTT against a real mosquitto, and against servers that behave badly."""

import json
import os
import signal
import socket
import subprocess
import time

import pytest
from servers import BadServer, Proxy, make_certificates
from support import (
    MICROPYTHON,
    SENSORD,
    STOCK_MICROPYTHON,
    TOP,
    Broker,
    Subscriber,
    free_port,
    wait_until,
)

HOST = socket.gethostname()
TOPIC = f"sensord/{HOST}/board"

CONFIG = """
[mqtt]
server = {servers}
version = "3.1.1"
{more}
[sensor.board]
type = "system"
interval = "{interval}"
"""


def config(*ports, scheme="mqtt", host="127.0.0.1", more="", interval="100 ms"):
    servers = json.dumps([f"{scheme}://{host}:{port}" for port in ports])
    return CONFIG.format(servers=servers, more=more, interval=interval)


def uptimes(subscriber):
    return [reading["time"] for reading in subscriber.readings(TOPIC)]


def test_no_reading_is_lost_while_the_broker_restarts(tmp_path, daemon):
    """Brokers are updated and rebooted; the readings of that time must not be missing."""
    with Broker(tmp_path) as broker:
        running = daemon(config(broker.port) + "[journal]\nreadings = true\n")
        with Subscriber(broker) as before:
            before.wait_for(TOPIC, 5)
            broker.stop()
            seen = uptimes(before)
        running.wait_for_message("readings wait")
        time.sleep(1)
        broker.start()
        with Subscriber(broker) as after:
            after.wait_for(TOPIC, 25, 20)
            seen_after = uptimes(after)
    made = [json.loads(line.split(" ", 1)[1])["time"] for line in running.output().splitlines()]
    # The new subscriber may come after the daemon's reconnection; from then on nothing is missing.
    last = made.index(seen_after[-1])
    first = made.index(seen_after[0])
    assert seen_after == made[first : last + 1]
    assert first <= made.index(seen[-1]) + 40
    assert seen == made[made.index(seen[0]) : made.index(seen[-1]) + 1]


def test_no_reading_is_lost_when_the_connection_is_cut(broker, subscriber, daemon):
    """At least once: the daemon sends unacknowledged readings again."""
    with Proxy(broker.port) as proxy:
        running = daemon(
            config(proxy.port, interval="100 ms") + "[journal]\nreadings = true\n",
        )
        subscriber.wait_for(TOPIC, 3)
        for _ in range(3):
            proxy.cut()
            seen = len(subscriber.payloads(TOPIC))
            subscriber.wait_for(TOPIC, seen + 5, 15)
        running.stop()
        made = [
            json.loads(line.split(" ", 1)[1])["time"] for line in running.output().splitlines()
        ]
        wait_until(lambda: set(made) == set(uptimes(subscriber)), 5, "all readings")
        first_of_each = list(dict.fromkeys(uptimes(subscriber)))
        assert first_of_each == made, "not in order"


def test_the_next_server_is_tried(broker, subscriber, daemon):
    """When the first server of a list is down, the daemon uses the next."""
    running = daemon(config(free_port(), broker.port))
    subscriber.wait_for(TOPIC)
    assert "Connection refused" in running.messages()


@pytest.mark.parametrize("host", ["LocalHost", "localhost."])
def test_names_as_people_write_them(broker, daemon, host):
    running = daemon(config(broker.port, host=host))
    running.wait_for_message(f"connected to mqtt://{host}:{broker.port}")


def test_a_local_name_that_nobody_answers_to(daemon):
    """The board needs a package for such names, which few know."""
    running = daemon(config(1883, host="nobody-has-this-name.local"))
    running.wait_for_message(".local needs the package libnss-mdns, and the host must be on")


def test_refusals_are_in_words(tmp_path, daemon):
    """A wrong password must not look like a network fault."""
    with Broker(tmp_path, ["allow_anonymous false"]) as broker:
        running = daemon(config(broker.port, more='username = "me"\npassword = "secret"'))
        running.wait_for_message("refused: not authorized")
        assert "secret" not in running.messages()


def test_a_password_from_a_systemd_credential(tmp_path, daemon):
    """The password need not be in a file that other users can read."""
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "me", "s3cret"], check=True)
    lines = ["allow_anonymous false", f"password_file {passwords}"]
    with Broker(tmp_path, lines) as broker:
        credentials = tmp_path / "credentials"
        credentials.mkdir()
        (credentials / "mqtt").write_text("s3cret\n")
        more = 'username = "me"\npassword_credential = "mqtt"'
        environment = {"CREDENTIALS_DIRECTORY": str(credentials)}
        running = daemon(config(broker.port, more=more), environment)
        running.wait_for_message("connected to")
        running.stop()
        running = daemon(config(broker.port, more=more))
        running.wait_for_message("LoadCredential=mqtt:FILE")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    make_certificates(folder)
    return folder


def tls_broker(folder, certificates, name):
    lines = [f"certfile {certificates}/{name}.pem", f"keyfile {certificates}/{name}.key"]
    return Broker(folder, lines)


def test_tls_with_a_verified_certificate(tmp_path, certificates, daemon):
    """Readings over the internet need TLS; it works with the right CA."""
    with tls_broker(tmp_path, certificates, "good") as broker:
        more = f'ca_file = "{certificates}/ca.pem"'
        running = daemon(config(broker.port, scheme="mqtts", host="localhost", more=more))
        running.wait_for_message(f"connected to mqtts://localhost:{broker.port}")
        wait_until(lambda: broker.log().count("Received PUBLISH") > 10, 10, "messages")
        assert running.stop() == 0


@pytest.mark.parametrize(
    ("certificate", "ca", "words"),
    [
        ("wrong", "ca", "TLS: "),  # the name does not match
        ("good", "other-ca", "TLS: "),  # another CA
        ("good", None, "TLS: "),  # the system's CAs
    ],
)
def test_tls_refuses_a_certificate_that_does_not_verify(
    tmp_path, certificates, daemon, certificate, ca, words
):
    """Verification is on by default, so that no other server gets the readings."""
    with tls_broker(tmp_path, certificates, certificate) as broker:
        more = f'ca_file = "{certificates}/{ca}.pem"' if ca else ""
        running = daemon(config(broker.port, scheme="mqtts", host="localhost", more=more))
        running.wait_for_message(f"mqtts://localhost:{broker.port}: {words}")
        time.sleep(1)
        assert "connected to" not in running.messages()
        assert "CONNECT from" not in broker.log() and "PUBLISH" not in broker.log()


def test_an_idle_tls_connection_costs_nothing(tmp_path, certificates, daemon):
    """Polling the TLS layer a thousand times a second would be the largest load on a battery."""
    with tls_broker(tmp_path, certificates, "good") as broker:
        more = f'ca_file = "{certificates}/ca.pem"'
        text = config(broker.port, scheme="mqtts", host="localhost", more=more, interval="1 h")
        running = daemon(text)
        running.wait_for_message("connected to")
        time.sleep(1)
        switches = context_switches(running.pid)
        time.sleep(4)
        # One a second is the watchdog's; polling would make 4000.
        assert context_switches(running.pid) - switches < 60


def context_switches(pid):
    with open(f"/proc/{pid}/status") as status:
        return sum(int(line.split()[1]) for line in status if "ctxt_switches" in line)


ACCEPTED = b"\x20\x02\x00\x00"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "unexpected packet"),
        (b"\x20\x02\x00\x01", "refused: the broker does not speak MQTT 3.1.1"),
        (b"\x20\x02\x00\x63", "refused: return code 99"),
        (b"\xd0\x00", "the first answer is not a CONNACK"),
        (ACCEPTED + b"\x20\xff\xff\xff\xff\x7f", "remaining length"),
        (ACCEPTED + b"\x40\x02\x77\x77", "PUBACK for a message that was not sent"),
        (ACCEPTED + b"\x36\x05\x00\x01a\x00\x01", "QoS 3"),
        (ACCEPTED + b"\x30\x02\x00\x09", "PUBLISH shorter than its topic"),
        (ACCEPTED + b"\x00\x00", "unexpected packet 0x00"),
    ],
)
def test_malformed_answers_close_the_connection_and_no_more(daemon, answer, words):
    """After any input from the network the daemon goes on measuring and connects again."""
    with BadServer([answer] * 3) as server:
        running = daemon(config(server.port) + "[journal]\nreadings = true\n")
        running.wait_for_message(words)
        wait_until(lambda: len(server.connections) >= 2, 5, "a second attempt")
        before = running.output().count("board {")
        wait_until(lambda: running.output().count("board {") > before + 3, 5, "readings")
        assert running.process.poll() is None and "a mistake in sensord" not in running.messages()


def test_a_broker_that_goes_silent_is_noticed(daemon):
    """A dead link accepts data for minutes: only answers prove that it works."""
    with BadServer([ACCEPTED, b""]) as server:
        running = daemon(config(server.port, more='keepalive = "5 s"'))
        running.wait_for_message("no answer from the broker for 7 s", 12)


def test_readings_wait_within_bounds(daemon):
    """While a broker stays away, the daemon's memory stays bounded."""
    more = config(free_port(), interval="100 ms") + '[outbox]\nmax_size = "4 KiB"\n'
    running = daemon(more)
    running.wait_for_message("the outbox is full: the oldest readings are dropped", 15)


def test_a_sensor_that_is_removed_takes_its_status_along(broker, subscriber, daemon):
    """The retained status of a removed sensor would stay on the broker."""
    running = daemon(config(broker.port) + BOARD_TWO)
    subscriber.wait_for(f"sensord/{HOST}/two/status", payload="ok")
    running.config.write_text(config(broker.port))
    running.process.send_signal(signal.SIGHUP)
    subscriber.wait_for(f"sensord/{HOST}/two/status", payload="")


@pytest.mark.parametrize("interpreter", [MICROPYTHON, STOCK_MICROPYTHON])
def test_the_client_is_umqtts_with_await(broker, subscriber, interpreter):
    """Code written for umqtt works with the client, which needs only hal_linux."""
    path = ":".join([".frozen", str(TOP / "hal_linux"), str(TOP / "daemon")])
    done = subprocess.run(
        [interpreter, TOP / "tests/mqtt/umqtt_style.py", str(broker.port)],
        env={**os.environ, "MICROPYPATH": ".frozen" if interpreter == MICROPYTHON else path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "ok\n", done.stdout + done.stderr
    many = [int(payload) for payload in subscriber.wait_for("test/many", 1000)]
    assert many == list(range(1000))
    # The broker drops the will of a client that sent DISCONNECT.
    assert subscriber.payloads("test/will") == []


BOARD_TWO = '[sensor.two]\ntype = "system"\ninterval = "100 ms"\n'


def test_an_address_of_one_link(tmp_path, daemon):
    """A broker in the same network, without a router or a name server, has such an address."""
    port = free_port()
    configuration = tmp_path / "link.conf"
    configuration.write_text(f"user root\nlistener {port}\nallow_anonymous true\n")
    network = "ip link add pair0 type veth peer name pair1; ip link set lo up; "
    network += "ip link set pair1 up; ip link set pair0 up; "
    network += "ip -6 address add fe80::5/64 dev pair0 nodad; "
    broker = f"mosquitto -c {configuration} & broker=$!; trap 'kill $broker' EXIT; "
    script = network + broker + 'sleep 1; "$0" "$@" & daemon=$!; trap "kill $daemon" TERM; '
    script += "wait $daemon; wait $daemon"
    more = f'server = "mqtt://fe80::5%pair0:{port}"'
    running = daemon(
        CONFIG.replace("server = {servers}", more).format(more="", interval="1 s"),
        command=("unshare", "--net", "sh", "-c", script, SENSORD),
    )
    running.wait_for_message(f"connected to mqtt://[fe80::5%pair0]:{port}")
