# SPDX-License-Identifier: MIT
"""The command line and the configuration file, as a user meets them."""

import json
import os
import re
import signal
import subprocess

import pytest
from support import ALSA_SOUNDS, SENSORD, TOP, VERSION, wait_until

BOARD = '[sensor.board]\ntype = "system"\ninterval = "200 ms"\n'


def sensord(*arguments, **kwargs):
    return subprocess.run(
        [SENSORD, *arguments], capture_output=True, text=True, timeout=20, check=False, **kwargs
    )


@pytest.fixture
def config(tmp_path):
    def write(text):
        path = tmp_path / "sensord.toml"
        path.write_text(text)
        return path

    return write


def test_check_accepts_the_configuration_we_ship():
    """The package must not install a file that its own program refuses."""
    done = sensord("check", "--config", TOP / "packaging/etc/sensord.toml")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_the_examples_in_the_shipped_configuration_are_right(config):
    """Users uncomment them."""
    # A commented-out line has no space after its "#", prose has.
    text = (TOP / "packaging/etc/sensord.toml").read_text()
    text = re.sub(r"^#(?=[^ \n])", "", text, flags=re.MULTILINE)
    done = sensord("check", "--config", config(text))
    assert done.returncode == 0 and "2 sensors" in done.stderr, done.stderr


def test_check_reports_all_errors_at_once_with_exit_78(config):
    """One mistake a run would be a day of trial and error."""
    path = config('[sensor.n]\ntype = "sound"\nrat = 1\ninterval = "1"\n[mqtt]\nserver = 5\n')
    done = sensord("check", "--config", path)
    assert done.returncode == 78 and done.stdout == ""
    assert [line.split(": ")[0] for line in done.stderr.splitlines()] == [
        f"{path}:3",
        f"{path}:4",
        f"{path}:6",
    ]
    assert 'did you mean "rate"?' in done.stderr


def test_run_refuses_the_same_with_the_same_words(config):
    """systemd must not start again what only a person can mend."""
    path = config('[sensor.n]\ntype = "sound"\nrat = 1\n')
    run, check = sensord("run", "--config", path), sensord("check", "--config", path)
    assert run.returncode == check.returncode == 78
    assert run.stderr == check.stderr


def test_broken_files_are_one_line(config, tmp_path):
    """Any content of the file gives a message and no traceback."""
    for content in (b"\xff\xfe", b"[" * 5000, b"a = 1\na = 2", b"x", bytes(2000)):
        path = tmp_path / "broken.toml"
        path.write_bytes(content)
        done = sensord("check", "--config", path)
        assert done.returncode == 78, content[:10]
        assert done.stderr.startswith(f"{path}:") and done.stderr.count("\n") == 1, done.stderr
    done = sensord("check", "--config", tmp_path)
    assert done.returncode == 78 and done.stderr.count("\n") == 1, done.stderr


def test_wrong_calls_are_one_line_with_exit_64():
    """The message has the command to type instead."""
    for arguments, words in (
        ([], "which command?"),
        (["chek"], 'did you mean "check"?'),
        (["frobnicate"], "see sensord --help"),
        (["run", "now"], "usage: sensord run"),
        (["read"], "usage: sensord read SENSOR"),
        (["--colour"], "unknown option --colour"),
        (["check", "--config"], "--config needs a value"),
    ):
        done = sensord(*arguments)
        assert done.returncode == 64 and done.stdout == "", arguments
        assert words in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_help_and_version_go_to_standard_output():
    """So that they can be piped."""
    assert sensord("--version").stdout == f"sensord {VERSION}\n"
    done = sensord("--help")
    assert done.returncode == 0 and done.stderr == ""
    for word in ("run", "check", "read SENSOR", "--config FILE", "--version"):
        assert word in done.stdout


def test_read_prints_one_reading(config):
    """The quickest way to see whether a sensor works."""
    path = config(f"""{BOARD}
[sensor.noise]
type = "sound"
replay = "{ALSA_SOUNDS}/Front_Center.wav"
replay_speed = "max"
""")
    done = sensord("read", "noise", "--config", path)
    assert done.returncode == 0 and done.stderr == ""
    assert 60 < json.loads(done.stdout)["laeq_db"] < 110
    done = sensord("read", "nois", "--config", path)
    assert done.returncode == 64 and 'did you mean "noise"?' in done.stderr
    path = config('[sensor.n]\ntype = "sound"\ndevice = "no_such"\n')
    done = sensord("read", "n", "--config", path)
    assert done.returncode == 69 and 'capture device "no_such"' in done.stderr


def test_a_module_in_the_current_folder_is_not_imported(tmp_path):
    """sensord started in a download folder must not run what lies there."""
    (tmp_path / "json.py").write_text('print("taken over")\n')
    (tmp_path / "sensord").mkdir()
    (tmp_path / "sensord/cli.py").write_text('print("taken over")\n')
    done = sensord("--version", cwd=tmp_path, env={**os.environ, "MICROPYPATH": str(tmp_path)})
    assert done.stdout == f"sensord {VERSION}\n"


def test_sighup_applies_a_new_configuration(daemon):
    """systemctl reload: the sensors that stay go on, new ones come, old ones go."""
    running = daemon(BOARD)
    wait_until(lambda: running.output().count("board {") >= 2, 5, "readings")
    running.config.write_text(BOARD + BOARD.replace("board", "second"))
    running.process.send_signal(signal.SIGHUP)
    wait_until(lambda: running.output().count("second {") >= 2, 5, "readings of the new sensor")
    running.config.write_text(BOARD.replace("board", "second"))
    running.process.send_signal(signal.SIGHUP)
    wait_until(lambda: running.messages().count("reloaded") == 2, 5, "the second reload")
    before = running.output().count("board {")
    seconds = running.output().count("second {")
    wait_until(lambda: running.output().count("second {") > seconds + 2, 5, "more readings")
    assert running.output().count("board {") == before


def test_sighup_with_a_bad_file_keeps_the_old_configuration(daemon):
    """A typing mistake must not end the measurements of a box in a cellar."""
    running = daemon(BOARD)
    wait_until(lambda: running.output().count("board {") >= 2, 5, "readings")
    running.config.write_text('[sensor.board]\ntype = "systm"\n')
    running.process.send_signal(signal.SIGHUP)
    running.wait_for_message('did you mean "system"?')
    running.wait_for_message("was not reloaded: the old configuration stays")
    before = running.output().count("board {")
    wait_until(lambda: running.output().count("board {") > before + 2, 5, "more readings")
