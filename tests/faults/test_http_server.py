# SPDX-License-Identifier: MIT
"""An HTTP server that dies, hangs, answers with nonsense, or refuses a reading."""

import random
import time

import pytest
from http_server import NO_CONTENT, Server, answer
from posting import starter
from support import wait_until

MEMORY_KB = 100


class Trial:
    """A daemon that posts to a server, and the requirements."""

    def __init__(self, start, server):
        self.server = server
        self.running = start('timeout = "5 s"\n')
        self.running.wait_for_new(20)
        time.sleep(3)
        self._private = self.running.daemon.memory_kb()["Private"]

    def judge(self, row, fault, recovery_s, refused=()):
        assert recovery_s <= 10
        time.sleep(3)
        memory_kb = self.running.daemon.memory_kb()["Private"] - self._private
        first = self.running.judge(without=refused)
        assert memory_kb <= MEMORY_KB, f"{memory_kb} kB more private memory"
        copies = len(self.server.taken()) - len(first)
        row(fault, len(self.running.printed), copies, recovery_s, memory_kb)


@pytest.fixture
def trial(tmp_path):
    with Server() as server, starter(tmp_path, server) as start:
        yield Trial(start, server)


def test_killed_and_started_again(trial, row):
    chance = random.Random(2026)
    slowest = 0
    for _ in range(10):
        trial.server.stop()
        time.sleep(chance.uniform(0, 6))
        trial.server.start()
        slowest = max(slowest, trial.running.wait_for_new())
        time.sleep(chance.uniform(0, 2))
    trial.judge(row, "HTTP server killed 10 times", slowest)


def _garbage(client):
    client.sendall(random.Random(1).randbytes(5000))


def _flood(client):
    client.sendall(b"HTTP/1.1 500 No\r\n\r\n")
    while True:
        client.sendall(bytes(65536))


@pytest.mark.parametrize(
    ("reply", "name"),
    [
        (lambda client: time.sleep(60), "HTTP server accepts and says nothing"),
        (_garbage, "HTTP server answers garbage"),
        (_flood, "HTTP server floods"),
        (answer("500 Internal Server Error"), "HTTP server fails on everything"),
        (answer("400 Bad Request"), "HTTP server refuses everything"),
        (answer("401 Unauthorized"), "HTTP server refuses the login"),
    ],
    ids=["silence", "garbage", "flood", "500", "400", "401"],
)
def test_a_server_that_takes_nothing(trial, row, reply, name):
    trial.server.respond = lambda request: reply
    before = trial.running.counter.count()
    time.sleep(30)
    assert trial.running.counter.count() - before > 225, "a sensor waited for the server"
    trial.server.respond = lambda request: NO_CONTENT
    trial.judge(row, name, trial.running.wait_for_new())


@pytest.mark.parametrize(
    ("reply", "name"),
    [
        (answer("400 Bad Request"), "HTTP server refuses 5 readings"),
        (answer("500 Internal Server Error"), "HTTP server fails on 5 readings"),
        (lambda client: None, "HTTP server hangs up on 5 readings"),
    ],
    ids=["400", "500", "hang-up"],
)
def test_poison(trial, row, reply, name):
    last = trial.running.counter.count()
    poison = {last + n for n in (20, 21, 22, 40, 90)}
    trial.server.respond = lambda request: reply if set(request.values()) & poison else NO_CONTENT
    slowest = 0
    for number in sorted(poison):
        wait_until(lambda n=number: trial.running.counter.count() >= n, 20, "the reading")
        slowest = max(slowest, trial.running.wait_for_new())
    refused = "sensord_http_refused_total"
    wait_until(lambda: trial.running.metric(refused) == len(poison), 30, "the refusals")
    trial.judge(row, name, slowest, poison)
