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
    status = machine.run("stat -c '%a %U %G' /etc/sensord.toml").stdout
    assert status == "640 root sensord\n"
    # The service gets the groups of what is configured; the user has none of them.
    assert machine.run("id -nG sensord").stdout == "sensord\n"
    groups = machine.run("cut -d: -f1 /etc/group").stdout.split()
    assert {"audio", "dialout", "gpio", "i2c", "iio", "spi", "video"} <= set(groups)


def test_the_service_gets_what_is_configured(machine):
    """systemd calls the generator with three folders at each start and reload of its own."""
    generator = "/usr/lib/systemd/system-generators/sensord-generator"
    made = "/run/g/sensord.service.d/50-configuration.conf"
    assert (
        'SENSORD_RIGHTS="\n' in machine.run(f"{generator} /run/g /run/e /run/l; cat {made}").stdout
    )
    machine.run(
        "cp -p /etc/sensord.toml /tmp/; printf '[action.a]\\npin = 3\\n' >> /etc/sensord.toml"
    )
    found = machine.run(
        f"{generator} /run/g /run/e /run/l; cat {made}; mv /tmp/sensord.toml /etc/"
    ).stdout
    assert "SupplementaryGroups=gpio\nDeviceAllow=char-gpiochip rw\n" in found
    profiles = machine.run("grep ^profile /etc/apparmor.d/sensord").stdout
    assert [line.split()[1] for line in profiles.splitlines()] == ["sensord", "sensord-exec"]


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
    machine.run("chmod 600 /etc/sensord.toml; chown sensord: /etc/sensord.toml")
    machine.run("apt-get install -y -qq --reinstall /package/sensord.deb")
    assert "# mine" in (machine.root / "etc/sensord.toml").read_text()
    status = machine.run("stat -c '%a %U %G' /etc/sensord.toml").stdout
    assert status == "600 sensord sensord\n"
    machine.run("sensord check")


def account(machine):
    """(locked or not, the last column but one of shadow(5): when the account ends, in days)."""
    fields = machine.run("getent shadow sensord").stdout.strip().split(":")
    return fields[1].startswith("!"), fields[7]


def test_remove_keeps_the_configuration_and_purge_leaves_a_locked_user(machine):
    """After purge the machine is as it was before, but for the user: another that gets its number
    would own the files that it has left elsewhere."""
    (machine.root / "var/lib/sensord").mkdir(exist_ok=True)
    machine.run("apt-get remove -y -qq sensord")
    assert (machine.root / "etc/sensord.toml").exists()
    assert machine.run("command -v sensord", check=False).returncode != 0
    machine.run("apt-get purge -y -qq sensord")
    # useradd and userdel themselves keep the last version of the files they change.
    backups = {"/etc/passwd-", "/etc/group-", "/etc/shadow-", "/etc/gshadow-"}
    left = machine.files() - machine.before - backups
    assert not left, left
    assert account(machine) == (True, "1")
    assert "/usr/sbin/nologin" in machine.run("getent passwd sensord").stdout
    assert machine.run("dpkg -s sensord", check=False).returncode != 0


def test_installing_again_takes_the_user_into_use(machine):
    """An expired account could not run `sudo -u sensord`; nobody logs in with it all the same."""
    machine.install()
    assert account(machine) == (True, "")
    assert machine.run("stat -c '%a %U %G' /etc/sensord.toml").stdout == "640 root sensord\n"
    assert machine.run("setpriv --reuid sensord --regid sensord --init-groups sensord check")


def test_an_administrators_own_mode_is_kept(machine):
    """dpkg-statoverride is how an administrator sets one for ever."""
    machine.run("apt-get purge -y -qq sensord")
    machine.run("dpkg-statoverride --add root root 644 /etc/sensord.toml")
    machine.install()
    assert machine.run("stat -c '%a %U %G' /etc/sensord.toml").stdout == "644 root root\n"
