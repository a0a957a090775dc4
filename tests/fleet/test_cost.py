# SPDX-License-Identifier: MIT
"""A thousand boards at once: every reading arrives, for the bytes that the page states."""

import contextlib
import re

import pytest
from fleet.cost import CLIENTS, FORMATS, READER, add_boards, mosquitto
from fleet.replay import record, replay
from support import TOP


@contextlib.contextmanager
def ours(cluster):
    add_boards(cluster)
    yield [node.address for node in cluster.nodes], []
    cluster.nodes[0].ctl("delete_user", "boards")


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", ["mosquitto", "three RabbitMQ nodes"])
def test_a_thousand_boards(cluster, name, form):
    """People who plan a fleet, or pay for each byte, must be able to rely on the table."""
    with mosquitto() if name == "mosquitto" else ours(cluster) as (servers, _):
        traffic = replay(servers, CLIENTS, 10, record(form), READER, contextlib.nullcontext())
    assert CLIENTS * 9 < traffic.readings < CLIENTS * 12
    page = (TOP / "docs/fleet.md").read_text()
    (told,) = re.findall(rf"^\| {name} \| {form} \| \d+ \| (\d+), \d+ \|", page, re.MULTILINE)
    up, down = (size / traffic.readings for size in traffic.bytes)
    assert abs(up / int(told) - 1) < 0.05, (up, told)
    # A PUBACK, and a separate segment for TCP's acknowledgement if the broker is slow.
    assert 56 <= down < 112, down
