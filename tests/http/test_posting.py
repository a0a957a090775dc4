# SPDX-License-Identifier: MIT
"""Readings as HTTP requests: if this fails, a database has none, or none of an outage."""

import base64
import json
import re
import signal
import socket
import time

import pytest
from http_server import NO_CONTENT, Server, answer
from servers import make_certificates
from support import ALSA_SOUNDS, TOP, Broker, Subscriber, wait_until

HOST = socket.gethostname()
INFLUX = 'format = "influx"\n'


def test_json(server, posting):
    running = posting()
    wait_until(lambda: len(server.requests) > 3, 10, "requests")
    request = server.requests[0]
    assert request.path == "/write?db=x"
    assert request.headers["host"] == f"localhost:{server.port}"
    assert request.headers["content-type"] == "application/json"
    (reading,) = request.readings()
    time_text = reading.pop("time")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time_text)
    assert re.fullmatch(r"[0-9a-f]{8}-1", reading.pop("id"))
    reading.pop("time_synchronized", None)
    assert reading == {"host": HOST, "sensor": "count", "fields": {"value": 1}}
    running.judge(copies=0)
    # One connection serves all.
    assert server.connections == 1


def test_the_page_shows_what_is_sent(server, posting):
    """A program is written by the sample in docs/http.md."""
    page = (TOP / "docs/http.md").read_text()
    (text,) = re.findall(r"^```js\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    (sample,) = json.loads(text)
    posting().wait_for_new()
    (reading,) = server.requests[0].readings()
    reading.pop("time_synchronized", None)
    assert list(reading) == list(sample)
    assert {key: type(value) for key, value in reading.items()} == {
        key: type(value) for key, value in sample.items()
    }
    for key in ("time", "id"):
        form = re.sub(r"\w", ".", sample[key])
        assert re.sub(r"\w", ".", reading[key])[: len(form) - 2] == form[:-2]


def test_influx(server, posting):
    more = '[host]\nlocation = "Harbour Street 1, east"\nroom = "a=b"\n'
    running = posting(INFLUX, more=more)
    running.wait_for_new()
    ((measurement, tags, fields, ns),) = server.requests[0].lines()
    assert measurement == "count"
    assert tags == {"host": HOST, "location": "Harbour Street 1, east", "room": "a=b"}
    fields.pop("time_synchronized", None)
    assert fields == {"value": 1.0}
    assert abs(ns / 1e9 - time.time()) < 60
    times = [line[3] for request in server.requests for line in request.lines()]
    assert times == sorted(set(times)) and any(ns % 1000000 for ns in times)
    running.judge(copies=0)


@pytest.mark.parametrize(
    ("keys", "header", "value"),
    [
        ('token = "abc"\n' + INFLUX, "authorization", "Token abc"),
        ('token = "abc"\n', "authorization", "Bearer abc"),
        (
            'username = "me"\npassword = "p:ü"\n',
            "authorization",
            "Basic " + base64.b64encode("me:p:ü".encode()).decode(),
        ),
        ('headers = {X-API-Key = "k 1"}\n', "x-api-key", "k 1"),
    ],
)
def test_login(server, posting, keys, header, value):
    posting(keys).wait_for_new()
    assert {request.headers.get(header) for request in server.requests} == {value}


def test_a_token_is_a_credential_and_is_read_anew(server, posting, tmp_path, monkeypatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    running = posting('token_credential = "influx"\n')
    running.daemon.wait_for_message('the credential "influx" cannot be read')
    (tmp_path / "influx").write_text("first\n")
    running.wait_for_new()
    (tmp_path / "influx").write_text("second\n")
    wait_until(lambda: server.requests[-1].headers["authorization"] == "Bearer second", 5, "it")
    running.judge(copies=0)


def test_readings_gather(server, posting):
    """A request each 2 s with all readings, on a network that costs by the request."""
    running = posting('interval = "2 s"\n')
    wait_until(lambda: len(server.requests) >= 4, 12, "four requests")
    times = [request.when for request in server.requests]
    assert all(1.9 < b - a < 3.5 for a, b in zip(times[:3], times[1:4], strict=True)), times
    assert all(len(request.readings()) > 10 for request in server.requests[1:4])
    start = time.monotonic()
    running.judge(copies=0)
    # The end of the daemon does not wait for the interval.
    assert time.monotonic() - start < 2.2
    assert "does not answer" not in running.daemon.messages()


def test_no_request_is_larger_than_the_batch(server, posting):
    server.stop()
    running = posting("batch = 7\n")
    wait_until(lambda: running.counter.count() > 40, 20, "readings")
    server.start()
    running.wait_for_new()
    running.judge(copies=0)
    sizes = [len(request.readings()) for request in server.requests]
    assert max(sizes) == 7 and sizes.count(7) >= 4, sizes


@pytest.mark.parametrize("keys", ["", INFLUX], ids=["json", "influx"])
def test_nothing_is_lost_while_the_server_is_away(server, posting, keys):
    running = posting(keys)
    slowest = 0
    for outage_s in (1, 4.5, 0.2):
        running.wait_for_new()
        server.stop()
        time.sleep(outage_s)
        server.start()
        slowest = max(slowest, running.wait_for_new())
    messages = running.daemon.messages()
    assert messages.count("ECONNREFUSED") + messages.count("refused") <= 2, messages
    running.judge()
    assert slowest < 10


def test_nothing_is_lost_when_the_daemon_is_killed(server, posting):
    running = posting()
    running.wait_for_new()
    for away in (False, True, True):
        if away:
            server.stop()
        time.sleep(1)
        running.kill()
        running.start()
        if away:
            time.sleep(1)
            server.start()
            running.wait_for_new()
    running.judge()


def test_a_broker_and_a_server_get_every_reading(server, posting, tmp_path):
    with Broker(tmp_path) as broker, Subscriber(broker, f"sensord/{HOST}/count") as reader:
        mqtt = f'[mqtt]\nserver = "mqtt://127.0.0.1:{broker.port}"\n'
        running = posting(more=mqtt)
        running.wait_for_new()
        server.stop()
        time.sleep(1)
        broker.stop()
        time.sleep(1)
        server.start()
        running.wait_for_new()
        assert (tmp_path / "outbox/http").is_dir()
        running.judge()
        before = len(reader.readings(f"sensord/{HOST}/count"))
        assert 0 < before < len(running.printed)
        assert "ignored" not in running.daemon.messages()
    # The broker's readings are still in its own outbox.
    with (
        Broker(tmp_path, port=broker.port) as broker,
        Subscriber(broker, f"sensord/{HOST}/count") as late,
    ):
        running.start("1 h")
        wait_until(
            lambda: len(late.readings(f"sensord/{HOST}/count")) >= len(running.printed) - before,
            10,
            "the rest",
        )


def test_another_format_for_the_readings_that_wait(server, posting):
    """They are posted in the form that the server of the new configuration takes."""
    server.stop()
    running = posting()
    wait_until(lambda: running.counter.count() > 5, 10, "readings")
    running.daemon.config.write_text(
        running.daemon.config.read_text().replace("[http]\n", "[http]\n" + INFLUX)
    )
    running.daemon.process.send_signal(signal.SIGHUP)
    running.daemon.wait_for_message("reloaded")
    server.start()
    running.wait_for_new()
    running.judge(copies=0)
    assert all(request.headers["content-type"].startswith("text") for request in server.requests)


def test_the_table_may_come_and_go(server, posting):
    """What waits when the table goes away is posted when it is back."""
    running = posting()
    running.wait_for_new()
    server.stop()
    time.sleep(1)
    whole = running.daemon.config.read_text()
    without = whole[whole.index("[metrics]") :]
    for text in (without, whole):
        running.daemon.config.write_text(text)
        reloads = running.daemon.messages().count("reloaded")
        running.daemon.process.send_signal(signal.SIGHUP)
        wait_until(
            lambda n=reloads: running.daemon.messages().count("reloaded") > n, 5, "a reload"
        )
        time.sleep(1)
    server.start()
    running.wait_for_new()
    running.stop()
    taken = server.taken()
    assert taken == sorted(set(taken))
    # Readings of the time without the table are for nobody.
    assert 5 < len(set(running.printed) - set(taken)) < 20


def test_recordings_end_when_all_readings_are_delivered(server, daemon):
    """A replay of a recording is a program that ends, and its last reading is at the server."""
    sound = ALSA_SOUNDS / "Front_Center.wav"
    running = daemon(
        f'[http]\nurl = "http://127.0.0.1:{server.port}/"\n[sensor.noise]\ntype = "sound"\n'
        f'replay = "{sound}"\ninterval = "100 ms"\nrate = 48000\n'
    )
    assert running.process.wait(20) == 0
    count = sum(len(request.readings()) for request in server.accepted)
    assert 10 < count < 20 and "did not reach" not in running.messages()


def test_readings_without_a_value_are_no_lines(server, posting):
    more = '[sensor.none]\ntype = "exec"\ncommand = ["echo", "x"]\ninterval = "200 ms"\n'
    running = posting(INFLUX, more=more)
    running.wait_for_new()
    wait_until(lambda: running.metric("sensord_http_outbox_readings") == 0, 5, "an empty outbox")
    assert {line[0] for request in server.requests for line in request.lines()} == {"count"}


def test_metrics(server, posting):
    running = posting()
    running.wait_for_new()
    wait_until(lambda: (running.metric("sensord_http_sent_total") or 0) > 5, 5, "readings sent")
    assert running.metric("sensord_http_refused_total") == 0
    server.stop()
    wait_until(lambda: running.metric("sensord_http_outbox_readings") > 5, 5, "readings wait")


def test_tls(tmp_path, posting):
    make_certificates(tmp_path)
    with Server(certificate=tmp_path / "good") as server:
        running = posting(f'ca_file = "{tmp_path}/ca.pem"\n', server=server, scheme="https")
        running.wait_for_new()
        server.cut()
        running.wait_for_new()
        running.judge()


def test_a_certificate_of_another_name(tmp_path, posting):
    make_certificates(tmp_path)
    with Server(certificate=tmp_path / "wrong") as server:
        running = posting(f'ca_file = "{tmp_path}/ca.pem"\n', server=server, scheme="https")
        running.daemon.wait_for_message("TLS: ")
        time.sleep(2)
        assert not server.requests
        assert running.daemon.messages().count("TLS: ") == 1


def test_an_idle_connection_that_the_server_closed(posting):
    """The usual end of a kept connection is no trouble, and no reading is lost or sent twice."""

    def close_later(request):
        def act(client):
            client.sendall(NO_CONTENT)
            time.sleep(0.05)

        return act

    with Server(close_later) as server:
        running = posting(server=server, interval="300 ms")
        wait_until(lambda: len(server.requests) > 5, 10, "requests")
        running.stop()
        values = [value for request in server.requests for value in request.values()]
        assert values == sorted(set(values)) and set(running.printed) <= set(values)
        assert "readings wait" not in running.daemon.messages()


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + NO_CONTENT,
        b"HTTP/1.1 202 Accepted\r\nConnection: close\r\n\r\nuntil the end",
        b"HTTP/1.0 200 OK\r\nServer: old\r\n\r\nok",
        b"HTTP/1.0 201 Created\r\nContent-Length: 2\r\n\r\nok",
        answer("200 OK", b"x" * 5000),
        b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
    ],
    ids=["chunked", "continue", "to-the-end", "1.0", "1.0-length", "length", "close"],
)
def test_every_form_of_an_answer(server, posting, reply):
    server.respond = lambda request: reply
    running = posting()
    running.wait_for_new()
    running.wait_for_new()
    running.judge(copies=0)
    assert "readings wait" not in running.daemon.messages()
