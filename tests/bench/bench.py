# SPDX-License-Identifier: MIT
"""`make bench`: measures the budgets beside what people run instead.

Prints a table, writes build/bench.json, and exits 1 if a goal is missed. The machine may be shared
and busy: ours and the peer always run in turns or side by side, and medians are compared.
"""

import contextlib
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import first_publish
import meter_speed
import results
import steady_state
from monitors import Monitor
from recording import write_recording
from support import TOP


def step(text):
    print(text, flush=True)


def main():
    found = []
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        recording = write_recording(folder / "speech.wav")
        ours = stack.enter_context(Monitor("sensord", folder, recording))
        peer = stack.enter_context(Monitor("peer", folder, recording))
        step(f"memory and CPU time of two noise monitors, {steady_state.SECONDS} s")
        found += steady_state.measure(folder, ours, peer)
        step(f"time to the first publish, {first_publish.STARTS} starts")
        found += first_publish.measure(ours, peer)
        step("speed of the sound level meter")
        found += meter_speed.measure(folder, recording)
    results.write(found, TOP / "build/bench.json")
    print(results.table(found))
    met = sum(result["met"] for result in found)
    print(f"{met} of {len(found)} goals met; build/bench.json")
    sys.exit(met < len(found))


if __name__ == "__main__":
    main()
