# SPDX-License-Identifier: MIT
"""Fixtures of the integration tests. They run in the build root, on real programs."""

import pytest
from support import ALSA_SOUNDS, Broker, Daemon, Microphone, Subscriber


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path) as running:
        yield running


@pytest.fixture
def subscriber(broker):
    with Subscriber(broker) as running:
        yield running


@pytest.fixture
def microphone(tmp_path):
    with Microphone(tmp_path, [ALSA_SOUNDS / "Front_Center.wav"]) as running:
        yield running


@pytest.fixture
def daemon(tmp_path):
    """Starts daemons: daemon(config, environment). They are stopped at the end of the test."""
    started = []

    def start(config, environment=None, **kwargs):
        started.append(Daemon(tmp_path, config, environment, **kwargs))
        return started[-1]

    yield start
    for running in started:
        running.stop()
