# SPDX-License-Identifier: MIT
"""docs/sensors.md is that of this code: a user looks there whether his sensor is known."""

import os
import subprocess
import sys

from support import TOP


def test_the_page_is_that_of_the_code():
    done = subprocess.run(
        [sys.executable, "-B", TOP / "tools/sensors/page.py"],
        env={**os.environ, "PYTHONPATH": str(TOP / "daemon")},
        capture_output=True,
        text=True,
        check=True,
    )
    written = (TOP / "docs/sensors.md").read_text()
    assert done.stdout == written, "docs/sensors.md is old: run `make sensors-page`"


def test_each_overlay_is_of_a_chip():
    for line in (TOP / "tools/sensors/overlays.txt").read_text().splitlines():
        overlay, _, chips = line.partition(": ")
        assert line.startswith("#") or (overlay.startswith("dtoverlay=") and chips.split()), line
