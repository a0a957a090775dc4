# SPDX-License-Identifier: MIT
"""Servers that refuse, stall, flood and talk nonsense: no reading is lost but those that were
refused, and the sensors measure on."""

import random
import time

import pytest
from http_server import NO_CONTENT, answer
from support import wait_until

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
    wait_until(lambda: running.counter.count() > 120, 30, "readings")
    # Not more than a few attempts a second, and one line in the journal.
    assert len(server.requests) < 60, len(server.requests)
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


def drip(client):
    for byte in b"HTTP/1.1 204 No Content\r\nX-Slow: " + b"y" * 1000:
        client.sendall(bytes([byte]))
        time.sleep(0.2)


def flood(begin):
    def act(client):
        client.sendall(begin)
        while True:
            client.sendall(b"x" * 65536)

    return act


def garbage(client):
    client.sendall(random.Random(1).randbytes(5000))


def silence(client):
    time.sleep(30)


def half(client):
    client.sendall(b"HTTP/1.1 204 No Con")


@pytest.mark.parametrize(
    "act",
    [
        drip,
        flood(b"HTTP/1.1 400 No\r\n\r\n"),
        flood(b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n"),
        flood(b"HTTP/1.1 204 No\r\nX: "),
        flood(b""),
        garbage,
        silence,
        half,
        hang_up,
    ],
    ids=["drip", "flood", "chunk", "header", "line", "garbage", "silence", "half", "hang-up"],
)
def test_something_else_in_the_servers_place(server, posting, act):
    running = posting('timeout = "2 s"\n')
    running.wait_for_new()
    private = running.daemon.memory_kb()["Private"]
    server.respond = lambda request: act
    before = running.counter.count()
    time.sleep(8)
    assert running.counter.count() - before > 50, "a sensor waited for the server"
    assert running.daemon.memory_kb()["Private"] - private < 150
    server.respond = lambda request: NO_CONTENT
    assert running.wait_for_new() < 10
    messages = running.daemon.messages()
    assert messages.count("readings wait\n") <= 3, messages
    running.judge()


def test_an_answer_to_no_request_is_not_taken_for_one(server, posting):
    """Two answers to one request, the second late: the next request's own answer counts."""
    poisoned = []

    def twice(request):
        if len(server.requests) % 2:
            return NO_CONTENT + b"HTTP/1.1 204 Stale\r\n\r\n"
        poisoned.append(request)
        return answer("503 Busy")

    server.respond = twice
    running = posting()
    wait_until(lambda: len(server.requests) > 6, 30, "requests")
    server.respond = lambda request: NO_CONTENT
    running.wait_for_new()
    running.judge(copies=0)
    assert poisoned


def test_the_server_is_stopped_for_a_minute(server, posting):
    """A half-open connection: the kernel takes the data, and no one answers."""
    running = posting('timeout = "3 s"\n')
    running.wait_for_new()
    server.respond = lambda request: silence
    running.daemon.wait_for_message("no answer within 3 s")
    running.daemon.wait_for_message("http", 5)
    server.respond = lambda request: NO_CONTENT
    assert running.wait_for_new() < 10
    running.judge()
