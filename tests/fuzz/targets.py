# SPDX-License-Identifier: MIT
"""The fuzz targets, their seeds, and how they are compiled.

A target is a file fuzz_NAME.c here with LLVMFuzzerTestOneInput, which includes headers of natmods/
("emlearn_iir/cascade.h") and returns 0, and a line in SEEDS. Inputs that crashed it are kept in
crashes/.
"""

import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
CRASHES = HERE / "crashes"

# Target: its valid seed inputs, as globs below tests/data/.
SEEDS = {
    "fuzz_cnn_tflite": ["cnn/*.tflite", "cnn/made/*.tflite"],
    "fuzz_cnn_tmdl": ["cnn/*.tmdl"],
    "fuzz_features": ["har/exercise/*.npy"],
    "fuzz_iir": [],
    "fuzz_thirdoctave": [],
    "fuzz_small_models": [],
    "fuzz_trees_build": [],
    "fuzz_trees_csv": ["har/*.csv", "trees/*.csv"],
    "fuzz_trees_image": ["trees/*.trees"],
}

_CFLAGS = ["-std=c99", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-fno-omit-frame-pointer"]
_CFLAGS += ["-fno-sanitize-recover=all", "-I", str(TOP / "natmods")]


def names():
    """All targets. A file without a line in SEEDS, or the other way round, is an error."""
    files = {path.stem for path in HERE.glob("fuzz_*.c")}
    if files != set(SEEDS):
        raise SystemExit(f"tests/fuzz: files and SEEDS differ: {sorted(files ^ set(SEEDS))}")
    return sorted(files)


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


def build(name, compiler, sanitizers, output, *sources):
    """Compiles a target with further sources into the program `output` and returns its path."""
    output.parent.mkdir(parents=True, exist_ok=True)
    command = [compiler, *_CFLAGS, f"-fsanitize={sanitizers}", HERE / f"{name}.c", *sources]
    subprocess.run([*command, "-o", output, "-lm"], check=True)
    return output
