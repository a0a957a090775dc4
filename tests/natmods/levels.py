# SPDX-License-Identifier: MIT
"""Measures raw int16 samples with the native sound level meter: levels.py JOBS SAMPLES

Each line of the file JOBS is a job in JSON, with a meter of its own:

    {"rate": Hz, "weighting": "A", "time": "fast",
     "at": first sample in the file SAMPLES,
     "cut": the most samples in one call of process(),
     "parts": [[samples, "read" or "settle"], ...]}

After each part that method of the meter is called. For each job prints a line: a JSON list of the
results of read(), eight levels each.
"""

import json
import sys
from array import array

import soundlevel

from sensord.stages import weighting

_buffer = memoryview(bytearray(2 * 65536))


def measure(job, file):
    rate = job["rate"]
    meter = soundlevel.new(
        weighting.sections(rate),
        job["weighting"],
        weighting.smoothing(rate, job["time"]),
        weighting.steps_per_level(rate),
    )
    readings = []
    unread = 0
    file.seek(2 * job["at"])
    for samples, action in job["parts"]:
        feed(meter, file, 2 * samples, 2 * job["cut"])
        unread += samples
        if action == "settle":
            meter.settle()
        else:
            levels = array("f", bytes(4 * 8))
            if meter.read(levels) != unread:
                raise ValueError("read() counts other samples than went in")
            readings.append(list(levels))
            unread = 0
    return readings


def feed(meter, file, size, cut):
    while size:
        n = file.readinto(_buffer[: min(size, len(_buffer))])
        if not n:
            raise EOFError("fewer samples than the job says")
        for start in range(0, n, cut):
            meter.process(_buffer[start : min(n, start + cut)])
        size -= n


with open(sys.argv[1]) as jobs, open(sys.argv[2], "rb") as pcm:
    for job in jobs:
        print(json.dumps(measure(json.loads(job), pcm)))
