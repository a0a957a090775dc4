# SPDX-License-Identifier: MIT
"""Inputs that once crashed a native module or a reader of the daemon, and the fuzzers' valid
seeds, must not crash it.

A user who loads a damaged or hostile model file must get an error, not a daemon that dies or reads
other memory, and so with any bytes from a broker, a device or a file. `make fuzz` searches for new
such inputs.
"""

import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import targets

TIMEOUT_S = 120


@pytest.mark.parametrize("name", targets.names())
def test_no_known_input_crashes(name, tmp_path):
    replay = targets.HERE / "replay.c"
    program = targets.build(name, "gcc", "address,undefined", tmp_path / name, replay)
    files = targets.seeds(name) + targets.crashes(name)
    done = subprocess.run(
        [program, *files], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", targets.python_names())
def test_no_known_input_makes_a_reader_fail(name):
    known = [str(path) for path in targets.crashes(name)]
    if known:
        passed, output = targets.run_python(name, ["--replay", *known])
        assert passed and f"{len(known)} inputs" in output, output
    # A target that has come to find nothing, or fails at once, is noticed before `make fuzz`.
    passed, output = targets.run_python(name, [targets.PYTHON[name].inputs // 20, 1])
    assert passed, output


def test_the_sanitizers_see_a_read_past_the_end(tmp_path):
    """Otherwise the test above would pass whatever the modules did."""
    broken = tmp_path / "broken.c"
    broken.write_text(
        "#include <stddef.h>\n#include <stdint.h>\n"
        "int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return data[size] > 9; }\n"
    )
    program = tmp_path / "broken"
    command = ["gcc", "-fsanitize=address,undefined", broken, targets.HERE / "replay.c"]
    subprocess.run([*command, "-o", program], check=True)
    done = subprocess.run(
        [program, broken], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    assert done.returncode != 0 and "heap-buffer-overflow" in done.stderr, done.stderr
