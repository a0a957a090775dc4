# SPDX-License-Identifier: MIT
"""The version is that of daemon/sensord/__init__.py everywhere else.

If the package, the manual and mip differ in the version, a report of a fault leads to the wrong
source.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tomllib
from email.utils import parsedate_to_datetime

import pytest
from support import SENSORD, TOP, VERSION


def changelog():
    return (TOP / "packaging/debian/changelog").read_text()


def test_the_debian_package_has_it():
    newest = re.match(r"sensord \((.+?)\) ", changelog())[1]
    assert newest == VERSION


def test_the_changes_of_it_are_described():
    headings = re.findall(r"^## (\S+)", (TOP / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert VERSION in headings[:2]  # above it at most the changes that are not released yet


def test_mip_has_it():
    assert json.loads((TOP / "hal_linux/package.json").read_text())["version"] == VERSION


def test_the_stubs_have_it():
    project = tomllib.loads((TOP / "stubs/pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION


def test_the_program_prints_it():
    done = subprocess.run([SENSORD, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"sensord {VERSION}\n"


@pytest.mark.parametrize("page", ["sensord.1", "sensord.8", "sensord.toml.5"])
def test_the_manual_has_it_and_the_month_of_the_release(tmp_path, page):
    subprocess.run(
        [sys.executable, TOP / "packaging/man/make.py", tmp_path],
        env={**os.environ, "PYTHONPATH": str(TOP / "daemon")},
        check=True,
    )
    head = next(x for x in (tmp_path / page).read_text().splitlines() if x.startswith(".TH"))
    month = parsedate_to_datetime(re.search(r"^ -- .*>  (.+)$", changelog(), re.MULTILINE)[1])
    assert f'"sensord {VERSION}"' in head
    assert f'"{month:%B %Y}"' in head


def texts():
    """(path in the checkout, content) of each file but test data and lists of pinned packages."""
    for folder, folders, names in os.walk(TOP):
        folders[:] = [name for name in folders if name not in ("build", "data", ".git")]
        for name in names:
            path = pathlib.Path(folder, name)
            if (
                path.suffix in (".py", ".md", ".in", ".json", ".toml", ".sh", "")
                or "debian" in folder
            ):
                yield path.relative_to(TOP).as_posix(), path.read_text(errors="replace")


def test_no_other_place_spells_it():
    """A place that no test compares is forgotten at the next release."""
    spelled = re.compile(rf"(?<![\d.]){re.escape(VERSION)}(?![\d.])")
    assert {path for path, text in texts() if spelled.search(text)} == {
        "CHANGELOG.md",
        "daemon/sensord/__init__.py",
        "hal_linux/package.json",
        "packaging/debian/changelog",
        "stubs/pyproject.toml",
        # They name the release that wrote the first format of the outbox.
        "docs/outbox-format.md",
        "tests/outbox/test_format.py",
    }
