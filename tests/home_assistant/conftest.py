# SPDX-License-Identifier: MIT
"""A real Home Assistant beside a real broker, for each version that is installed."""

import json
import queue
import subprocess
import threading
import time

import pytest
from support import TOP, Broker, Daemon, free_port, wait_until

VERSIONS = ("2025", "2026")
CORE = TOP / "tests/home_assistant/core.py"


class Core:
    """Home Assistant's core with its MQTT integration, in a process of its own."""

    def __init__(self, version, folder, broker):
        self._command = [TOP / f"build/home-assistant/{version}/bin/python", CORE, folder]
        self._broker = broker
        folder.mkdir(exist_ok=True)
        (folder / "configuration.yaml").touch()
        self.log = folder / "log"
        self.start()

    def start(self):
        ports = [str(self._broker.port), str(free_port())]
        self._log = self.log.open("ab")
        self._process = subprocess.Popen(
            [*self._command, *ports],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self._answers = queue.Queue()
        threading.Thread(target=self._collect, args=(self._process.stdout,), daemon=True).start()
        assert self._answer(120) == "ready"

    def _collect(self, stream):
        for line in stream:
            self._answers.put(line)

    def _answer(self, timeout_s):
        try:
            answer = json.loads(self._answers.get(timeout=timeout_s))
        except queue.Empty:
            raise AssertionError(f"no answer: {self.log.read_text()[-4000:]}") from None
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def do(self, name, **arguments):
        """The result of one of the Commands of core.py."""
        self._process.stdin.write(json.dumps({"do": name, **arguments}) + "\n")
        self._process.stdin.flush()
        return self._answer(60)

    def entities(self):
        """{identifier without that of the device: entity}; two of one would be an error."""
        found = {}
        for unique_id, entity in self.do("entities").items():
            key = unique_id.partition("-")[2] if "-" in unique_id else unique_id
            found[key] = {**entity, "unique_id": unique_id}
        return found

    def wait_for(self, condition, timeout_s=30):
        """The entities, once `condition(entities)` holds."""
        last = {}

        def holds():
            time.sleep(0.2)
            last.clear()
            last.update(self.entities())
            return condition(last)

        try:
            wait_until(holds, timeout_s, "the entities")
        except AssertionError:
            raise AssertionError(f"{last}\n{self.log.read_text()[-4000:]}") from None
        return last

    def troubles(self):
        """The warnings and errors in its log that are about MQTT."""
        lines = self.log.read_text().splitlines()
        return [
            line
            for line in lines
            if line.startswith(("WARNING", "ERROR"))
            and ("mqtt" in line or "template" in line or "sensord" in line)
        ]

    def stop(self):
        self._process.stdin.close()
        try:
            self._process.wait(30)
        finally:
            self._process.kill()
            self._process.wait()
            self._log.close()


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path, verbose=False) as broker:
        yield broker


@pytest.fixture(params=VERSIONS)
def core(request, tmp_path, broker):
    core = Core(request.param, tmp_path / "home-assistant", broker)
    yield core
    core.stop()


@pytest.fixture(params=VERSIONS)
def version(request):
    return request.param


@pytest.fixture
def daemon(tmp_path):
    """Starts daemons; they are stopped at the end of the test."""
    started = []

    def start(config, environment=None, **kwargs):
        started.append(Daemon(tmp_path, config, environment, **kwargs))
        return started[-1]

    yield start
    for running in started:
        running.stop()
