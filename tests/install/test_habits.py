# SPDX-License-Identifier: MIT
"""The checks at a commit, in `make lint` and on GitHub are the same, by the same programs.

A contributor whose commit passes here and fails there loses a round of review.
"""

import os
import re
import subprocess

import pytest
from support import TOP

PINNED = dict(
    re.findall(
        r"^([\w-]+)==(\S+)$",
        (TOP / "tests/requirements.txt").read_text()
        + (TOP / "tools/requirements.txt").read_text(),
        re.MULTILINE,
    )
)
HOOKS = (TOP / ".pre-commit-config.yaml").read_text()


def test_hooks_have_the_versions_of_the_tests():
    used = re.findall(r"([\w-]+)==([\w.]+)", HOOKS)
    assert used and all(PINNED[name] == version for name, version in used)


@pytest.mark.parametrize("program", ["ruff", "clang-format", "codespell", "mypy"])
def test_a_hook_runs_each_program_of_make_lint(program):
    lint = re.search(r"^lint:.*?\n\n", (TOP / "Makefile").read_text(), re.MULTILINE | re.DOTALL)[0]
    assert program in lint
    assert re.search(rf"entry: .*\b{program} ?", HOOKS)


def test_actions_are_pinned_to_a_commit():
    """A tag can be moved to other code, which then runs with the rights of the workflow."""
    for path in (TOP / ".github/workflows").glob("*.yml"):
        uses = re.findall(r"uses: (\S+)(.*)", path.read_text())
        assert uses, path
        for action, comment in uses:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action), action
            assert re.fullmatch(r" # v[\d.]+", comment), f"{action}: which version is that?"


def test_github_runs_make_test():
    assert re.search(r"run: make test$", (TOP / ".github/workflows/test.yml").read_text(), re.M)


def test_the_signing_key_lies_outside_the_checkout():
    """Boards accept only packages of that key: without it they get no more updates."""
    done = subprocess.run(
        ["make", "-s", "--eval", "key:;@echo $(KEY)", "key"],
        cwd=TOP, env={**os.environ, "HOME": "/home/maintainer"}, check=True, capture_output=True,
    )  # fmt: skip
    assert done.stdout == b"/home/maintainer/.config/sensord/repo.key\n"


def test_files_are_as_the_editor_is_told():
    """A file with other line ends or trailing blanks adds unrelated lines to the next change."""
    for pattern in ("**/*.py", "**/*.pyi", "natmods/**/*.[ch]", "**/*.md", ".github/**/*.yml"):
        for path in TOP.glob(pattern):
            parts = path.relative_to(TOP).parts
            if parts[0] == "build" or "data" in parts:
                continue
            text = path.read_bytes().decode()
            assert "\r" not in text and not re.search(r"[ \t]+$", text, re.M), path
            assert not text or text.endswith("\n"), path
