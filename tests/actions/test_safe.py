# SPDX-License-Identifier: MIT
"""A daemon that is gone leaves no valve open, whatever became of its configuration."""

import os
import pathlib
import subprocess

import pytest
from acting import VALVE, wait_for_level
from fakes.pwm import PwmChip
from fakes.sysfs import FakeSysfs
from support import SENSORD, wait_until

UNIT = pathlib.Path(__file__).parents[2] / "systemd/sensord.service"
FAN = '[action.fan]\nwhen = "tank.level > 5"\npin = "gpiochip0:4"\nactive_low = true\n'


def safe(config, kernel, **environment):
    return subprocess.run(
        [SENSORD, "safe", "--config", config],
        env={**os.environ, **kernel.environment, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def killed(sensord, tank, kernel):
    """The configuration of a daemon that was killed with its outputs on."""
    daemon = sensord(VALVE + FAN).daemon
    tank.set(level=6)
    wait_for_level(kernel.chip.lines[17], 1)
    wait_for_level(kernel.chip.lines[4], 0)
    daemon.kill()
    return pathlib.Path(daemon.config)


def edited(old, new):
    return lambda config: config.write_text(config.read_text().replace(old, new))


def appended(text):
    return lambda config: config.write_text(config.read_text() + text)


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda config: None, id="unchanged"),
        pytest.param(appended("\n[[broken\n"), id="a syntax error"),
        pytest.param(appended('\n[journal]\nlevel = "loud"\n'), id="a wrong key elsewhere"),
        pytest.param(appended('\n[sensor.s]\ntype = "sound"\nreplay = "x.wav"\n'), id="no file"),
        pytest.param(edited(VALVE + FAN, ""), id="the actions removed"),
        pytest.param(edited(":17", ":18"), id="another pin"),
        pytest.param(edited("active_low = true", "active_low = false"), id="the other level"),
        pytest.param(edited('pin = "gpiochip0:4"', 'pin = "gpiochip0:4"\nsafe = "on"'), id="on"),
        pytest.param(pathlib.Path.unlink, id="no configuration"),
        pytest.param(lambda config: config.write_bytes(b"\xff\0" * 99999), id="garbage"),
    ],
)
def test_the_safe_value_after_a_kill(killed, kernel, edit):
    """The command that the service runs when the daemon is gone, whatever took it."""
    edit(killed)
    done = safe(killed, kernel)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert kernel.chip.lines[17].output == 0 and kernel.chip.lines[4].output == 1
    assert kernel.chip.lines[18].writes == []
    assert "ExecStopPost=/usr/bin/sensord safe\n" in UNIT.read_text()


def test_pwm_after_a_kill(tmp_path, tank, daemon):
    action = '[action.fan]\nwhen = "tank.level > 5"\npwm = 0\nduty = 80\n'
    with FakeSysfs(tmp_path) as sysfs:
        PwmChip(sysfs)
        running = daemon(tank.table + action, sysfs.environment)
        running.wait_for_message("fan: ok")
        tank.set(level=6)
        path = "class/pwm/pwmchip0/pwm0/"
        wait_until(lambda: sysfs.get(path + "duty_cycle") == "800000", 10, "80 %")
        running.kill()
        running.config.write_text("broken")
        assert safe(running.config, sysfs).returncode == 0
        assert sysfs.get(path + "duty_cycle") == "0" or sysfs.get(path + "enable") == "0"


def test_an_action_that_a_reload_has_removed_is_not_touched_again(sensord, tank, kernel):
    """Another program may have its pin by then."""
    daemon = sensord(VALVE + FAN).daemon
    edited(FAN, "")(daemon.config)
    daemon.process.send_signal(1)
    fan = kernel.chip.lines[4]
    wait_until(lambda: fan.consumer == "", 10, "the pin is given back")
    before = list(fan.writes)
    daemon.kill()
    assert safe(daemon.config, kernel).returncode == 0
    assert fan.writes == before


def test_after_an_orderly_end_the_configuration_counts(sensord, tank, kernel, pin):
    """For a person who makes sure; the service itself has no output any more."""
    daemon = sensord(VALVE).daemon
    daemon.stop()
    pin.put(1)
    assert safe(daemon.config, kernel).returncode == 0
    assert pin.output == 0
    appended("\n[[broken\n")(daemon.config)
    assert safe(daemon.config, kernel).returncode == 78
    # As systemd calls it: the unit does not count as failed for it.
    done = safe(daemon.config, kernel, SERVICE_RESULT="success")
    assert (done.returncode, done.stderr) == (0, "")


def test_notes_that_are_damaged(killed, kernel, pin):
    """Then the configuration counts."""
    for notes in pathlib.Path("/run/sensord").glob("outputs-*"):
        if str(killed) in notes.read_text():
            notes.write_text(notes.read_text()[:-7])
    done = safe(killed, kernel)
    assert done.returncode == 0 and "it is damaged" in done.stderr
    assert pin.output == 0


def test_a_daemon_that_starts_again_makes_the_old_outputs_safe_itself(
    killed, kernel, daemon, tank
):
    """Where no service manager runs `sensord safe`."""
    running = daemon(tank.table, kernel.environment)
    wait_until(lambda: "tank: ok" in running.messages(), 10, "the daemon runs")
    assert kernel.chip.lines[17].output == 0 and kernel.chip.lines[4].output == 1
    assert running.config == killed


def test_while_the_daemon_runs_its_outputs_are_its_own(sensord, tank, kernel, pin):
    daemon = sensord(VALVE).daemon
    tank.set(level=6)
    wait_for_level(pin, 1)
    done = safe(daemon.config, kernel)
    assert done.returncode == 69 and "valve: gpiochip0:17 is in use by" in done.stderr
    assert pin.output == 1
    # Neither that nor a second daemon takes the notes away.
    second = subprocess.run(
        ["timeout", "2", SENSORD, "run", "--config", daemon.config],
        env={**os.environ, **kernel.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "is in use by" in second.stderr
    daemon.kill()
    daemon.config.write_text("broken")
    assert safe(daemon.config, kernel).returncode == 0
    assert pin.output == 0
