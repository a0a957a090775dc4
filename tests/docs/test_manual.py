# SPDX-License-Identifier: MIT
"""The manual pages and the completion contain the program's own tables, in valid form."""

import os
import re
import shlex
import subprocess
import sys

import pytest
from support import SENSORD, TOP

sys.path.insert(0, str(TOP / "daemon"))
from sensord import inputs
from sensord.config import action_tables, sections
from sensord.usage import COMMANDS, OPTIONS

PAGES = ("sensord.1", "sensord.8", "sensord.toml.5")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("man")
    subprocess.run(
        [sys.executable, TOP / "packaging/man/make.py", folder],
        env={**os.environ, "PYTHONPATH": str(TOP / "daemon")},
        check=True,
    )
    return folder


def text(page):
    """A page as a terminal shows it, with all its lines joined."""
    done = subprocess.run(
        ["groff", "-Kutf8", "-man", "-Tascii", "-P-cbou", page],
        check=True,
        capture_output=True,
        text=True,
    )
    return " ".join(done.stdout.split())


@pytest.mark.parametrize("page", PAGES)
def test_roff_finds_nothing_to_warn_of(made, page):
    done = subprocess.run(
        ["groff", "-Kutf8", "-man", "-ww", "-z", "-Tutf8", made / page],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stderr == ""


def test_every_command_and_option_is_in_the_manual_and_the_help(made):
    page = text(made / "sensord.1")
    help_text = subprocess.run([SENSORD, "--help"], capture_output=True, text=True, check=True)
    for name, operands, _ in COMMANDS:
        usage = f"{name} {operands}".strip()
        assert usage in page and usage in help_text.stdout
    for spellings, value, _, _, _ in OPTIONS:
        usage = ", ".join(spellings) + (f" {value}" if value else "")
        assert usage in page and usage in help_text.stdout
    assert max(len(line) for line in help_text.stdout.splitlines()[:-1]) <= 80


def test_every_key_is_in_the_manual(made):
    page = (made / "sensord.toml.5").read_text()
    kinds = [inputs.schema(kind) for kind in inputs.types()]
    tables = [*sections.SECTIONS.values(), *(kind.KEYS for kind in kinds), action_tables.ACTION]
    for kind in ("i2c", "spi"):
        tables += [more for _, _, more, _ in inputs.schema(kind).variants()]
    for table in tables:
        for key in table:
            assert re.search(rf"^\.B {key}$", page, re.MULTILINE), key


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("sensord re", ["read", "record"]),
        ("sensord read ", ["--config", "--raw", "noise", "climate"]),
        ("sensord record n", ["noise"]),
        ("sensord record noise --d", ["--duration"]),
        ("sensord features --features timebased-", ["timebased-compat"]),
        ("sensord probe --", ["--json", "--config"]),
        ("sensord --duration 5 wat", ["watch"]),
    ],
)
def test_bash_completes(made, tmp_path, line, offered):
    """It completes the sensors of the configuration on the command line."""
    config = tmp_path / "sensord.toml"
    config.write_text('[mqtt]\n[sensor.noise] # a comment\ntype = "sound"\n[sensor.climate]\n')
    line = line.replace("sensord", f"sensord --config {config}", 1)
    words = shlex.split(line) + ([""] if line.endswith(" ") else [])
    script = (
        f"source {made}/sensord.bash; compopt() {{ :; }}; COMP_WORDS=({shlex.join(words)}); "
        f"COMP_CWORD={len(words) - 1}; _sensord; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    )
    done = subprocess.run(["bash", "-c", script], check=True, capture_output=True, text=True)
    assert sorted(done.stdout.split()) == sorted(offered) and not done.stderr
