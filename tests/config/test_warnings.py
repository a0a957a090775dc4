# SPDX-License-Identifier: MIT
"""`sensord check` warns of what is valid, and may be a mistake: secrets that other users can read,
and files that the service cannot. It still exits with 0."""

import grp
import os
import subprocess

import pytest
from support import SENSORD, TOP

BOARD = '[sensor.b]\ntype = "system"\n'
MQTT = '[mqtt]\nserver = "mqtts://localhost"\n'
PASSWORD = MQTT + 'username = "u"\npassword = "secret"\n' + BOARD
GROUP = next(entry for entry in grp.getgrall() if entry.gr_gid)
ADVICE = "chmod 640 {0}; chgrp sensord {0}"


def check(path):
    """(the warnings, the last line) of a configuration that is right."""
    done = subprocess.run(
        [SENSORD, "check", "--config", path], capture_output=True, text=True, timeout=20,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0 and not done.stdout, done
    *warnings, last = done.stderr.splitlines()
    assert last == f"{path}: ok, 1 sensor"
    return warnings


def in_own_mounts(script):
    return subprocess.run(
        ["unshare", "--mount", "--propagation", "unchanged", "sh", "-c", script],
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    "mode, group, who",
    [
        (0o644, 0, "every user"),
        (0o604, 0, "every user"),
        (0o646, 0, "every user"),
        (0o640, GROUP.gr_gid, f"the group {GROUP.gr_name}"),
        (0o640, 4711, "the group 4711"),
        (0o640, 0, None),
        (0o600, GROUP.gr_gid, None),
    ],
)
def test_a_password_that_others_can_read(tmp_path, mode, group, who):
    path = tmp_path / "c.toml"
    path.write_text(PASSWORD)
    os.chown(path, 0, group)
    path.chmod(mode)
    text = f"warning: {path}:4: [mqtt] password can be read by {who}: {ADVICE.format(path)}"
    assert check(path) == ([text] if who else [])


def test_the_services_group_may_read_it(tmp_path):
    """As the package installs the file."""
    path = tmp_path / "c.toml"
    path.write_text(PASSWORD)
    os.chown(path, 0, GROUP.gr_gid)
    path.chmod(0o640)
    group = tmp_path / "group"
    group.write_text(f"root:x:0:\nsensord:x:{GROUP.gr_gid}:\n")
    script = f"mount --bind {group} /etc/group && exec {SENSORD} check --config {path}"
    done = in_own_mounts(script)
    assert done.returncode == 0 and done.stderr == f"{path}: ok, 1 sensor\n", done


def test_a_private_key_that_others_can_read(tmp_path):
    key, path = tmp_path / "key.pem", tmp_path / "c.toml"
    key.touch(0o644)
    text = f'{MQTT}cert_file = "{key}"\nkey_file = "{key}"\n{BOARD}'
    path.write_text(text)
    (found,) = check(path)
    assert found.startswith(f"warning: {path}:4: [mqtt] key_file names {key}, which every user")
    assert found.endswith(ADVICE.format(key))
    key.chmod(0o600)
    assert check(path) == []


@pytest.mark.parametrize("mode", [0o644, 0o640])
def test_no_warning_without_a_secret(tmp_path, mode):
    path = tmp_path / "c.toml"
    path.write_text(MQTT + 'username = "u"\npassword_credential = "mqtt"\n' + BOARD)
    path.chmod(mode)
    assert check(path) == []


def test_the_daemon_does_not_warn(tmp_path, daemon):
    """Each start and reload would repeat it in the journal."""
    mqtt = '[mqtt]\nserver = "mqtt://127.0.0.1:1"\nusername = "u"\npassword = "p"\n'
    running = daemon(BOARD + mqtt)
    running.wait_for_message("127.0.0.1:1")
    assert "can be read" not in running.messages()


def test_a_file_that_the_unit_hides(tmp_path):
    """Root can read it in `sensord check`, and the service ends with "is not there"."""
    path = tmp_path / "c.toml"
    path.write_text(
        '[sensor.n]\ntype = "sound"\nreplay = "/root/noise.wav"\nreplay_speed = "max"\n'
    )
    recording = "/usr/share/sounds/alsa/Noise.wav"
    script = (
        f"mount -t tmpfs none /root && cp {recording} /root/noise.wav && "
        f"exec {SENSORD} check --config {path}"
    )
    done = in_own_mounts(script)
    words = (
        "[sensor.n] replay names /root/noise.wav, and the service cannot read what is in /root/"
    )
    assert done.returncode == 0 and f"warning: {path}:3: {words}\n" in done.stderr, done
    unit = (TOP / "systemd/sensord.service").read_text()
    assert "\nProtectHome=yes\n" in unit
