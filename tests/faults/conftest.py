# SPDX-License-Identifier: MIT
"""Fixtures of the fault campaign: real programs on loopback, as in the integration tests."""

import pytest
from support import Broker, Subscriber


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path) as running:
        yield running


@pytest.fixture
def subscriber(broker):
    with Subscriber(broker) as running:
        yield running
