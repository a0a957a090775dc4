# SPDX-License-Identifier: MIT
"""`make bench`: measures the budgets, and the programs that people run instead.

usage: bench.py [PART...]    see PARTS; without any, all

Prints a table and exits 1 if a goal is missed; with all parts it also writes build/bench.json. The
machine may be shared and busy: sensord and its peer always run in turns or side by side, and
medians are compared.
"""

import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import bus_speed
import cnn_speed
import drain_speed
import fft_speed
import first_publish
import iir_speed
import jobs_cost
import meter_speed
import results
import steady_state
import trees_speed
import values_speed
from monitors import Monitor
from recording import write_recording
from support import TOP


def step(text):
    print(text, flush=True)


def monitors(folder):
    """Two noise monitors, sensord and its peer, running at the same time."""
    recording = write_recording(folder / "speech.wav")
    with Monitor("sensord", folder, recording) as ours, Monitor("peer", folder, recording) as peer:
        step(f"memory and CPU time of two noise monitors, {steady_state.SECONDS} s")
        yield from steady_state.measure(folder, ours, peer)
        step(f"time to the first publish, {first_publish.STARTS} starts")
        yield from first_publish.measure(ours, peer)


def jobs(folder):
    step(f"memory and CPU time of all four jobs, {jobs_cost.SECONDS} s, and of each alone")
    return jobs_cost.measure(folder, write_recording(folder / "speech.wav"))


def meter(folder):
    step("speed of the sound level meter")
    return meter_speed.measure(folder, write_recording(folder / "speech.wav"))


def buses(folder):
    step("cost of pins, I2C and SPI")
    return bus_speed.measure(folder)


def trees(folder):
    step("speed of forests of decision trees")
    return trees_speed.measure(folder)


def iir(folder):
    step("speed of the IIR filter")
    return iir_speed.measure(folder, write_recording(folder / "speech.wav"))


def fft(folder):
    step("speed of the FFT, cost of features")
    return fft_speed.measure(folder)


def networks(folder):
    step("speed of convolutional networks")
    return cnn_speed.measure(folder)


def drain(folder):
    step("rate at which stored readings are sent")
    return drain_speed.measure(folder)


def values(_folder):
    step("cost of the steps of a value")
    return values_speed.measure()


PARTS = {
    "monitors": monitors,
    "jobs": jobs,
    "meter": meter,
    "buses": buses,
    "iir": iir,
    "fft": fft,
    "trees": trees,
    "networks": networks,
    "drain": drain,
    "values": values,
}


def main(names):
    unknown = set(names) - set(PARTS)
    if unknown:
        sys.exit(f"bench.py: no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    found = []
    for name in names or PARTS:
        with tempfile.TemporaryDirectory() as folder:
            found += PARTS[name](pathlib.Path(folder))
    print(results.table(found))
    met = sum(result["met"] for result in found)
    summary = f"{met} of {len(found)} goals met"
    if not names:
        # A file with only some of the goals would look complete.
        results.write(found, TOP / "build/bench.json")
        summary += "; build/bench.json"
    print(summary)
    sys.exit(met < len(found))


if __name__ == "__main__":
    main(sys.argv[1:])
