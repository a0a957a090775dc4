# SPDX-License-Identifier: MIT
"""Shared by the tests of accelerometers: a recording, the chips that play it, and a sensor."""

import json

from fakes import motion
from support import TOP

RECORDING = sorted((TOP / "tests/data/har/exercise").glob("*_jumpingjack.npy"))[-1]
MODEL = TOP / "packaging/models/exercise.trees.csv"
CLASSES = ["jumpingjack", "lunge", "other", "squat"]
# Driver: address, rate, model.
CHIPS = {
    "mpu6050": (0x68, 500, motion.MPU),
    "mpu6886": (0x68, 500, lambda samples: motion.MPU(samples, 0x19, 2)),
    "lis3dh": (0x18, 200, motion.LIS3DH),
    "adxl345": (0x53, 200, motion.ADXL345),
}


def table(source, rate):
    """A sensor with windows of 400 samples every 100, whatever the rate."""
    return "\n".join(
        [
            "[sensor.activity]", 'type = "motion"', f'model = "{MODEL}"', f"rate = {rate}",
            f"labels = {json.dumps(CLASSES)}", f'window = "{400000 // rate} ms"',
            f'hop = "{100000 // rate} ms"', source,
        ]
    ) + "\n"  # fmt: skip
