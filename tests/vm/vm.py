# SPDX-License-Identifier: MIT
"""The package in a booted Debian 13, on drivers of its kernel: run by `make vm-test`, inside the
build root.

    python3 tests/vm/vm.py BOARD FOLDER [--only TEXT]

BOARD is one of machine.py's; FOLDER is made for it by tests/vm/image.sh. Each output line is "ok"
or "FAIL", a check's name and its result; or "--" and why the check is not possible on the board.
"""

import argparse
import contextlib
import pathlib
import shutil
import signal
import sys
import tempfile
import time
import traceback

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests"))

import check_outages  # noqa: E402
import check_outputs  # noqa: E402
import check_pi  # noqa: E402
import check_readings  # noqa: E402
import check_scripts  # noqa: E402
import check_service  # noqa: E402
from bench import Bench  # noqa: E402
from bridged import BridgedBench  # noqa: E402

from machine import BOARDS, Gone  # noqa: E402

_USUAL_MIB, _SMALL_MIB = 512, 128
# Smaller amounts of memory to try, until it no longer works
_LESS_MIB = (112, 96, 88, 80)
_BOOT_S, _LITTLE_MEMORY_BOOT_S = 400, 180


class Report:
    def __init__(self, log):
        self._log = log
        self.passed = self.failed = 0

    def run(self, name, check, *arguments):
        """Runs one check; returns whether it passed."""
        began = time.monotonic()
        try:
            detail, word = check(*arguments), "ok"
            self.passed += 1
        except (AssertionError, RuntimeError, KeyError, ValueError, TypeError) as error:
            detail, word = " ".join(str(error).split()) or repr(error), "FAIL"
            self._log.write(f"{name}\n{traceback.format_exc()}\n")
            self.failed += 1
        print(f"{word} {name}: {detail} ({time.monotonic() - began:.0f} s)", flush=True)
        return word == "ok"


def boots(bench, timeout_s=_BOOT_S):
    """systemd finishes booting, and no unit fails."""
    began = bench.machine.began
    bench.machine.wait_until_up(timeout_s)
    wait = f"timeout {timeout_s} systemctl is-system-running --wait || true"
    state = bench.run(wait, timeout_s + 10)
    took = time.monotonic() - began
    if state.strip() != "running":
        raise AssertionError(state + bench.run("systemctl --failed --plain --no-legend"))
    said = bench.run("systemd-analyze").splitlines()[0]
    return f"running after {took:.0f} s; {said}"


def _possible(checks, board):
    return [(name, check) for name, check in checks if name not in board.lacks]


def usual(report, bench, chosen):
    """All checks, in a machine with plenty of memory."""
    if bench.board.bridged:
        checks = [*check_outages.AT_BOOT, *check_readings.CHECKS, *check_service.HEALTHY,
                  *check_scripts.CHECKS, *check_outputs.CHECKS, *check_service.CHECKS,
                  *check_outages.CHECKS, *check_scripts.LAST]  # fmt: skip
    else:
        checks = [*check_outages.AT_BOOT, *check_pi.CHECKS, *check_service.CHECKS]
    if not report.run(f"boot with {_USUAL_MIB} MiB", boots, bench):
        return
    at_boot = [name for name, _ in check_outages.AT_BOOT]
    for name, check in _possible(checks, bench.board):
        if name in at_boot or chosen in name:
            report.run(name, check, bench)
    if bench.board.bridged and bench.bridge.trouble:
        report.run("the bridge", _raise, bench.bridge.trouble)


def _raise(trouble):
    raise RuntimeError(f"{type(trouble).__name__}: {trouble}")


def small(report, bench, memory_mib):
    """A machine with little memory must still measure everything, and deliver it."""
    if not report.run(f"boot with {memory_mib} MiB", boots, bench):
        return
    bench.connect()
    for name, check in _possible(check_readings.CHECKS, bench.board):
        report.run(f"{memory_mib} MiB: {name}", check, bench)
    report.run(f"{memory_mib} MiB: memory", check_service.memory, bench)
    report.run(f"{memory_mib} MiB: nothing was killed", _nothing_killed, bench)


def least_memory(board, folder):
    """The least memory with which all sensors reach the broker."""
    least = _SMALL_MIB
    for memory_mib in _LESS_MIB:
        try:
            with _bench(board, folder, memory_mib) as bench:
                said = boots(bench, _LITTLE_MEMORY_BOOT_S)
                bench.connect()
                bench.all_well()
                for _, check in _possible(check_readings.CHECKS, board):
                    check(bench)
                _nothing_killed(bench)
            least = memory_mib
            print(f"   {memory_mib} MiB is enough: {said}", flush=True)
        except (AssertionError, RuntimeError, Gone) as error:
            reason = " ".join(str(error).split())[:100]
            return f"{least} MiB; with {memory_mib}: {reason}"
    return f"{least} MiB; less was not tried"


def _nothing_killed(bench):
    said = bench.run("journalctl -b -k -o cat | grep -i 'out of memory' || true")
    assert not said, said
    restarts = bench.show("NRestarts")
    assert restarts == "0", restarts
    return "no process was ended for want of memory"


@contextlib.contextmanager
def _bench(board, folder, memory_mib):
    """A machine that is removed with all its files at the end of the block."""
    with tempfile.TemporaryDirectory(prefix="vm", dir=folder) as work:
        bench = (BridgedBench if board.bridged else Bench)(board, folder, memory_mib, work)
        try:
            yield bench
        finally:
            bench.close()


def _in_machine(report, board, folder, memory_mib, checks, *arguments):
    """Runs checks(report, bench, …) in a machine of its own."""
    try:
        with _bench(board, folder, memory_mib) as bench:
            checks(report, bench, *arguments)
    except Gone as gone:
        report.run(f"the machine with {memory_mib} MiB", _raise, gone)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("board", choices=BOARDS)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--only", default="", help="checks with this text in their name")
    options = parser.parse_args()
    # So that the machine is ended and its files are removed when this program is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    for left in options.folder.glob("vm*"):
        shutil.rmtree(left)
    with open(options.folder / "failures.log", "w") as log:
        board = BOARDS[options.board]
        report = Report(log)
        for name, reason in board.lacks.items():
            print(f"-- {name}: {reason}", flush=True)
        _in_machine(report, board, options.folder, _USUAL_MIB, usual, options.only)
        # Less memory does not depend on the bus: one board with these sensors is enough.
        if board.bridged and not options.only:
            _in_machine(report, board, options.folder, _SMALL_MIB, small, _SMALL_MIB)
            report.run("least memory", least_memory, board, options.folder)
    print(f"{report.passed} passed, {report.failed} failed, {len(board.lacks)} not on this board")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
