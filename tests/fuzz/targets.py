# SPDX-License-Identifier: MIT
"""The fuzz targets, and how they are built and started.

A target of C is a file fuzz_NAME.c here with LLVMFuzzerTestOneInput, which includes headers of
natmods/ ("emlearn_iir/cascade.h") and returns 0, and a line in SEEDS.

A target of Python is a file NAME.py here that runs in our interpreter as fuzzing.py says, and a
line in PYTHON.

Inputs that crashed a target are kept in crashes/TARGET/.
"""

import os
import pathlib
import subprocess
from typing import NamedTuple

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
CRASHES = HERE / "crashes"

# Target of C: its valid seed inputs, as globs below tests/data/.
SEEDS = {
    "fuzz_arrayutils": [],
    "fuzz_cnn_tflite": ["cnn/*.tflite", "cnn/made/*.tflite"],
    "fuzz_cnn_tmdl": ["cnn/*.tmdl"],
    "fuzz_features": ["har/exercise/*.npy"],
    "fuzz_iir": [],
    "fuzz_pixels": [],
    "fuzz_soundlevel": [],
    "fuzz_thirdoctave": [],
    "fuzz_small_models": [],
    "fuzz_trees_build": [],
    "fuzz_trees_csv": ["har/*.csv", "trees/*.csv"],
    "fuzz_trees_image": ["trees/*.trees"],
}


class Python(NamedTuple):
    """A target of Python."""

    inputs: int  # of one run, which should take some seconds
    reference: bool = False  # whether NAME_reference.py, in CPython, checks its results


PYTHON = {
    "conditions": Python(10000),
    "device_readings": Python(5000),
    "discovery": Python(2000),
    "http_response": Python(20000),
    "json_reader": Python(20000, reference=True),
    "mqtt_client": Python(5000),
    "mqtt_decoder": Python(50000),
    "native_modules": Python(2000),
    "outbox_reader": Python(20000),
    "recordings": Python(20000),
    "toml_reader": Python(10000, reference=True),
    "websocket_frames": Python(20000),
}

_CFLAGS = ["-std=c99", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-fno-omit-frame-pointer"]
_CFLAGS += ["-fno-sanitize-recover=all", "-I", str(TOP / "natmods")]
# Boards of 32 bit compute with their own registers too, not with the x87's of 80 bit.
_BITS = {64: [], 32: ["-m32", "-msse2", "-mfpmath=sse"]}
_SANITISED = {64: "sanitised", 32: "sanitised32"}


def names():
    """All targets of C. A file without a line in SEEDS, or the other way round, is an error."""
    files = {path.stem for path in HERE.glob("fuzz_*.c")}
    if files != set(SEEDS):
        raise SystemExit(f"tests/fuzz: files and SEEDS differ: {sorted(files ^ set(SEEDS))}")
    return sorted(files)


def python_names():
    """All targets of Python. One without a file, and a file without a target, is an error."""
    files = {path.stem for path in HERE.glob("*.py") if "fuzzing.main(" in path.read_text()}
    if files - {"fuzzing", "targets"} != set(PYTHON):
        raise SystemExit(f"tests/fuzz: files and PYTHON differ: {sorted(files ^ set(PYTHON))}")
    return sorted(PYTHON)


def seeds(name):
    """The paths of a target's valid inputs. A pattern that matches nothing is an error."""
    found = []
    for pattern in SEEDS[name]:
        matches = sorted((TOP / "tests/data").glob(pattern))
        if not matches:
            raise SystemExit(f"tests/fuzz: {name}: no seed matches tests/data/{pattern}")
        found += matches
    return found


def crashes(name):
    return sorted((CRASHES / name).glob("*"))


def build(name, compiler, sanitizers, output, *sources, bits=64):
    """Compiles a target of C with further sources into the program `output`; returns its path."""
    output.parent.mkdir(parents=True, exist_ok=True)
    flags = [*_CFLAGS, *_BITS[bits], f"-fsanitize={sanitizers}"]
    command = [compiler, *flags, HERE / f"{name}.c", *sources]
    subprocess.run([*command, "-o", output, "-lm"], check=True)
    return output


def interpreter(bits=None):
    """(command, environment) of the interpreter with sanitizers, or, without `bits`, of the plain
    one."""
    folder = "amd64" if bits is None else _SANITISED[bits]
    environment = dict(
        os.environ,
        # The collector frees nothing at exit, and looks for objects on the real stack.
        ASAN_OPTIONS="detect_leaks=0:detect_stack_use_after_return=0",
        UBSAN_OPTIONS="print_stacktrace=1",
        MICROPYPATH=".frozen",
    )
    return [str(TOP / "build" / folder / "micropython"), "-X", "heapsize=8m"], environment


def run_python(name, arguments, bits=None, save=None):
    """Runs a target of Python with `arguments`, and its reference beside it if it has one.

    `save` is a file that receives each input before it is checked. Returns (whether there was no
    failure, the output)."""
    command, environment = interpreter(bits)
    if save is not None:
        environment["SAVE"] = str(save)
    if PYTHON[name].reference:
        environment["TELL"] = "1"
    process = subprocess.Popen(
        [*command, HERE / f"{name}.py", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
    )
    if not PYTHON[name].reference:
        output = process.communicate()[0]
        return process.returncode == 0, output.decode(errors="replace")
    # The reference passes on all lines but the results.
    done = subprocess.run(
        ["python3", HERE / f"{name}_reference.py"],
        stdin=process.stdout,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    process.stdout.close()
    passed = process.wait() == 0 and done.returncode == 0
    return passed, done.stdout.decode(errors="replace")
