# SPDX-License-Identifier: MIT
"""The package in a clean Debian 13: install, check, run, upgrade over itself, remove, purge."""

import pytest
from clean_machine import CleanMachine
from support import VERSION


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    return CleanMachine(tmp_path_factory.mktemp("package"), "sensord")


def test_install(machine):
    """A user begins with apt install sensord."""
    machine.install()
    assert machine.run("sensord --version").stdout == f"sensord {VERSION}\n"
    assert "1 sensor" in machine.run("sensord check").stdout
    conffiles = machine.run("dpkg-query -W -f '${Conffiles}' sensord").stdout.split()[::2]
    assert set(conffiles) == {"/etc/sensord.toml", "/etc/apparmor.d/sensord"}
    enabled = machine.root / "etc/systemd/system/multi-user.target.wants/sensord.service"
    assert enabled.is_symlink()
    groups = machine.run("id -nG sensord").stdout.split()
    assert {"sensord", "audio", "gpio", "i2c", "spi"} <= set(groups)


def test_manual_pages(machine):
    """Only man sensord.toml explains the configuration in full."""
    names = {path.name for path in (machine.root / "usr/share/man").rglob("sensord*")}
    # A minimal Debian leaves manual pages out when it unpacks; the package must hold them.
    listed = machine.run("dpkg -L sensord").stdout
    for page in ("man1/sensord.1.gz", "man5/sensord.toml.5.gz", "man8/sensord.8.gz"):
        assert page in listed or page.split("/")[1] in names


def test_run_as_its_user_for_a_few_seconds(machine):
    """The installed program, as the service runs it."""
    command = (
        "sed -i 's/60 s/500 ms/' /etc/sensord.toml; "
        "timeout --preserve-status 3 setpriv --reuid sensord --regid sensord --init-groups "
        "sensord run"
    )
    output = machine.run(command).stdout
    assert output.count('board {"time"') >= 4, output


def test_upgrade_keeps_an_edited_configuration(machine):
    """An upgrade that stops for a question or overwrites the configuration breaks an unattended
    board."""
    machine.run("echo '# mine' >> /etc/sensord.toml")
    machine.run("apt-get install -y -qq --reinstall /package/sensord.deb")
    assert "# mine" in (machine.root / "etc/sensord.toml").read_text()
    machine.run("sensord check")


def test_remove_keeps_the_configuration_and_purge_leaves_nothing(machine):
    """After purge the machine is as it was before."""
    (machine.root / "var/lib/sensord").mkdir(exist_ok=True)
    machine.run("apt-get remove -y -qq sensord")
    assert (machine.root / "etc/sensord.toml").exists()
    assert machine.run("command -v sensord", check=False).returncode != 0
    machine.run("apt-get purge -y -qq sensord")
    # useradd and userdel themselves keep the last version of the files they change.
    backups = {"/etc/passwd-", "/etc/group-", "/etc/shadow-", "/etc/gshadow-"}
    left = machine.files() - machine.before - backups
    assert not left, left
    assert machine.run("getent passwd sensord", check=False).returncode != 0
    assert machine.run("dpkg -s sensord", check=False).returncode != 0
