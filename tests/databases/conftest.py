# SPDX-License-Identifier: MIT
"""Databases for a test, and a daemon that posts to one."""

import pytest
from database_servers import InfluxDB, VictoriaMetrics
from posting import starter


@pytest.fixture
def influxdb(tmp_path):
    with InfluxDB(tmp_path) as running:
        yield running


@pytest.fixture
def victoria(tmp_path):
    with VictoriaMetrics(tmp_path) as running:
        yield running


@pytest.fixture
def posting(tmp_path):
    with starter(tmp_path, None) as start:
        yield lambda database, keys="", **more: start(
            'format = "influx"\n' + keys, server=database, **{"path": database.path, **more}
        )
