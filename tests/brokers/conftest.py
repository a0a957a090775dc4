# SPDX-License-Identifier: MIT
"""Runs each broker for the tests in a row that need it, and compares what they see with
docs/brokers.md; with BROKERS_PAGE=write it writes the page instead."""

import os

import pytest
from brokers import facts, limit_facts, page, scenarios

_WRITING = os.environ.get("BROKERS_PAGE") == "write"
_running = {}


@pytest.fixture(scope="session")
def broker_of(tmp_path_factory):
    """broker_of(kind, **limits): a running broker. It ends when another one is asked for."""

    def get(kind, **limits):
        wanted = (kind, *limits.items())
        if wanted not in _running:
            _end()
            folder = tmp_path_factory.mktemp("broker")
            _running[wanted] = kind(folder, **limits)
        broker = _running[wanted]
        if broker.process.poll() is not None:
            # A test failed between its end and its new start.
            broker.start()
        return broker

    yield get
    _end()


def _end():
    for broker in _running.values():
        broker.__exit__()
    _running.clear()


@pytest.fixture
def same_as_page(record_property):
    """same_as_page(heading, row, column, {version: words}) fails if the page's cell differs."""

    def check(heading, row, column, found):
        text = page.cell(found)
        record_property("cell", (heading, row, column, text))
        if not _WRITING:
            table = page.read(heading)
            columns = {key[1] for key in table}
            assert column in columns, f"docs/brokers.md is for {columns}: this is {column}"
            there = table.get((row, column))
            assert text == there, f"docs/brokers.md, {heading}: {row}, {column} says {there!r}"

    return check


def pytest_runtest_logreport(report):
    for name, value in report.user_properties if report.when == "call" else ():
        if name == "cell":
            heading, row, column, text = value
            _seen.setdefault(heading, {})[row, column] = text


_seen = {}
_ROWS = (
    *facts.FACTS,
    *scenarios.SCENARIOS,
    *(f for _, _, found in limit_facts.LIMITS for f in found),
)
_ORDER = [
    *("mosquitto", "RabbitMQ", "ejabberd", "NATS", "aedes", "amqtt"),
    *dict.fromkeys(name for _, limits, _ in limit_facts.LIMITS for name in limits),
    *("in `[mqtt]`", "3.1.1", "5"),
    *dict.fromkeys(row.__doc__ for row in _ROWS),
]


def pytest_sessionfinish(session):
    if _WRITING and not hasattr(session.config, "workerinput"):
        for heading, cells in _seen.items():
            page.write(heading, cells, _ORDER)
