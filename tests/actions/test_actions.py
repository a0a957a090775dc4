# SPDX-License-Identifier: MIT
"""[action.NAME]: what is measured moves something, and nothing moves that should not."""

import pathlib
import signal
import time

import pytest
from acting import VALVE, wait_for_level
from support import wait_until


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
