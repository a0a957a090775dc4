# SPDX-License-Identifier: MIT
"""Each broker does with single packets what docs/brokers.md says: a user who reads that a broker
closes the connection without a word must see just that."""

import pytest
from brokers import facts, limit_facts, page
from brokers.kinds import KINDS
from brokers.params import of_kind, setting


@pytest.mark.parametrize(
    ("kind", "fact"),
    [
        of_kind(kind, fact, name=fact.__name__, part="packets")
        for kind in KINDS
        for fact in facts.FACTS
    ],
)
def test_packet(broker_of, same_as_page, kind, fact):
    broker = broker_of(kind)
    found = {version: fact(broker, version) for version in broker.versions}
    same_as_page(page.PACKETS, fact.__doc__, broker.name, found)


@pytest.mark.parametrize(
    ("kind", "limits", "fact"),
    [
        of_kind(kind, limits, fact, name="-".join([*limits, fact.__name__]), part="limits")
        for kind, limits, seen in limit_facts.LIMITS
        for fact in seen
    ],
)
def test_packet_at_a_limit(broker_of, same_as_page, kind, limits, fact):
    broker = broker_of(kind, **limits)
    row = f"{broker.name}, {setting(limits)}: {fact.__doc__}"
    for version in broker.versions:
        words = fact(broker, version)
        if words is not None:
            same_as_page(page.LIMITS, row, version, {version: words})
