# SPDX-License-Identifier: MIT
"""A bare Debian 13 to install our packages in."""

import os
import pathlib
import subprocess

from support import ARCH, TOP

# An armv6 package is an armhf package, although Debian's armhf does not run on that processor.
DEBIAN = {"armv6": "armhf"}.get(ARCH, ARCH)
_ROOT = TOP / f"build/{DEBIAN}/clean-root.tar"
APT_INSTALL = "apt-get install -y -qq --no-install-recommends"

# All files of the machine that a package may change, without the kernel's file systems.
_LISTING = "find / -xdev \\( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /run" \
    " -o -path /var/cache -o -path /var/log -o -path /var/lib/apt -o -path /var/lib/dpkg" \
    " -o -path /package \\) -prune -o -print | sort"  # fmt: skip


def built(package):
    """The file in build/deb that holds a package for the machine's architecture."""
    folder = TOP / "build/deb" / ("armv6" if ARCH == "armv6" else "")
    (path,) = [
        path for arch in (DEBIAN, "all") for path in folder.glob(f"{package}_*_{arch}.deb")
    ]  # fmt: skip
    return path


class BareMachine:
    """A Debian 13 in a folder. Each command in it has its own mounts and processes."""

    def __init__(self, folder):
        self.root = folder / "machine"
        self.root.mkdir()
        # Without devices: /dev is mounted later, and not every user may make some.
        subprocess.run(
            ["tar", "-C", self.root, "--exclude=./dev/*", "-xf", _ROOT], check=True
        )  # fmt: skip
        # In a chroot no service is started, because there is no systemd.
        (self.root / "etc/resolv.conf").write_bytes(pathlib.Path("/etc/resolv.conf").read_bytes())

    def run(self, command, check=True):
        script = (
            'mount -t proc proc "$ROOT/proc"; mount --rbind /dev "$ROOT/dev"; '
            'exec chroot "$ROOT" sh -c "$COMMAND"'
        )
        done = subprocess.run(
            ["unshare", "--mount", "--propagation", "unchanged", "--pid", "--fork", "--kill-child",
             "sh", "-euc", script],
            env={"PATH": os.environ["PATH"], "ROOT": str(self.root), "COMMAND": command,
                 "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8",
                 **{name: os.environ[name] for name in ("QEMU_CPU",) if name in os.environ}},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=600, check=False,
        )  # fmt: skip
        assert not check or done.returncode == 0, f"{command}: {done.stdout[-3000:]}"
        return done

    def install_depends_of(self, *packages):
        """Installs the dependencies of `packages`, names or files, but not the packages."""
        plan = self.run(f"{APT_INSTALL} --dry-run {' '.join(packages)}").stdout
        needed = [line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")]
        names = [package.rsplit("/")[-1].removesuffix(".deb") for package in packages]
        self.run(f"{APT_INSTALL} {' '.join(name for name in needed if name not in names)}")

    def files(self):
        return set(self.run(_LISTING).stdout.splitlines())


class CleanMachine(BareMachine):
    """A bare machine with built packages, at /package/NAME.deb.

    The dependencies of `packages` are installed first, so that files left behind later are from
    the packages; `before` holds the files of that state.
    """

    def __init__(self, folder, *packages):
        super().__init__(folder)
        self._packages = [f"/package/{package}.deb" for package in packages]
        (self.root / "package").mkdir()
        for package, path in zip(packages, self._packages, strict=True):
            (self.root / path[1:]).write_bytes(built(package).read_bytes())
        self.run("apt-get update -qq")
        self.install_depends_of(*self._packages)
        self.before = self.files()

    def install(self):
        return self.run(f"{APT_INSTALL} {' '.join(self._packages)}")
