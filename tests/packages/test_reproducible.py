# SPDX-License-Identifier: MIT
"""Whoever builds the packages gets the same bytes, and can so check those that others built."""

import os
import shutil
import subprocess

from support import ARCH, TOP

BUILT = TOP / "build/deb"
NAMES = {"amd64": ["*_amd64.deb", "*_all.deb"], "armv6": ["armv6/*.deb"]}
# As `make deb` ran, but for all of these. Time runs, 400 days ahead.
ELSEWHERE = {
    **os.environ,
    "HOME": "/nonexistent",
    "LANG": "C",
    "LC_ALL": "C",
    "TZ": "Pacific/Kiritimati",
    "DEB_BUILD_OPTIONS": "parallel=1",
    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
}


def build(*arguments, umask=-1):
    done = subprocess.run(
        ["faketime", "-f", "+400d", *arguments],
        env=ELSEWHERE, umask=umask, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=1200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:]


def found(folder, patterns):
    paths = [path for pattern in patterns for path in folder.glob(pattern)]
    return sorted(str(path.relative_to(folder)) for path in paths)


def compare(folder, *patterns):
    """The folder's files of these names are those of build/deb, byte for byte."""
    names = found(folder, patterns)
    assert names == found(BUILT, patterns) and names
    differ = [n for n in names if (BUILT / n).read_bytes() != (folder / n).read_bytes()]
    assert not differ, differ
    print("the same again:", *names)


def test_the_source_package(tmp_path):
    """From a checkout in another place, of another age, by a user of other habits."""
    checkout = tmp_path / "another checkout"
    shutil.copytree(TOP, checkout, ignore=shutil.ignore_patterns("build", ".git", "__pycache__"))
    for path in [*checkout.rglob("*"), checkout]:
        path.chmod(0o700 if path.is_dir() or os.access(path, os.X_OK) else 0o600)
        os.utime(path, (10**9, 10**9))
    output = tmp_path / "output"
    output.mkdir()
    micropython = TOP / "build/src/micropython"
    build(checkout / "packaging/deb.sh", "source", micropython, output, umask=0o77)
    compare(output, "*.dsc", "*.tar.xz")


def test_the_packages(tmp_path):
    """Debug symbols too: they hold the paths of the sources."""
    (dsc,) = BUILT.glob("*.dsc")
    output = tmp_path / "output"
    output.mkdir()
    folder = tmp_path / "a-longer-path-to-build-in"
    build(TOP / "packaging/deb.sh", "binary", ARCH, dsc, folder, output, umask=0o27)
    compare(output, *NAMES.get(ARCH, [f"*_{ARCH}.deb"]))
