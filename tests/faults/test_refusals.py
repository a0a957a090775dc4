# SPDX-License-Identifier: MIT
"""A message that is refused, brokers with limits, and a second client of the same name."""

import json
import socket
import subprocess
import threading
import time

import pytest
from counting import HOST
from support import wait_until
from trial import Trial

POISON = f"sensord/{HOST}/poison"
# From the first of them until the broker is known to take none on that topic
SETTLED_S = 15


def poison(folder, size=10, interval="500 ms"):
    """A second sensor, whose readings are refused."""
    file = folder / "poison.json"
    file.write_text(json.dumps({"x": "y" * size}))
    return (
        f'[sensor.poison]\ntype = "exec"\ncommand = ["cat", "{file}"]\ninterval = "{interval}"\n'
    )


def set_aside(folder):
    lines = (folder / "outbox/refused").read_text().splitlines()
    return [json.loads(line)["topic"] for line in lines]


class ClosingProxy:
    """Ends a connection at each packet of the client that contains some bytes."""

    def __init__(self, wrong):
        self._wrong = wrong
        self._target = None
        self._server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    def aim(self, broker):
        self._target = broker.port
        return self._server.getsockname()[1]

    def _accept(self):
        while True:
            try:
                client, _ = self._server.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            for ends in ((client, server, self._wrong), (server, client, None)):
                threading.Thread(target=self._copy, args=ends, daemon=True).start()

    def _copy(self, source, target, wrong):
        try:
            while data := source.recv(65536):
                if wrong is not None and wrong in data:
                    break
                target.sendall(data)
        except OSError:
            # The other direction has ended it.
            pass
        for end in (source, target):
            end.close()

    def close(self):
        self._server.close()


@pytest.mark.parametrize("version", ["3.1.1", "5"])
@pytest.mark.parametrize("form", ["too large", "denied", "connection ends"])
def test_a_message_that_is_refused(tmp_path, row, version, form):
    if form == "denied" and version == "3.1.1":
        # mosquitto acknowledges it and drops it, so nobody is stopped.
        form = "denied in silence"
    rules = tmp_path / "rules"
    rules.write_text(f"topic read #\ntopic write sensord/{HOST}/count\n")
    rules.write_text(rules.read_text() + f"topic write sensord/{HOST}/+/status\n")
    lines = {"too large": ["max_packet_size 2000"]}.get(form, [])
    if form.startswith("denied"):
        lines = [f"acl_file {rules}"]
    # The state of the sensor, whose topic goes on with a slash, may pass.
    proxy = ClosingProxy(b'"x": "y')
    port = proxy.aim if form == "connection ends" else None
    more = poison(tmp_path, 4000 if form == "too large" else 10)
    with Trial(tmp_path, version=version, lines=lines, port=port, more=more) as trial:
        time.sleep(SETTLED_S)
        recovery_s = trial.recovered()
        trial.judge(row, f"refused: {form}, MQTT {version}", recovery_s)
    proxy.close()
    if form != "denied in silence":
        assert set(set_aside(tmp_path)) == {POISON}


@pytest.mark.parametrize("version", ["3.1.1", "5"])
@pytest.mark.parametrize(
    "limit", ["retain_available false", "max_inflight_messages 1", "max_packet_size 2000"]
)
def test_a_broker_with_limits(tmp_path, row, version, limit):
    with Trial(tmp_path, version=version, lines=[limit]) as trial:
        trial.broker.process.kill()
        trial.broker.process.wait()
        time.sleep(3)
        trial.broker.start()
        trial.judge(row, f"{limit}, killed once, MQTT {version}", trial.recovered())


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_another_client_of_the_same_name(tmp_path, row, version):
    """It connects again each 2 s for half a minute; the delay that this earns may last longer."""
    mqtt = 'client_id = "twin"\n'
    with Trial(tmp_path, mqtt, version=version) as trial:
        command = [
            "mosquitto_sub",
            "-p",
            str(trial.broker.port),
            "-i",
            "twin",
            "-t",
            "x",
            "-W",
            "1",
        ]
        end = time.monotonic() + 30
        while time.monotonic() < end:
            subprocess.run(command, check=False, capture_output=True)
            time.sleep(1)
        recovery_s = trial.recovered(180)
        assert trial.broker.log().count(" as twin ") < 45
        trial.judge(row, f"another client of the same name, MQTT {version}", recovery_s)


def test_a_thousand_entities(tmp_path, row):
    """Announced to Home Assistant while readings flow, and withdrawn."""
    mqtt = "home_assistant = true\n"
    tables = []
    for number in range(10):
        file = tmp_path / f"many{number}.json"
        file.write_text(json.dumps({f"f{number}_{i}": i for i in range(100)}))
        tables.append(
            f'[sensor.m{number}]\ntype = "exec"\ncommand = ["cat", "{file}"]\ninterval = "2 s"\n'
        )
    with Trial(tmp_path, mqtt, more="".join(tables)) as trial:
        retained = ["mosquitto_sub", "-p", str(trial.broker.port), "-t", "homeassistant/#"]
        retained += ["--retained-only", "-W", "5", "-F", "%t"]

        def announced():
            done = subprocess.run(retained, check=False, capture_output=True, text=True)
            return len(done.stdout.splitlines())

        wait_until(lambda: announced() >= 1000, 60, "1,000 announcements")
        trial.judge(row, "1,000 entities announced", trial.recovered())
