# SPDX-License-Identifier: MIT
"""Fixtures of the fleet's tests: real brokers and a real database on loopback."""

import pytest
from fleet.boards import Board, Reader
from fleet.brokers import Cluster

READER = ("reader", "secret of the reader")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    running = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def board(tmp_path):
    """Starts boards: board(name, servers, ...). They are stopped at the end of the test."""
    started = []

    def start(*arguments, **settings):
        started.append(Board(tmp_path, *arguments, **settings))
        return started[-1]

    yield start
    for running in started:
        running.stop()


@pytest.fixture
def connected(board):
    """Starts boards, connected({name: servers}), and waits until each has a connection."""

    def start(servers):
        started = [board(name, each) for name, each in servers.items()]
        for one in started:
            one.daemon.wait_for_message("connected to", 30)
        return started

    return start


@pytest.fixture
def reader(cluster):
    """A reader of all topics, at any node."""
    with Reader([node.address for node in cluster.nodes], "sensord/+/+", READER) as running:
        yield running
