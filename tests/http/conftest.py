# SPDX-License-Identifier: MIT
"""A server of the tests, and a daemon that posts to it."""

import pytest
from http_server import Server
from posting import starter


@pytest.fixture
def server():
    with Server() as running:
        yield running


@pytest.fixture
def posting(tmp_path, server):
    with starter(tmp_path, server) as start:
        yield start
