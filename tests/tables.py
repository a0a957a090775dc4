# SPDX-License-Identifier: MIT
"""Configurations of tests, and the values in the readings that they give."""

import subprocess

from support import SENSORD


def table(name, kind, *lines):
    """A [sensor.NAME] table of a type, with more lines."""
    return "\n".join([f"[sensor.{name}]", f'type = "{kind}"', *lines]) + "\n"


def values(reading):
    """A reading without its time."""
    return {name: value for name, value in reading.items() if name != "time"}


def check(folder, text):
    """(exit status, messages) of `sensord check` for a configuration text."""
    path = folder / "checked.toml"
    path.write_text(text)
    done = subprocess.run(
        [SENSORD, "check", "--config", path], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr
