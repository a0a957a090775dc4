# SPDX-License-Identifier: MIT
"""A file that is being edited stops no board: a daemon that nobody watches start goes on with the
last configuration that had no errors, and says so."""

import json
import os
import pathlib
import shutil
import signal

import pytest
from support import Daemon, Subscriber, wait_until

GOOD = '[sensor.board]\ntype = "system"\ninterval = "200 ms"\n'


@pytest.fixture
def start(tmp_path):
    """Starts daemons as systemd does."""
    started = []

    def start(config):
        folders = {"STATE_DIRECTORY": str(tmp_path / "state")}
        started.append(Daemon(tmp_path, config, folders))
        return started[-1]

    (tmp_path / "runtime").mkdir()
    (tmp_path / "state").mkdir()
    yield start
    for running in started:
        running.stop()


def runs(daemon):
    wait_until(lambda: '"uptime_s"' in daemon.output(), 10, "a reading")


def test_a_crash_while_the_file_has_an_error(start):
    """The restart goes on with what was good, says so, and takes the corrected file."""
    first = start(GOOD)
    runs(first)
    first.kill()
    second = start(GOOD + "[[broken\n")
    runs(second)
    said = second.messages()
    assert f"{second.config}:4: " in said
    assert "has errors: the last configuration without errors is in use; correct the file" in said
    second.config.write_text(Daemon.with_outbox(second.config.parent, GOOD.replace("board", "b")))
    second.process.send_signal(signal.SIGHUP)
    second.wait_for_message("b: ok")
    # That is the good one now.
    second.kill()
    third = start("broken")
    third.wait_for_message("b: ok")


@pytest.mark.parametrize("broken", ["", "x", '[journal]\nlevel = "loud"\n', GOOD * 2])
def test_a_power_cut_while_the_file_has_an_error(start, broken, tmp_path):
    first = start(GOOD)
    runs(first)
    first.kill()
    shutil.rmtree(tmp_path / "runtime")
    (tmp_path / "runtime").mkdir()
    runs(start(broken))


def test_a_person_who_restarts_it_gets_the_errors(start, tmp_path):
    """systemctl restart must not seem to have worked."""
    first = start(GOOD)
    runs(first)
    first.stop()
    for _ in range(2):
        second = start("[[broken\n")
        assert second.process.wait(10) == 78
        assert "is in use" not in second.messages()
    runs(start(GOOD))


def test_a_board_that_starts_again_is_not_a_person(start, tmp_path):
    """The end was orderly, as at each shutdown; nobody is there at the start."""
    first = start(GOOD)
    runs(first)
    first.stop()
    shutil.rmtree(tmp_path / "runtime")
    (tmp_path / "runtime").mkdir()
    runs(start("[[broken\n"))


def test_without_a_good_one_it_ends_with_the_errors(start):
    first = start("[[broken\n")
    assert first.process.wait(10) == 78


def test_one_that_is_good_no_more(start, tmp_path):
    """It names a file that is gone, on a stick perhaps: systemd tries again until it is back."""
    certificates = tmp_path / "ca.pem"
    certificates.write_text("")
    mqtt = f'[mqtt]\nserver = "mqtt://127.0.0.1:1"\nca_file = "{certificates}"\n'
    first = start(GOOD + mqtt + "[journal]\nreadings = true\n")
    runs(first)
    first.kill()
    certificates.unlink()
    for text in ("[[broken\n", first.config.read_text()):
        second = start(text)
        assert second.process.wait(10) == 69
        assert "is in use" not in second.messages()
    certificates.write_text("")
    runs(start(first.config.read_text()))


def test_the_copy_is_private_and_written_once(start, tmp_path):
    """It may hold a password, and a card wears out."""
    first = start(GOOD)
    runs(first)
    (copy,) = (tmp_path / "state").glob("configuration-*")
    assert copy.stat().st_mode & 0o77 == 0
    before = copy.stat().st_ino
    first.kill()
    runs(start(GOOD))
    assert copy.stat().st_ino == before


def test_without_systemd_there_is_no_copy(tmp_path, daemon):
    running = daemon(GOOD, {"RUNTIME_DIRECTORY": ""})
    runs(running)
    running.kill()
    again = daemon("[[broken\n", {"RUNTIME_DIRECTORY": ""})
    assert again.process.wait(10) == 78


def test_overviews_and_systemd_are_told(start, broker, tmp_path):
    table = f'[mqtt]\nserver = "mqtt://127.0.0.1:{broker.port}"\n[journal]\nreadings = true\n'
    first = start(GOOD + table)
    runs(first)
    with Subscriber(broker) as seen:
        topic = f"sensord/{os.uname().nodename}/info"
        assert "trouble" not in json.loads(seen.wait_for(topic)[-1])
        good = first.config.read_text()
        first.config.write_text(good + "[[broken\n")
        first.process.send_signal(signal.SIGHUP)
        first.wait_for_message("was not reloaded: the old configuration stays")

        def trouble():
            return json.loads(seen.payloads(topic)[-1]).get("trouble")

        wait_until(lambda: str(first.config) in (trouble() or ""), 10, "the trouble")
        first.kill()
        first.config.write_text(good)
        second = start(good + "[[broken\n")
        runs(second)
        wait_until(lambda: str(first.config) in (trouble() or ""), 10, "the trouble")
        second.config.write_text(good)
        second.process.send_signal(signal.SIGHUP)
        wait_until(lambda: trouble() is None, 10, "no trouble any more")


def test_the_unit_starts_it_again_but_for_errors_without_a_remedy():
    unit = (pathlib.Path(__file__).parents[2] / "systemd/sensord.service").read_text()
    assert "RestartPreventExitStatus=64 78\n" in unit and "RuntimeDirectoryPreserve=yes\n" in unit
