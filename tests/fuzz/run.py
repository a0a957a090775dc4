# SPDX-License-Identifier: MIT
"""`make fuzz`: runs the fuzz targets, with the address and undefined behaviour sanitizers.

usage: run.py SECONDS_EACH BITS [TARGET...]

BITS is 64, or 32 as on a board of 32 bit. As many targets run at a time as there are processors.
Targets of C run in libFuzzer, those of Python in our interpreter, each run with a seed of its own.
A target ends at its first crash, hang or excess of memory; the input is kept in
tests/fuzz/crashes/TARGET/, which `make test` runs again. The corpus stays in build/fuzz/corpus/,
and the next run continues from there. Exit 1 if any target failed.
"""

import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import time

import targets

BUILD = targets.TOP / "build/fuzz"
LIMITS = ["-timeout=10", "-rss_limit_mb=512", "-malloc_limit_mb=64", "-report_slow_units=60"]
# After its time libFuzzer finishes one input; taking longer is a fault of the runner.
GRACE_S = 120


def fuzz_c(name, seconds, bits):
    """Runs one target of C. Returns None if it passed, else a short description of the failure."""
    output, log = BUILD / f"{name}.{bits}", BUILD / f"{name}.log"
    try:
        program = targets.build(name, "clang", "fuzzer,address,undefined", output, bits=bits)
    except subprocess.CalledProcessError as error:
        # The compiler has printed why.
        print(f"{name}: does not build", flush=True)
        return str(error)
    corpus, seeds, crashes = (
        BUILD / "corpus" / name,
        BUILD / "seeds" / name,
        targets.CRASHES / name,
    )
    shutil.rmtree(seeds, ignore_errors=True)
    for folder in (corpus, seeds, crashes):
        folder.mkdir(parents=True, exist_ok=True)
    for path in targets.seeds(name) + targets.crashes(name):
        shutil.copy(path, seeds)
    with log.open("wb") as output:
        done = subprocess.run(
            [program, f"-max_total_time={seconds}", *LIMITS, "-print_final_stats=1"]
            + [f"-artifact_prefix={crashes}/", corpus, seeds],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=seconds + GRACE_S,
            check=False,
        )
    text = log.read_text(errors="replace")
    if not any(crashes.iterdir()):
        crashes.rmdir()
    runs = int((re.findall(r"stat::number_of_executed_units: (\d+)", text) or [0])[-1])
    if done.returncode == 0 and runs > 0:
        coverage = (re.findall(r" cov: (\d+) ", text) or ["0"])[-1]
        print(f"{name}: {runs:,} inputs, {coverage} branches seen", flush=True)
        return None
    return _failed(name, text, done.returncode)


def _failed(name, text, status):
    """Prints why a target failed, and returns it."""
    log = BUILD / f"{name}.log"
    reason = re.findall(r"^SUMMARY: (.*)$|runtime error: (.*)$", text, re.MULTILINE)
    lines = text.strip().splitlines() or [f"exit {status}"]
    reason = "; ".join(filter(None, reason[0])) if reason else lines[-1]
    print(f"{name}: {reason}; see {log.relative_to(targets.TOP)}", flush=True)
    return reason


def fuzz_python(name, seconds, bits):
    """Runs one target of Python, again and again with other seeds; returns as fuzz_c()."""
    log = BUILD / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    inputs, found = targets.PYTHON[name].inputs, 0
    end = time.monotonic() + seconds
    seed = int(time.time())
    runs = 0
    while runs == 0 or time.monotonic() < end:
        passed, text = targets.run_python(name, (inputs, seed), bits)
        log.write_text(text)
        if not passed:
            _keep_input(name, text, inputs, seed, bits)
            return _failed(name, text, f"seed {seed}")
        found += int(re.search(r"(\d+) found", text)[1])
        runs += 1
        seed += 1
    print(f"{name}: {runs * inputs:,} inputs, {found:,} found in them", flush=True)
    return None


def _keep_input(name, text, inputs, seed, bits):
    """After a crash of the interpreter, in which it could not write its input: runs it again."""
    if "failed, it is in" in text:
        return
    last = BUILD / f"{name}.input"
    passed, _ = targets.run_python(name, (inputs, seed), bits, save=last)
    if not passed and last.exists():
        folder = targets.CRASHES / name
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(last, folder / f"seed-{seed}")


def main(seconds, bits, *wanted):
    seconds, bits = int(seconds), int(bits)
    known = targets.names() + targets.python_names()
    unknown = set(wanted) - set(known)
    if unknown:
        raise SystemExit(f"no such target: {' '.join(sorted(unknown))}")
    names = list(wanted) or known
    print(f"fuzzing {len(names)} targets of {bits} bit for {seconds} s each: {' '.join(names)}")

    def fuzz(name):
        return (fuzz_python if name in targets.PYTHON else fuzz_c)(name, seconds, bits)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(fuzz, names))
    failed = [name for name, reason in zip(names, found) if reason is not None]
    if failed:
        print(f"fuzz: {len(failed)} of {len(names)} targets FAILED: {' '.join(failed)}")
    else:
        print(f"fuzz: {len(names)} targets, {seconds} s each: no crash, hang or excess of memory")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main(*sys.argv[1:])
