# SPDX-License-Identifier: MIT
"""A bare Debian 13 to install our packages in."""

import os
import pathlib
import subprocess

from support import ARCH, TOP

_ROOT = TOP / "build/clean-root.tar"

# Everything of the machine that a package may touch, with the kernel's file systems left out.
_LISTING = "find / -xdev \\( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /run" \
    " -o -path /var/cache -o -path /var/log -o -path /var/lib/apt -o -path /var/lib/dpkg" \
    " -o -path /package \\) -prune -o -print | sort"  # fmt: skip


class CleanMachine:
    """A machine below a folder; each command in it has its own mounts and processes.

    What `packages` depend on is installed, so that what they leave behind later is their own;
    `before` holds the files of that state. The packages themselves are at /package/NAME.deb.
    """

    def __init__(self, folder, *packages):
        self.root = folder / "machine"
        self.root.mkdir()
        self._packages = [f"/package/{package}.deb" for package in packages]
        subprocess.run(["tar", "-C", self.root, "-xf", _ROOT], check=True)
        # No service is started in a chroot: there is no systemd to ask.
        (self.root / "etc/resolv.conf").write_bytes(pathlib.Path("/etc/resolv.conf").read_bytes())
        (self.root / "package").mkdir()
        for package, path in zip(packages, self._packages, strict=True):
            (built,) = [
                deb
                for arch in (ARCH, "all")
                for deb in (TOP / "build/deb").glob(f"{package}_*_{arch}.deb")
            ]
            (self.root / path[1:]).write_bytes(built.read_bytes())
        self.run("apt-get update -qq")
        depends = self.install("--dry-run").stdout
        needed = [line.split()[1] for line in depends.splitlines() if line.startswith("Inst ")]
        needed = [name for name in needed if name not in packages]
        self.run(f"apt-get install -y -qq --no-install-recommends {' '.join(needed)}")
        self.before = self.files()

    def run(self, command, check=True):
        script = (
            'mount -t proc proc "$ROOT/proc"; mount --rbind /dev "$ROOT/dev"; '
            'exec chroot "$ROOT" sh -c "$COMMAND"'
        )
        done = subprocess.run(
            ["unshare", "--mount", "--propagation", "unchanged", "--pid", "--fork", "--kill-child",
             "sh", "-euc", script],
            env={"PATH": os.environ["PATH"], "ROOT": str(self.root), "COMMAND": command,
                 "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=300, check=False,
        )  # fmt: skip
        assert not check or done.returncode == 0, f"{command}: {done.stdout[-3000:]}"
        return done

    def install(self, *options):
        command = ["apt-get install -y -qq --no-install-recommends", *options, *self._packages]
        return self.run(" ".join(command))

    def files(self):
        return set(self.run(_LISTING).stdout.splitlines())
