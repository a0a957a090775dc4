# SPDX-License-Identifier: MIT
"""An output rests between two switches, and is safe when the broker or who commands it is gone."""

import time

import pytest
from acting import COMMANDED, TOPIC, VALVE, send, wait_for_level, wait_until_it_listens
from support import Subscriber


def test_the_least_time_between_two_switches(sensord, pin, broker):
    """A compressor: no command, and no number of them, wears it out."""
    sensord(COMMANDED + 'rest = "2 s"\n', broker.table)
    wait_until_it_listens(broker, "valve")
    with Subscriber(broker) as seen:
        send(broker, TOPIC + "valve/set", "ON")
        wait_for_level(pin, 1)
        begun = time.monotonic()
        for command in ("OFF", "ON", "OFF"):
            send(broker, TOPIC + "valve/set", command)
        wait_for_level(pin, 0)
        assert 1.8 < time.monotonic() - begun < 5
        seen.wait_for(TOPIC + "valve", payload="OFF", count=2)
        assert seen.payloads(TOPIC + "valve")[-2:] == ["ON", "OFF"], "what it is, not what it will"
    assert pin.writes.count(1) == 1


def test_the_safe_value_at_a_fault_and_at_exit_does_not_rest(sensord, tank, pin):
    readings = sensord(VALVE + 'rest = "1 h"\n')
    tank.set(level=6)
    wait_for_level(pin, 1)
    tank.fail()
    wait_for_level(pin, 0)
    readings.daemon.stop()
    tank.set(level=6)
    readings = sensord(VALVE + 'rest = "1 h"\n')
    wait_for_level(pin, 1)
    readings.daemon.stop()
    assert pin.output == 0


def test_a_pulse_keeps_its_length(sensord, tank, pin):
    sensord(VALVE + 'pulse = "300 ms"\nrest = "3 s"\n')
    tank.set(level=6)
    wait_for_level(pin, 1)
    begun = time.monotonic()
    wait_for_level(pin, 0)
    assert 0.2 < time.monotonic() - begun < 2


def test_the_safe_value_when_the_broker_is_lost(sensord, pin, broker):
    """A pump that is switched from elsewhere does not run on unwatched."""
    readings = sensord(COMMANDED + 'lost_after = "2 s"\n', broker.table)
    wait_until_it_listens(broker, "valve")
    send(broker, TOPIC + "valve/set", "ON")
    wait_for_level(pin, 1)
    time.sleep(3)
    assert pin.output == 1, "it is not lost: only nothing was sent"
    broker.stop()
    begun = time.monotonic()
    wait_for_level(pin, 0)
    assert 1.5 < time.monotonic() - begun < 6
    readings.daemon.wait_for_message("warning: valve: no broker for 2 s: the output has its safe")
    broker.start()
    wait_until_it_listens(broker, "valve", 2)
    time.sleep(1)
    assert pin.output == 0, "the command of before does not count"
    with Subscriber(broker) as seen:
        seen.wait_for(TOPIC + "valve", payload="OFF")
    send(broker, TOPIC + "valve/set", "ON")
    wait_for_level(pin, 1)


def test_a_condition_has_its_say_again_when_the_broker_is_back(sensord, tank, pin, broker):
    sensord(VALVE + 'lost_after = "1 s"\n', broker.table)
    wait_until_it_listens(broker, "valve")
    tank.set(level=6)
    wait_for_level(pin, 1)
    broker.stop()
    wait_for_level(pin, 0)
    broker.start()
    wait_for_level(pin, 1, 20)


def test_without_lost_after_an_output_does_not_depend_on_the_broker(sensord, tank, pin, broker):
    sensord(VALVE, broker.table)
    broker.stop()
    tank.set(level=6)
    wait_for_level(pin, 1)
    time.sleep(2)
    assert pin.output == 1


def test_a_command_counts_for_its_time(sensord, tank, pin, broker):
    """Who commands repeats it; when they fail, the condition has its say."""
    sensord(VALVE + 'command_timeout = "2 s"\n', broker.table)
    wait_until_it_listens(broker, "valve")
    begun = time.monotonic()
    for _ in range(3):
        send(broker, TOPIC + "valve/set", "ON")
        time.sleep(1)
        assert pin.output == 1
    wait_for_level(pin, 0)
    assert 3.5 < time.monotonic() - begun < 8


@pytest.mark.parametrize("key", ["lost_after", "command_timeout"])
def test_there_must_be_a_broker_that_can_be_lost(daemon, tank, key):
    running = daemon(tank.table + VALVE + f'{key} = "30 s"\n')
    assert running.process.wait(10) == 78
    assert f"[action.valve] {key} needs an [mqtt] table" in running.messages()
