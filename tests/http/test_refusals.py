# SPDX-License-Identifier: MIT
"""Servers that refuse a reading, or all of them: no reading is lost but those that were refused
while others were taken."""

import json
import signal
import subprocess

import pytest
from http_server import NO_CONTENT, answer
from support import SENSORD, wait_until

INFLUX = 'format = "influx"\n'


def refuse(poison, reply):
    """Answers with `reply` to requests that have a value of `poison`."""
    return lambda request: reply if set(request.values()) & poison else NO_CONTENT


def hang_up(client):
    """Closes without an answer."""


@pytest.mark.parametrize("status", ["400 Bad Request", "413 Too Large", "422 Unprocessable"])
@pytest.mark.parametrize("keys", ["", INFLUX], ids=["json", "influx"])
def test_a_reading_that_is_refused_is_set_aside(server, posting, keys, status):
    server.stop()
    server.respond = refuse(
        {3, 9, 10}, answer(status, b'{"code":"invalid","message":"no \\u001b[31m"}')
    )
    running = posting(keys)
    wait_until(lambda: running.counter.count() > 20, 10, "readings")
    server.start()
    running.wait_for_new()
    wait_until(lambda: running.metric("sensord_http_refused_total") == 3, 5, "three refused")
    running.judge(without={3, 9, 10}, copies=0)
    messages = running.daemon.messages()
    assert messages.count("refuses a reading of count") == 1, messages
    assert "bytes), which is set aside: " + status in messages
    assert "\x1b" not in messages


def test_what_was_set_aside_can_be_listed_and_sent_again(server, posting):
    """The server has been mended: what it refused until then is not lost."""
    server.respond = refuse({4, 6}, answer("400 Bad Request", b"no"))
    running = posting()
    wait_until(lambda: running.metric("sensord_http_refused_total") == 2, 20, "two refused")

    def command(*words):
        return subprocess.run(
            [SENSORD, "outbox", "--config", running.daemon.config, *words],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip

    rows = [line.split("\t") for line in command().splitlines()]
    assert [(row[0], row[3], row[4]) for row in rows] == [
        ("http:1", "count", "400 Bad Request: no"),
        ("http:2", "count", "400 Bad Request: no"),
    ]
    assert json.loads(command("show", "http:2"))["fields"] == {"value": 6}
    command("drop", "http:2")
    # Also in the other format.
    config = running.daemon.config
    config.write_text(config.read_text().replace("[http]\n", "[http]\n" + INFLUX))
    running.daemon.process.send_signal(signal.SIGHUP)
    running.daemon.wait_for_message("reloaded")
    server.respond = lambda request: NO_CONTENT
    command("send", "all")
    wait_until(lambda: 4 in server.taken(), 10, "the reading")
    assert not command()
    running.stop()
    assert set(running.printed) - set(server.taken()) == {6}


@pytest.mark.parametrize(
    "reply", [answer("500 Internal Server Error"), hang_up], ids=["500", "hang-up"]
)
def test_a_reading_at_which_the_server_fails_is_set_aside(server, posting, reply):
    server.respond = refuse({7}, reply)
    running = posting()
    wait_until(lambda: running.metric("sensord_http_refused_total") == 1, 60, "one refused")
    running.wait_for_new()
    running.stop()
    taken = server.taken()
    assert set(running.printed) - set(taken) == {7}
    assert sorted(taken) == list(dict.fromkeys(sorted(taken)))


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (answer("401 Unauthorized"), "check the token, or username and password"),
        (answer("403 Forbidden", b"no"), "may not write there"),
        (answer("404 Not Found", b'{"error":"database not found: \\"x\\""}'), "the bucket in url"),
        (answer("405 Method Not Allowed"), "check the path in url"),
        (
            answer("301 Moved Permanently", headers="Location: https://other/write\r\n"),
            "it leads to https://other/write: put the right address into url",
        ),
        (answer("307 Temporary Redirect", headers="Location: /w\r\n"), "it leads to /w"),
        (answer("400 Bad Request", b"everything"), "400 Bad Request: everything"),
        (answer("500 Internal Server Error", b"<html>"), "500 Internal Server Error; "),
        (answer("501 Not Implemented"), "501 Not Implemented"),
        (answer("502 Bad Gateway"), "502 Bad Gateway"),
    ],
)
def test_a_server_that_takes_nothing_loses_nothing(server, posting, reply, words):
    server.respond = lambda request: reply
    running = posting()
    running.daemon.wait_for_message(words)
    wait_until(lambda: running.counter.count() > 40, 30, "readings")
    # Not more than a few attempts a second, and one line in the journal.
    assert len(server.requests) < 40, len(server.requests)
    assert running.daemon.messages().count(words) == 1, running.daemon.messages()
    server.respond = lambda request: NO_CONTENT
    assert running.wait_for_new() < 10
    running.judge(copies=0)
    assert running.metric("sensord_http_refused_total") == 0


@pytest.mark.parametrize("status", ["503 Service Unavailable", "429 Too Many Requests"])
def test_the_server_says_when_to_come_again(server, posting, status):
    server.respond = lambda request: answer(status, headers="Retry-After: 6\r\n")
    running = posting()
    wait_until(lambda: len(server.requests) == 2, 20, "two requests")
    assert 5.9 < server.requests[1].when - server.requests[0].when < 7.5
    server.respond = lambda request: NO_CONTENT
    running.wait_for_new()
    running.judge(copies=0)
