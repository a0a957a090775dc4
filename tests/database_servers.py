# SPDX-License-Identifier: MIT
"""InfluxDB and VictoriaMetrics, of Debian."""

import contextlib
import json
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from support import free_port, stop, wait_until


class _Database:
    """A running database; `port` is that of its HTTP server."""

    def __init__(self, folder):
        self.port = free_port()
        self.folder = folder
        self.start()

    def get(self, path, method="GET", **query):
        url = f"http://127.0.0.1:{self.port}{path}?{urllib.parse.urlencode(query)}"
        request = urllib.request.Request(url, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read().decode()

    def _run(self, command):
        with open(self.folder / "database.log", "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        wait_until(self._answers, 20, "the database answers")

    def _answers(self):
        with contextlib.suppress(OSError):
            self.get(self.alive)
            return True

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        stop(self.process, 20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class InfluxDB(_Database):
    """InfluxDB 1.6 with a database `x`."""

    path = "/write?db=x"
    alive = "/ping"

    def __init__(self, folder, users=False):
        self._users = users
        super().__init__(folder)
        if not users:
            self.query("CREATE DATABASE x")

    def start(self):
        rpc = free_port()
        config = self.folder / "influxdb.conf"
        config.write_text(
            f'reporting-disabled = true\nbind-address = "127.0.0.1:{rpc}"\n'
            f'[meta]\ndir = "{self.folder}/meta"\n'
            f'[data]\ndir = "{self.folder}/data"\nwal-dir = "{self.folder}/wal"\n'
            f'[http]\nbind-address = "127.0.0.1:{self.port}"\n'
            f"auth-enabled = {str(self._users).lower()}\n[monitor]\nstore-enabled = false\n"
        )
        self._run(["influxd", "-config", config])

    def query(self, text, **more):
        """The rows of a statement, each a list with the time in ns first."""
        found = json.loads(self.get("/query", "POST", db="x", q=text, epoch="ns", **more))
        (result,) = found["results"]
        assert "error" not in result, result
        return [row for series in result.get("series", ()) for row in series["values"]]

    def taken(self):
        try:
            rows = self.query('SELECT "value" FROM "count" ORDER BY time')
        except OSError:
            return []
        return [int(row[1]) for row in rows]


class VictoriaMetrics(_Database):
    """A single node, by the API of InfluxDB 2."""

    path = "/api/v2/write?org=o&bucket=b&precision=ms"
    alive = "/health"

    def start(self):
        self._run(
            ["victoria-metrics", f"-httpListenAddr=127.0.0.1:{self.port}",
             f"-storageDataPath={self.folder}/victoria", "-retentionPeriod=100y",
             "-memory.allowedBytes=100MB"]
        )  # fmt: skip

    def series(self, match):
        """[(labels, values)] of the series that match."""
        self.get("/internal/force_flush")
        lines = self.get("/api/v1/export", **{"match[]": match}).splitlines()
        return [(line["metric"], line["values"]) for line in map(json.loads, lines)]

    def taken(self):
        try:
            found = self.series("count_value")
        except OSError:
            return []
        return [int(value) for _, values in found for value in values]
