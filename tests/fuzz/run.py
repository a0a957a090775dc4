# SPDX-License-Identifier: MIT
"""`make fuzz`: libFuzzer with the address and undefined behaviour sanitizers on each target.

usage: run.py SECONDS_EACH [TARGET...]

As many targets run at a time as there are processors. A target ends at its first crash, hang or
excess of memory; the input is kept in tests/fuzz/crashes/TARGET/, which `make test` runs again.
The corpus stays in build/fuzz/corpus/, and the next run continues from there. Exit 1 if any target
failed.
"""

import concurrent.futures
import os
import re
import shutil
import subprocess
import sys

import targets

BUILD = targets.TOP / "build/fuzz"
LIMITS = ["-timeout=10", "-rss_limit_mb=512", "-malloc_limit_mb=64", "-report_slow_units=60"]
# After its time libFuzzer finishes one input; taking longer is a fault of the runner.
GRACE_S = 120


def fuzz(name, seconds):
    """Runs one target. Returns None if it passed, else a short description of the failure."""
    program = targets.build(name, "clang", "fuzzer,address,undefined", BUILD / name)
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
    log = BUILD / f"{name}.log"
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
    reason = re.findall(r"^SUMMARY: (.*)$|runtime error: (.*)$", text, re.MULTILINE)
    reason = "; ".join(filter(None, reason[0])) if reason else f"exit {done.returncode}"
    print(f"{name}: {reason}; see {log.relative_to(targets.TOP)}", flush=True)
    return reason


def main(seconds, *wanted):
    seconds = int(seconds)
    unknown = set(wanted) - set(targets.names())
    if unknown:
        raise SystemExit(f"no such target: {' '.join(sorted(unknown))}")
    names = list(wanted) or targets.names()
    print(f"fuzzing {len(names)} targets for {seconds} s each: {' '.join(names)}", flush=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda name: fuzz(name, seconds), names))
    failed = [name for name, reason in zip(names, found) if reason is not None]
    if failed:
        print(f"fuzz: {len(failed)} of {len(names)} targets FAILED: {' '.join(failed)}")
    else:
        print(f"fuzz: {len(names)} targets, {seconds} s each: no crash, hang or excess of memory")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main(*sys.argv[1:])
