# SPDX-License-Identifier: MIT
"""The sample output on the pages equals the programs' output."""

import errno
import json
import os
import re
import socket
import subprocess
import sys

import pytest
from fakes.environment import BME280
from fakes.i2c import FakeI2CBus
from fakes.kernel import Device, FakeKernel
from servers import late_broker
from support import SENSORD, TOP, free_port, wait_until

sys.path.insert(0, str(TOP / "tools/pictures"))
import results

PAGES = [TOP / "README.md", *sorted((TOP / "docs").glob("*.md"))]
QUICKSTART = (TOP / "docs/quickstart.md").read_text()


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def block(beginning):
    """The one sample on quickstart.md with that beginning."""
    (found,) = [text for text in blocks(QUICKSTART, "text") if text.startswith(beginning)]
    return found


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    """A present reading of each sensor."""
    folder = tmp_path_factory.mktemp("samples")
    rate, _ = results.join_voices(folder / "voices.wav")
    noise = f'[sensor.noise]\ntype = "sound"\nreplay = "{folder}/voices.wav"\nrate = {rate}\n'
    results.join_exercises(folder / "exercises.npy")
    model = TOP / "packaging/models/exercise.trees.csv"
    activity = results.ACTIVITY.format(folder / "exercises.npy", model)
    climate = folder / "climate.toml"
    climate.write_text('[sensor.climate]\ntype = "i2c"\ndriver = "bme280"\nbus = 1\n')
    with FakeKernel(folder, {"/dev/i2c-1": FakeI2CBus({0x76: BME280()})}) as kernel:
        done = subprocess.run(
            [SENSORD, "read", "climate", "--config", climate], check=True, capture_output=True,
            env={**os.environ, **kernel.environment},
        )  # fmt: skip
    return {
        "laeq_db": results.readings(folder, noise + 'replay_speed = "max"\n')[0],
        "label": results.readings(folder, activity)[0],
        "temperature_c": json.loads(done.stdout),
    }


def test_readings_have_the_fields_of_today(names):
    """Users write their own programs by the samples."""
    samples = [text for page in PAGES for text in blocks(page.read_text(), "json")]
    assert len(samples) >= 3
    for text in samples:
        sample = json.loads(text)
        (kind,) = [name for name in names if name in sample]
        assert [name for name in sample if name != "id"] == list(names[kind])


def test_messages_have_the_fields_of_today(names):
    for line in block("sensord/garden/status").splitlines():
        topic, payload = line.split(" ", 1)
        if topic.count("/") == 2 and not topic.endswith("/status"):
            sample = json.loads(payload)
            kind = "temperature_c" if topic.endswith("climate") else "label"
            if not topic.endswith("picture"):
                assert [name for name in sample if name != "id"] == list(names[kind])
        else:
            assert payload in ("online", "ok")


def test_an_unknown_value_is_null_with_its_reason(tmp_path, daemon):
    """A value that was made up would pass for a measured one."""
    status, message = block("sensord/garden/climate/status").splitlines()
    chip = BME280()
    chip.measured = chip.measured[:6] + b"\x80\0"
    config = '[sensor.climate]\ntype = "i2c"\ndriver = "bme280"\nbus = 1\n'
    with FakeKernel(tmp_path, {"/dev/i2c-1": FakeI2CBus({0x76: chip})}) as kernel:
        running = daemon(config, kernel.environment)
        running.wait_for_message("climate: " + status.split(" ", 1)[1])
        wait_until(lambda: "climate {" in running.output(), 15, "a reading")
    reading = json.loads(running.output().splitlines()[0].split(" ", 1)[1])
    sample = json.loads(message.split(" ", 1)[1])
    times = ("time", "id")
    assert {k: v for k, v in reading.items() if k not in times} == {
        k: v for k, v in sample.items() if k not in times
    }


class Missing(Device):
    """A bus that was not switched on."""

    def open(self, flags):
        raise OSError(errno.ENOENT, "no such file")


def test_status_and_journal_are_those_of_the_first_configuration(tmp_path, daemon):
    """A user's first status and journal, with I2C off and a broker that starts later."""
    port = free_port()
    address = tmp_path / "notify"
    config = blocks(QUICKSTART, "toml")[0].replace("localhost:1883", f"localhost:{port}")
    status = re.search(r'Status: "(.*)"', block("●"))[1].replace(":1883", f":{port}")
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(address))
    manager.setblocking(False)
    states = []

    def status_arrived():
        try:
            while True:
                states.append(manager.recv(4096).decode())
        except BlockingIOError:
            return any(f"STATUS={status}" in state for state in states)

    with manager, FakeKernel(tmp_path, {"/dev/i2c-1": Missing()}) as kernel:
        # The daemon sends its status with each sign of life.
        notify = {"NOTIFY_SOCKET": str(address), "WATCHDOG_USEC": "900000"}
        running = daemon(config, {**kernel.environment, **notify})
        running.wait_for_message("Connection refused")
        with late_broker(tmp_path, port):
            wait_until(status_arrived, 15, f"the status {status} in {states}")
    messages = running.messages()
    journal = block("23:16:53").replace("\n                            ", "").splitlines()
    ours = [line.split("]: ", 1)[1] for line in journal if " sensord[" in line]
    assert len(ours) == 4
    for line in ours:
        assert line.removesuffix(" …").replace(":1883", f":{port}") in messages


def test_probe_prints_those_headings():
    source = "".join(path.read_text() for path in (TOP / "daemon/sensord").rglob("*.py"))
    for line in block("Raspberry Pi 3").splitlines()[1:]:
        if line and not line.startswith(" "):
            assert f'"{line}' in source, line
