# SPDX-License-Identifier: MIT
"""The tests' Python packages are those that a maintainer has seen: another file under the same
name and version, from a registry or on the way from it, is not installed."""

import hashlib
import os
import re
import subprocess
import zipfile

import pytest
from support import TOP

LISTS = sorted(path.with_suffix(".txt") for path in (TOP / "tests").glob("*.lock"))


def pinned(path):
    """{name: version} of a list and of those that it includes."""
    text = path.read_text()
    found = dict(re.findall(r"^([\w.-]+)==(\S+)", text, re.M))
    for other in re.findall(r"^-r (\S+)", text, re.M):
        found |= pinned(path.parent / other)
    return found


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_a_lock_has_the_versions_of_its_list(path):
    """After a change of a version, `make lock`."""
    lines = path.with_suffix(".lock").read_text().splitlines()[2:]
    locked = {}
    for line in lines:
        name, version, _ = re.fullmatch(
            r"([\w.-]+)==(\S+) --hash=sha256:([0-9a-f]{64})", line
        ).groups()
        locked[name] = version
    wanted = pinned(path)
    assert wanted and wanted.items() <= locked.items()


def test_every_list_has_a_lock():
    assert {path.stem for path in LISTS} >= {"requirements", "drivers", "home_assistant_2026"}


def test_make_installs_nothing_without_a_hash():
    """Also no package that pip would fetch to build another."""
    for path in ("Makefile", "packaging/venv.sh", "packaging/root.sh"):
        text = (TOP / path).read_text().replace("\\\n", " ")
        for line in text.splitlines():
            if re.search(r"\bpip\b.*\binstall\b", line) and not line.lstrip().startswith("#"):
                assert "--require-hashes" in line and "--no-deps" in line, line
    assert "npm install" not in text


def wheel(folder, name, version):
    """A package with nothing in it; returns its hash."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        file.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{info}/RECORD", "")
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("changed", [None, "setuptools", "tried"])
def test_another_file_of_the_same_version_is_refused(tmp_path, changed):
    lines = []
    for name in ("setuptools", "tried"):
        digest = wheel(tmp_path, name, "1.0")
        if name == changed:
            digest = digest[::-1]
        lines.append(f"{name}==1.0 --hash=sha256:{digest}\n")
    lock = tmp_path / "try.lock"
    lock.write_text("".join(lines))
    environment = {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}
    done = subprocess.run(
        [TOP / "packaging/venv.sh", tmp_path / "venv", lock],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    if changed is None:
        assert done.returncode == 0, done.stderr
    else:
        assert done.returncode != 0 and "DO NOT MATCH THE HASHES" in done.stderr, done.stderr
