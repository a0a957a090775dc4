# SPDX-License-Identifier: MIT
"""Runs in sensord's MicroPython: the cost of a sensor's values, with all steps and with none.

usage: value_rounds.py ROUNDS

Prints JSON: "plain" and "steps" are lists with each round's us of CPU time a sample.
"""

import gc
import json
import sys

from clock import cpu_ns

from sensord.values import schema
from sensord.values.checked import CheckedValues
from sensord.values.field import Field
from sensord.values.steps.processing import Processing

SAMPLES = 500
ALL = {
    "scale": 1.01, "offset": -0.8, "points": [[0, 0.4], [50, 51], [100, 99.1]], "valid": [-40, 85],
    "median": 5, "smooth": 30000, "change": 0.2, "digits": 1, "name": "outside_c",
}  # fmt: skip


def temperature(_name):
    return "temperature"


def settings(table, **keys):
    found = {
        "name": "climate", "values": table, "interval": 1000, "sample": 100, "statistics": None,
        "publish": "always", "repeat": None,
    }  # fmt: skip
    found.update(keys)
    return found


def plain():
    values = CheckedValues("climate", DECLARED, {})

    def run(fields):
        values.check(fields)

    return run


def all_steps():
    table = dict.fromkeys(schema.KEYS)
    table.update(ALL)
    whole = settings(
        {"temperature_c": table}, statistics=["mean", "min", "max"], publish="changes",
        repeat=3600000,
    )  # fmt: skip
    values = CheckedValues("climate", DECLARED, whole["values"])
    steps = Processing(whole, DECLARED, ("interval",), temperature)

    def run(fields):
        reading = steps.feed(values.check(fields))
        if reading is not None:
            steps.told(reading)

    return run


DECLARED = (Field("temperature_c", (-40, 85)),)


def main(rounds):
    jobs = {"plain": plain(), "steps": all_steps()}
    found = {name: [] for name in jobs}
    samples = [[("temperature_c", 20 + (i * 37 % 100) / 50)] for i in range(SAMPLES)]
    for _ in range(rounds):
        for name, run in jobs.items():
            gc.collect()
            began_ns = cpu_ns()
            for fields in samples:
                run(fields)
            found[name].append((cpu_ns() - began_ns) / SAMPLES / 1000)
    print(json.dumps(found))


main(int(sys.argv[1]))
