# SPDX-License-Identifier: MIT
"""A board at each broker gets what docs/brokers.md promises: the readings, states and commands."""

import pytest
from brokers import limit_scenarios, page, scenarios
from brokers.kinds import KINDS
from brokers.params import of_kind, setting


@pytest.mark.parametrize(
    ("kind", "scenario"),
    [
        of_kind(kind, one, name=one.__name__, part="boards")
        for kind in KINDS
        for one in scenarios.SCENARIOS
    ],
)
def test_board(broker_of, same_as_page, tmp_path, kind, scenario):
    broker = broker_of(kind)
    found = {}
    for version in broker.versions:
        (tmp_path / version).mkdir()
        found[version] = scenario(broker, version, tmp_path / version)
    same_as_page(page.BOARDS, scenario.__doc__, broker.name, found)


@pytest.mark.parametrize(
    ("kind", "limits", "mqtt", "scenario"),
    [
        of_kind(kind, limits, mqtt, scenario, name="-".join(limits), part="limits")
        for kind, limits, mqtt, scenario in limit_scenarios.LIMITS
    ],
)
def test_board_at_a_limit(broker_of, same_as_page, tmp_path, kind, limits, mqtt, scenario):
    broker = broker_of(kind, **limits)
    row = f"{broker.name}, {setting(limits)}: {scenario.__doc__}"
    same_as_page(page.BOARDS_AT_LIMITS, row, "in `[mqtt]`", limit_scenarios.shown(mqtt))
    for version in broker.versions:
        (tmp_path / version).mkdir()
        words = scenario(broker, version, tmp_path / version, mqtt.get(version, ""))
        same_as_page(page.BOARDS_AT_LIMITS, row, version, {version: words})
