# SPDX-License-Identifier: MIT
"""The fault campaign's part of the outbox: killed at random, more often than in `make test`."""

from counting import TOPIC, killed
from support import Broker, Subscriber

KILLS = 200


def test_daemon_killed_at_random(tmp_path, broker, subscriber):
    """200 times kill -9: 0 readings lost of those in the outbox, 0 out of order."""
    readings, copies = killed(tmp_path, broker, subscriber, KILLS, 2026)
    print(f"daemon killed {KILLS} times: {readings} readings, 0 lost, {copies} second copies")


def test_daemon_and_broker_killed_at_random(tmp_path):
    """Both at once: the outbox moves between memory and disk while it happens."""
    # The broker keeps what the reader has not seen, as it does for any that asks for it.
    lines = ["persistence true", f"persistence_location {tmp_path}/", "max_queued_messages 0"]
    keep = ["-c", "-i", "reader"]
    with Broker(tmp_path, lines) as broker, Subscriber(broker, TOPIC, options=keep) as reader:
        readings, copies = killed(tmp_path, broker, reader, 20, 2027, broker_kills=True)
    print(f"daemon and broker killed: {readings} readings, 0 lost, {copies} second copies")
