# SPDX-License-Identifier: MIT
"""The rights of docs/fleet.md are enough for all that a board does, and for nothing else. A right
that is missing ends the connection again and again, or drops commands without a word."""

import json
import subprocess
import time

import pytest
from fakes.gpio import FakeChip
from fakes.kernel import FakeKernel
from fleet.page import page_file
from support import SENSORD, Broker, wait_until

BOARD, PASSWORD = "board1", "secret"
NAMED = ("unshare", "--uts", "sh", "-c", f'hostname {BOARD}; exec {SENSORD} "$@"', "sh")


@pytest.fixture
def broker(tmp_path):
    passwords, acl = tmp_path / "passwords", tmp_path / "acl"
    acl.write_text(page_file("/etc/mosquitto/acl"))
    passwords.touch(0o600)
    for user in (BOARD, "board2", "reader", "homeassistant", "admin"):
        command = ["mosquitto_passwd", "-b", passwords, user, PASSWORD]
        subprocess.run(command, check=True, capture_output=True)
    # The tests' own eyes.
    acl.write_text(acl.read_text() + "user admin\ntopic readwrite #\n")
    acl.chmod(0o600)
    lines = [f"password_file {passwords}", f"acl_file {acl}", "max_queued_messages 0"]
    with Broker(tmp_path, lines, anonymous=False) as broker:
        yield broker


class Client:
    """mosquitto_pub and mosquitto_sub as a user."""

    def __init__(self, broker, user):
        self._options = ["-p", str(broker.port), "-u", user, "-P", PASSWORD]

    def publish(self, topic, message, *more):
        command = ["mosquitto_pub", *self._options, "-t", topic, "-m", message, *more]
        subprocess.run(command, check=True)

    def seen(self, topic, seconds=1):
        """{topic: last payload}"""
        command = ["mosquitto_sub", *self._options, "-t", topic, "-W", str(seconds), "-F", "%t %p"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_they_are_enough(broker, daemon, tmp_path, version):
    chip = FakeChip("gpiochip0", "pinctrl-bcm2835")
    sys = tmp_path / "sys"
    (sys / "bus/gpio/devices/gpiochip0").mkdir(parents=True)
    mqtt = (
        f'[mqtt]\nserver = "mqtt://127.0.0.1:{broker.port}"\nusername = "{BOARD}"\n'
        f'client_id = "{BOARD}"\npassword = "{PASSWORD}"\nversion = "{version}"\n'
        "home_assistant = true\n"
    )
    text = (
        '[sensor.board]\ntype = "system"\ninterval = "500 ms"\n'
        '[action.valve]\npin = "gpiochip0:17"\n'
    )
    home, reader = Client(broker, "homeassistant"), Client(broker, "reader")
    with FakeKernel(tmp_path, {"/dev/gpiochip0": chip}, sys=sys) as kernel:
        running = daemon(mqtt + text, kernel.environment, command=NAMED)
        topic = f"homeassistant/sensor/{BOARD}/board-load_1min/config"
        wait_until(lambda: topic in home.seen("homeassistant/#"), 15, "the announcement")
        assert f"sensord/{BOARD}/board" in reader.seen("sensord/#", 2)
        assert reader.seen("sensord/#")[f"sensord/{BOARD}/status"] == "online"
        home.publish(f"sensord/{BOARD}/valve/set", "ON", "-q", "1")
        wait_until(lambda: chip.lines[17].output == 1, 10, "the command")
        # An announcement that was lost comes back when Home Assistant starts.
        Client(broker, "admin").publish(topic, "", "-r")
        home.publish("homeassistant/status", "online", "-q", "1")
        wait_until(lambda: topic in home.seen("homeassistant/#"), 25, "the announcement again")
        # Taken back as well.
        running.stop()
        running = daemon(mqtt + text[: text.index("[action")], kernel.environment, command=NAMED)
        gone = f"homeassistant/switch/{BOARD}/valve/config"
        wait_until(lambda: gone not in home.seen("homeassistant/#"), 15, "the switch taken back")
        time.sleep(2)
        messages = running.messages()
    assert messages.count("connected to") == 1, messages
    assert "lost" not in messages and "subscription" not in messages, messages
    assert "Denied PUBLISH" not in broker.log(), broker.log()[-2000:]


def test_they_are_for_nothing_else(broker):
    """A board cannot pretend to be another one, nor read what others send."""
    board, admin = Client(broker, "board2"), Client(broker, "admin")
    admin.publish(f"sensord/{BOARD}/status", "online", "-r")
    for topic in (
        f"sensord/{BOARD}/board",
        f"sensord/{BOARD}/valve/set",
        f"homeassistant/sensor/{BOARD}/board/config",
        "homeassistant/status",
    ):
        board.publish(topic, json.dumps({"forged": topic}), "-r", "-q", "1")
    assert not board.seen(f"sensord/{BOARD}/#")
    found = admin.seen("#")
    assert found == {f"sensord/{BOARD}/status": "online"}
