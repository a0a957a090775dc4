# SPDX-License-Identifier: MIT
"""Servers that stall, flood and talk nonsense: the sensors measure on, and no reading is lost."""

import random
import time

import pytest
from http_server import NO_CONTENT, answer
from support import wait_until


def hang_up(client):
    """Closes without an answer."""


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
    time.sleep(5)
    assert running.counter.count() - before > 30, "a sensor waited for the server"
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
