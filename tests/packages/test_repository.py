# SPDX-License-Identifier: MIT
"""The repository in a clean Debian 13: install, upgrade, no way back, remove, purge.

The order matters: each test goes on with the machine as the one before left it.
"""

import re
import shutil
import subprocess
import time
from datetime import datetime

import pytest
from clean_machine import APT_INSTALL, BareMachine, built
from support import ARCH, TOP

PREVIOUS = "0.0.9"
COMPONENT = "sensord-armv6" if ARCH == "armv6" else "sensord"
# Debian's own programs run as Debian's least processor, ours as the least that it is made for.
SENSORD = "env QEMU_CPU=arm1176 sensord" if ARCH == "armv6" else "sensord"
SETTINGS = "# mine\n[sensor.board]\ntype = \"system\"\ninterval = \"1 s\"\n"  # fmt: skip


def previous_repository(folder):
    """A repository with a version before ours, whose default configuration was another."""
    tree = folder / "tree"
    packages = folder / "packages"
    packages.mkdir()
    subprocess.run(["dpkg-deb", "-R", built("sensord"), tree], check=True)
    control = tree / "DEBIAN/control"
    control.write_text(re.sub("(?m)^Version: .*", f"Version: {PREVIOUS}", control.read_text()))
    with (tree / "etc/sensord.toml").open("a") as file:
        file.write("# of the previous version\n")
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree, packages], check=True)
    subprocess.run(
        [TOP / "packaging/repo.sh", "make", packages, folder / "repo", "file:/previous/repo",
         "86400"],
        stdin=(TOP / "build/test.key").open(), check=True,
    )  # fmt: skip
    return folder / "repo"


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    machine = BareMachine(tmp_path_factory.mktemp("machine"))
    # Where the file for apt says that it is; and the previous one.
    shutil.copytree(TOP / "build/repo", machine.root / str(TOP / "build/repo")[1:])
    folder = tmp_path_factory.mktemp("previous")
    shutil.copytree(previous_repository(folder), machine.root / "previous/repo")
    add_source(machine, machine.root / "previous/repo", "previous")
    machine.run("apt-get update -qq")
    machine.install_depends_of("sensord")
    machine.before = machine.files()
    return machine


def add_source(machine, repository, name):
    component = "sensord" if name == "previous" else COMPONENT
    target = machine.root / f"etc/apt/sources.list.d/{name}.sources"
    shutil.copy(repository / f"{component}.sources", target)


def version(machine):
    return machine.run("dpkg-query -W -f '${Version}' sensord").stdout


def test_install(machine):
    """apt install sensord, from a repository that its key alone vouches for."""
    machine.run(f"{APT_INSTALL} sensord")
    assert version(machine) == PREVIOUS
    assert "1 sensor" in machine.run(f"{SENSORD} check").stdout
    output = machine.run(f"timeout --preserve-status 5 {SENSORD} run").stdout
    stamps = re.findall(r'board {"time": "(.*?)Z"', output)
    assert stamps, output
    assert abs(datetime.fromisoformat(stamps[0] + "+00:00").timestamp() - time.time()) < 60


def test_an_upgrade_keeps_the_edited_configuration(machine):
    """Also where the new version brings another default; who wants that finds it beside."""
    (machine.root / "etc/sensord.toml").write_text(SETTINGS)
    add_source(machine, TOP / "build/repo", "sensord")
    machine.before.add("/etc/apt/sources.list.d/sensord.sources")
    machine.run("apt-get update -qq")
    machine.run("apt-get upgrade -y -qq -o Dpkg::Options::=--force-confold")
    assert version(machine) == built("sensord").name.split("_")[1] != PREVIOUS
    assert (machine.root / "etc/sensord.toml").read_text() == SETTINGS
    default = (machine.root / "etc/sensord.toml.dpkg-dist").read_text()
    assert default == (TOP / "packaging/etc/sensord.toml").read_text()
    machine.run(f"{SENSORD} check")


def test_a_downgrade_is_refused(machine):
    """An older version may not know what is in the outbox."""
    done = machine.run(f"{APT_INSTALL} sensord={PREVIOUS}", check=False)
    assert done.returncode != 0
    assert "downgrade" in done.stdout, done.stdout
    assert version(machine) != PREVIOUS


def test_nothing_is_left_after_a_purge(machine):
    """A machine without sensord is as it was before, but for the locked user."""
    machine.run("apt-get remove -y -qq sensord")
    assert (machine.root / "etc/sensord.toml").read_text() == SETTINGS
    machine.run("apt-get purge -y -qq sensord")
    # useradd and userdel themselves keep the last version of the files they change.
    backups = {"/etc/passwd-", "/etc/group-", "/etc/shadow-", "/etc/gshadow-"}
    left = machine.files() - machine.before - backups
    assert not left, left
    # The user stays, and nobody can be it.
    assert machine.run("getent shadow sensord").stdout.startswith("sensord:!")


def test_the_modules_for_debians_micropython(machine):
    """hal_linux everywhere; what is of C where Debian's micropython loads it."""
    program = 'import machine; machine.I2C(77)'  # fmt: skip
    if ARCH in ("arm64", "armv6"):
        # apt may know the name, which micropython-hal-linux recommends, but no package of it.
        shown = machine.run("apt-cache show micropython-emlearn", check=False).stdout
        assert "Version:" not in shown
        machine.run(f"{APT_INSTALL} micropython-hal-linux")
    else:
        machine.run(f"{APT_INSTALL} micropython-hal-linux micropython-emlearn")
        forest = "import emlearn_trees as t; f = t.new(); f.setdata(1, 2, 0); print(f.outputs())"
        assert machine.run(f"micropython -c '{forest}'").stdout == "2\n"
    done = machine.run(f"micropython -c '{program}'", check=False)
    assert "/dev/i2c-77" in done.stdout, done.stdout


def test_a_changed_repository_is_refused(machine):
    """Whoever sits between a board and the repository must not give it other packages."""
    release = machine.root / str(TOP / "build/repo/dists/trixie/InRelease")[1:]
    text = release.read_text()
    release.write_text(text.replace("Label: sensord", "Label: Sensord"))
    machine.run("rm -rf /var/lib/apt/lists/*")
    done = machine.run("apt-get update -o Dir::Etc::SourceList=/dev/null", check=False)
    assert done.returncode != 0
    assert f"{TOP}/build/repo trixie InRelease' is not signed" in done.stdout, done.stdout
