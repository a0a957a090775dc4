# SPDX-License-Identifier: MIT
"""Commands from the broker to [action.NAME]: the right ones are obeyed, nothing else switches."""

import pathlib
import signal
import subprocess
import time

import pytest
from acting import COMMANDED, TOPIC, VALVE, send, wait_for_level, wait_until_it_listens
from fakes.pwm import PwmChip
from fakes.sysfs import FakeSysfs
from support import Subscriber, wait_until


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


def refused(subscriber):
    """The commands that the daemon has counted as refused by now."""
    found = subscriber.readings(TOPIC + "metrics")
    return found[-1]["commands_refused"] if found else 0


METRICS = '[metrics]\ninterval = "1 s"\n'


def test_messages_that_are_no_commands(sensord, pin, broker):
    """One line in the journal, whoever sends what; the number is in the metrics."""
    readings = sensord(VALVE, broker.table + METRICS)
    wait_until_it_listens(broker, "valve")
    wrong = ("open", "2", "ON" * 500, "\xff", "50", "ON" + " " * 30 + "x", "1" * 3000)
    with Subscriber(broker) as seen:
        for message in wrong:
            send(broker, TOPIC + "valve/set", message)
        # No command: somebody deletes a retained one.
        send(broker, TOPIC + "valve/set", "")
        send(broker, TOPIC + "valve/set", "ON")
        wait_for_level(pin, 1)
        wait_until(lambda: refused(seen) == len(wrong), 10, "the count")
    said = readings.daemon.messages()
    assert said.count("command") == 1, said
    assert "warning: valve: a command must be ON, OFF or AUTO, not 'open'" in said
    assert pin.writes.count(1) == 1


def test_a_flood_of_messages_that_are_no_commands(sensord, tank, pin, broker):
    """100,000 of them: one line in the journal, and the sensors are read as before."""
    readings = sensord(VALVE, broker.table + METRICS)
    wait_until_it_listens(broker, "valve")
    with Subscriber(broker, TOPIC + "metrics") as seen:
        before = len(readings.of("tank"))
        publish = ["mosquitto_pub", "-p", str(broker.port), "-t", TOPIC + "valve/set"]
        subprocess.run([*publish, "-l"], input=b"junk\n" * 100000, check=True, timeout=60)
        wait_until(lambda: refused(seen) > 5000, 60, "the flood is counted")
        assert len(readings.of("tank")) > before
        send(broker, TOPIC + "valve/set", "ON")
        wait_until(lambda: pin.output == 1, 90, "a command behind the flood")
    assert readings.daemon.messages().count("a command must be") == 1


def test_a_flood_of_commands_switches_a_bounded_number_of_times(sensord, pin, broker):
    """A relay survives it, and ends as the last command says."""
    sensord(COMMANDED, broker.table)
    wait_until_it_listens(broker, "valve")
    begun = time.monotonic()
    publish = ["mosquitto_pub", "-p", str(broker.port), "-t", TOPIC + "valve/set", "-q", "1"]
    subprocess.run([*publish, "-l"], input=b"ON\nOFF\n" * 2500, check=True, timeout=60)
    send(broker, TOPIC + "valve/set", "ON")
    wait_until_quiet(pin)
    assert pin.output == 1
    assert len(pin.writes) < 20 * (time.monotonic() - begun) + 5


def wait_until_quiet(pin):
    """Until the pin has kept its level for a second."""
    seen = []

    def quiet():
        if len(pin.writes) != (seen[-1][1] if seen else -1):
            seen.append((time.monotonic(), len(pin.writes)))
        return time.monotonic() - seen[-1][0] > 1

    wait_until(quiet, 60, "the pin rests")


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_a_retained_command_is_ignored(sensord, pin, broker, cable, version):
    """One that somebody left at the broker would win at each connection."""
    send(broker, TOPIC + "valve/set", "ON", "-r")
    readings = sensord(
        COMMANDED,
        cable.table.replace("[journal]", f'version = "{version}"\n' + METRICS + "[journal]"),
    )
    said = "valve: a retained command is ignored: delete it with mosquitto_pub -r -n -t "
    readings.daemon.wait_for_message(said + TOPIC + "valve/set, or set retained_commands")
    cable.pull()
    time.sleep(0.5)
    cable.plug()
    wait_until_it_listens(broker, "valve", 2)
    with Subscriber(broker) as seen:
        wait_until(lambda: refused(seen) == 2, 10, "both are counted")
        assert 1 not in pin.writes
        # One that is sent now counts, whether it is retained or not, and so does its deletion not.
        send(broker, TOPIC + "valve/set", "ON", "-r")
        wait_for_level(pin, 1)
        send(broker, TOPIC + "valve/set", "", "-r")
        send(broker, TOPIC + "valve/set", "OFF")
        wait_for_level(pin, 0)
    assert readings.daemon.messages().count(said) == 1


def test_a_retained_command_is_obeyed_if_that_is_wanted(sensord, pin, broker, cable):
    send(broker, TOPIC + "valve/set", "ON", "-r")
    sensord(COMMANDED, cable.table.replace("[journal]", 'retained_commands = "obey"\n[journal]'))
    wait_for_level(pin, 1)
    send(broker, TOPIC + "valve/set", "OFF")
    wait_for_level(pin, 0)
    cable.pull()
    time.sleep(0.5)
    cable.plug()
    wait_for_level(pin, 1, 20)


KEPT = [
    ("3.1.1", "ignore", False), ("5", "ignore", False),
    ("3.1.1", "obey", True), ("5", "obey", True),
]  # fmt: skip


@pytest.mark.parametrize(("version", "retained", "switches"), KEPT)
def test_a_command_from_before_the_daemon(sensord, pin, broker, version, retained, switches):
    """It waited at the broker, in the session of a daemon that a power cut ended."""
    more = f'version = "{version}"\nretained_commands = "{retained}"\n[journal]'
    table = broker.table.replace("[journal]", more)
    sensord(COMMANDED, table).daemon.kill()
    send(broker, TOPIC + "valve/set", "ON")
    sensord(COMMANDED, table)
    wait_until_it_listens(broker, "valve", 2)
    if switches:
        wait_for_level(pin, 1)
        return
    time.sleep(1)
    assert 1 not in pin.writes
    # Commands of now are obeyed, also those that come in a short break.
    send(broker, TOPIC + "valve/set", "ON")
    wait_for_level(pin, 1)


@pytest.mark.parametrize("version", ["3.1.1", "5"])
@pytest.mark.parametrize(("expiry", "switches"), [("1 min", True), ("1 s", False)])
def test_a_command_that_comes_in_a_break(sensord, pin, broker, cable, version, expiry, switches):
    """It is delivered after a break that is no longer than session_expiry."""
    more = f'version = "{version}"\nsession_expiry = "{expiry}"\n[journal]'
    sensord(COMMANDED, cable.table.replace("[journal]", more))
    wait_until_it_listens(broker, "valve")
    cable.pull()
    wait_until(lambda: "disconnected" in broker.log() or "closed" in broker.log(), 10, "the break")
    send(broker, TOPIC + "valve/set", "ON")
    time.sleep(2)
    cable.plug()
    if switches:
        wait_for_level(pin, 1, 20)
    else:
        wait_until_it_listens(broker, "valve", 2)
        time.sleep(1)
        assert 1 not in pin.writes


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
