# SPDX-License-Identifier: MIT
"""[action.NAME]: what is measured moves something, and nothing moves that should not."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import time

import pytest
from fakes.gpio import FakeChip
from fakes.kernel import FakeKernel
from fakes.pwm import PwmChip
from fakes.sysfs import FakeSysfs
from readings import Readings
from support import SENSORD, Broker, Subscriber, wait_until

HOST = socket.gethostname()
TOPIC = f"sensord/{HOST}/"
VALVE = '[action.valve]\nwhen = "tank.level > 5"\npin = "gpiochip0:17"\n'


class Tank:
    """A sensor whose readings the test sets."""

    def __init__(self, folder):
        self.path = folder / "tank.json"
        self.set(level=0)
        command = json.dumps(["cat", str(self.path)])
        self.table = f'[sensor.tank]\ntype = "exec"\ncommand = {command}\ninterval = "100 ms"\n'

    def set(self, **values):
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(values))
        new.rename(self.path)

    def fail(self):
        self.path.unlink()


@pytest.fixture
def tank(tmp_path):
    return Tank(tmp_path)


@pytest.fixture
def kernel(tmp_path):
    chip = FakeChip("gpiochip0", "pinctrl-bcm2835")
    sys = tmp_path / "sys"
    (sys / "bus/gpio/devices/gpiochip0").mkdir(parents=True)
    with FakeKernel(tmp_path, {"/dev/gpiochip0": chip}, sys=sys) as kernel:
        kernel.chip = chip
        yield kernel
    assert not kernel.errors


@pytest.fixture
def pin(kernel):
    return kernel.chip.lines[17]


@pytest.fixture
def sensord(kernel, tank, daemon):
    def start(actions, more=""):
        running = daemon(tank.table + actions + more, kernel.environment)
        readings = Readings(running)
        readings.daemon = running
        readings.wait("tank", 2)
        return readings

    return start


def wait_for_level(pin, level, timeout_s=10):
    wait_until(lambda: pin.output == level, timeout_s, f"level {level}: {pin.writes}")


def test_a_pin_follows_its_condition(sensord, tank, pin):
    sensord(VALVE)
    assert pin.output == 0
    tank.set(level=6)
    wait_for_level(pin, 1)
    tank.set(level=5)
    wait_for_level(pin, 0)
    # From the first moment never another level than it should have.
    assert pin.writes[0] == 0 and pin.writes.count(1) == 1


def test_active_low_and_safe_on(sensord, tank, kernel):
    """A relay that is on at a low level, and a fan that must rather run than not."""
    sensord(
        VALVE + "active_low = true\n"
        '[action.fan]\nwhen = "tank.level > 5"\npin = "gpiochip0:4"\nsafe = "on"\n'
    )
    relay, fan = kernel.chip.lines[17], kernel.chip.lines[4]
    assert relay.writes[0] == 1 and fan.writes[0] == 1
    wait_for_level(fan, 0)
    tank.set(level=6)
    wait_for_level(relay, 0)
    wait_for_level(fan, 1)
    tank.fail()
    wait_for_level(relay, 1)
    wait_for_level(fan, 1)


def test_a_pulse_and_a_toggle(sensord, tank, kernel):
    """A door opener is pressed, not held; a light is switched by each clap."""
    sensord(
        VALVE + 'pulse = "400 ms"\n'
        '[action.light]\nwhen = "tank.level > 5"\npin = "gpiochip0:4"\ntoggle = true\n'
    )
    opener, light = kernel.chip.lines[17], kernel.chip.lines[4]
    for expected in (1, 0):
        tank.set(level=6)
        wait_for_level(opener, 1)
        begun = time.monotonic()
        wait_for_level(light, expected)
        wait_for_level(opener, 0)
        assert 0.35 < time.monotonic() - begun < 2
        tank.set(level=0)
        time.sleep(0.5)
        assert light.output == expected
    assert opener.writes.count(1) == 2


def test_debounce_and_hold(sensord, tank, kernel):
    sensord(
        VALVE + 'debounce = "600 ms"\n'
        '[action.fan]\nwhen = "tank.level > 5"\npin = "gpiochip0:4"\nhold = "1 s"\n'
    )
    valve, fan = kernel.chip.lines[17], kernel.chip.lines[4]
    tank.set(level=6)
    wait_for_level(fan, 1)
    tank.set(level=0)
    time.sleep(0.4)
    assert fan.output == 1
    wait_for_level(fan, 0)
    assert valve.writes.count(1) == 0, "too short to count"
    tank.set(level=6)
    wait_for_level(valve, 1)


def test_the_safe_value_when_the_sensor_is_lost_and_back_when_it_is_back(sensord, tank, pin):
    """A valve that nobody watches is shut."""
    sensord(VALVE)
    tank.set(level=6)
    wait_for_level(pin, 1)
    tank.fail()
    wait_for_level(pin, 0)
    tank.set(level=6)
    wait_for_level(pin, 1)


def test_a_field_that_is_null_or_missing(sensord, tank, pin):
    sensord(VALVE)
    tank.set(level=6)
    wait_for_level(pin, 1)
    tank.set(level=None)
    wait_for_level(pin, 0)


def test_the_safe_value_at_exit(sensord, tank, pin):
    readings = sensord(VALVE)
    tank.set(level=6)
    wait_for_level(pin, 1)
    readings.daemon.stop()
    assert pin.output == 0 and pin.consumer == ""


def test_the_safe_value_after_a_kill(sensord, tank, pin, kernel):
    """The command that the service runs when the daemon is gone, whatever took it."""
    readings = sensord(VALVE)
    tank.set(level=6)
    wait_for_level(pin, 1)
    readings.daemon.process.send_signal(signal.SIGKILL)
    readings.daemon.process.wait()
    assert pin.output == 1
    command = [SENSORD, "safe", "--config", readings.daemon.config]
    environment = {**os.environ, **kernel.environment}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert pin.output == 0
    unit = (pathlib.Path(__file__).parents[2] / "systemd/sensord.service").read_text()
    assert "ExecStopPost=/usr/bin/sensord safe\n" in unit


def test_a_pin_that_is_taken_is_the_fault_of_its_action_alone(sensord, tank, kernel, pin):
    pin.request = pin.consumer = "another program"
    fan = '[action.fan]\nwhen = "tank.level > 5"\npin = "gpiochip0:4"\n'
    readings = sensord(VALVE + fan)
    readings.daemon.wait_for_message("valve: gpiochip0:17 is in use by")
    tank.set(level=6)
    wait_for_level(kernel.chip.lines[4], 1)
    pin.request, pin.consumer = None, ""
    wait_for_level(pin, 1)
    assert readings.daemon.messages().count("in use by") == 1


def test_reload_touches_only_what_changed(sensord, tank, kernel):
    fan = '[action.fan]\nwhen = "tank.level > 5"\npin = "gpiochip0:4"\n'
    readings = sensord(VALVE + fan)
    tank.set(level=6)
    for n in (17, 4):
        wait_for_level(kernel.chip.lines[n], 1)
    valve = kernel.chip.lines[17]
    before = list(valve.writes)
    config = pathlib.Path(readings.daemon.config)
    config.write_text(tank.table + VALVE + fan.replace("> 5", "> 7"))
    readings.daemon.process.send_signal(signal.SIGHUP)
    wait_for_level(kernel.chip.lines[4], 0)
    config.write_text(tank.table + VALVE)
    readings.daemon.process.send_signal(signal.SIGHUP)
    wait_until(lambda: kernel.chip.lines[4].consumer == "", 10, "the fan's pin given back")
    assert valve.writes == before


# With a broker


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path) as broker:
        broker.table = f'[mqtt]\nserver = "mqtt://127.0.0.1:{broker.port}"\n'
        broker.table += "[journal]\nreadings = true\n"
        yield broker


def wait_until_it_listens(broker, action, times=1):
    """Until its commands are subscribed to, which comes last on a new connection."""
    line = f"{TOPIC}{action}/set (QoS "
    wait_until(lambda: broker.log().count(line) >= times, 30, "a subscription")


def send(broker, topic, message, *options):
    command = ["mosquitto_pub", "-p", str(broker.port), "-t", topic, "-m", message, "-q", "1"]
    subprocess.run([*command, *options], check=True, timeout=10)


def test_an_output_is_set_by_a_message_and_tells_its_state(sensord, tank, pin, broker):
    sensord(VALVE, broker.table)
    wait_until_it_listens(broker, "valve")
    with Subscriber(broker) as before:
        before.wait_for(TOPIC + "valve", payload="OFF")
        assert all(
            retained for topic, _, _, retained in before.messages if topic == TOPIC + "valve"
        )
        send(broker, TOPIC + "valve/set", "ON")
        before.wait_for(TOPIC + "valve", payload="ON")
        assert pin.output == 1
        # A command holds until the condition changes.
        time.sleep(0.5)
        assert pin.output == 1
        tank.set(level=6)
        time.sleep(0.5)
        tank.set(level=0)
        wait_for_level(pin, 0)
        send(broker, TOPIC + "valve/set", "true")
        wait_for_level(pin, 1)
        send(broker, TOPIC + "valve/set", "AUTO")
        wait_for_level(pin, 0)
    with Subscriber(broker) as after:
        after.wait_for(TOPIC + "valve", payload="OFF")
        after.wait_for(TOPIC + "valve/status", payload="ok")


def test_messages_that_are_no_commands(sensord, pin, broker):
    readings = sensord(VALVE, broker.table)
    wait_until_it_listens(broker, "valve")
    for message in ("", "open", "2", "ON" * 500, "\xff", "50"):
        send(broker, TOPIC + "valve/set", message)
    wait_until(
        lambda: readings.daemon.messages().count("a command must be ON, OFF or AUTO") == 6,
        10, "a warning each",
    )  # fmt: skip
    assert pin.writes.count(1) == 0


def test_an_output_without_a_condition(sensord, pin, broker, kernel):
    readings = sensord('[action.valve]\npin = "gpiochip0:17"\n', broker.table)
    wait_until_it_listens(broker, "valve")
    with Subscriber(broker) as seen:
        seen.wait_for(TOPIC + "valve", payload="OFF")
        send(broker, TOPIC + "valve/set", "1")
        wait_for_level(pin, 1)
        # An output that is new after a reload listens too.
        config = pathlib.Path(readings.daemon.config)
        config.write_text(config.read_text() + '[action.fan]\npin = "gpiochip0:4"\n')
        readings.daemon.process.send_signal(signal.SIGHUP)
        seen.wait_for(TOPIC + "fan", payload="OFF")
        wait_until_it_listens(broker, "fan")
        send(broker, TOPIC + "fan/set", "ON")
        wait_for_level(kernel.chip.lines[4], 1)
        assert pin.output == 1


def test_a_message_as_an_action(sensord, tank, broker):
    sensord(
        '[action.alarm]\nwhen = "tank.level > 5"\npublish = "house/alarm"\npayload = "flood"\n'
        'payload_off = "dry"\n',
        broker.table,
    )
    with Subscriber(broker) as seen:
        tank.set(level=6)
        seen.wait_for("house/alarm", payload="flood")
        tank.set(level=0)
        seen.wait_for("house/alarm", payload="dry")
        assert seen.payloads("house/alarm") == ["flood", "dry"]


def test_a_connection_that_comes_back_listens_again(sensord, pin, broker):
    sensord(VALVE, broker.table)
    wait_until_it_listens(broker, "valve")
    broker.stop()
    broker.start()
    with Subscriber(broker) as seen:
        seen.wait_for(TOPIC + "valve", 1, 30, payload="OFF")
        wait_until_it_listens(broker, "valve", 2)
        send(broker, TOPIC + "valve/set", "ON")
        wait_for_level(pin, 1)


def test_pwm(tmp_path, tank, daemon, broker):
    """A fan at 40 % in the night, at 100 % when it is hot, and at what the broker says."""
    action = '[action.fan]\nwhen = "tank.level > 5"\npwm = 0\nfrequency = 25000\nduty = 80\n'
    with FakeSysfs(tmp_path) as sysfs:
        PwmChip(sysfs)
        running = daemon(tank.table + action + broker.table, sysfs.environment)
        with Subscriber(broker) as seen:

            def wait_for_duty(percent):
                path = "class/pwm/pwmchip0/pwm0/duty_cycle"
                wait_until(
                    lambda: round(int(sysfs.get(path)) / 400) == percent, 10, f"{percent} %"
                )

            seen.wait_for(TOPIC + "fan", payload="0")
            assert sysfs.get("class/pwm/pwmchip0/pwm0/period") == "40000"
            tank.set(level=6)
            seen.wait_for(TOPIC + "fan", payload="80")
            wait_for_duty(80)
            send(broker, TOPIC + "fan/set", "40")
            seen.wait_for(TOPIC + "fan", payload="40")
            wait_for_duty(40)
            send(broker, TOPIC + "fan/set", "101")
            running.wait_for_message("a command must be 0 to 100 or AUTO")
            tank.set(level=0)
            wait_for_duty(0)


@pytest.mark.parametrize(
    "action, words",
    [
        ('when = "tnk.level > 5"\npin = 1', 'there is no sensor "tnk"; did you mean "tank"?'),
        ('when = "tank.level >"\npin = 1', "when column 13: expected a number"),
        ('when = "tank.level > 5"', "needs one of pin, pwm and publish"),
        ("pin = 1\npwm = 0", "needs one of pin, pwm and publish"),
        ('pin = 1\nhold = "1 s"', "hold needs a condition"),
        ('when = "true"\npin = 1\ntoggle = true\npulse = "1 s"', "pulse exclude each other"),
        ('when = "true"\npublish = "a/b"', "publish needs an [mqtt] table"),
        ('when = "true"\npin = 1\nsafe = "open"', 'must be "off" or "on"'),
        (
            'when = "true"\npin = 1\n[action.b]\npin = 1',
            "the pin GPIO1 is used by [action.a] already",
        ),
        ("pin = 1\n[action.tank]\npin = 2", 'there is a sensor called "tank" too'),
    ],
)
def test_actions_that_cannot_be(tank, daemon, action, words):
    running = daemon(tank.table + "[action.a]\n" + action + "\n")
    assert running.process.wait(10) == 78
    assert words in running.messages(), running.messages()


def test_a_label_that_no_model_has(tank, daemon, tmp_path):
    """`door.cta` would never be true, and never say why."""
    model = tmp_path / "model.csv"
    model.write_text("")
    running = daemon(
        f'[sensor.door]\ntype = "image"\nmodel = "{model}"\nlabels = ["other", "cat"]\n'
        '[action.a]\nwhen = "door.cta > 0.8"\npin = 1\n'
    )
    assert running.process.wait(10) == 78
    assert '"door" has no field "cta"; did you mean "cat"?' in running.messages()
