# SPDX-License-Identifier: MIT
"""The keys that every sensor on an accelerometer has."""

from ... import contents
from ...rights import I2C
from ...rights import IIO as IIO_BUFFERS
from ...schema.compound import Driver
from ...schema.values import Address, Choice, ExistingFile, Integer, Text
from ..i2c.schema import address_claim, decimal_address
from ..shared_schema import REPLAY_SPEED
from .chip import FOLDER, IIO

KEYS = {
    "driver": Driver(
        "The accelerometer; iio for one that a driver of the kernel reads.",
        sorted(contents.modules(FOLDER) + [IIO]),
        None,
    ),
    "device": Text(
        "With iio: the device, by its chip's name (lis3dh) or its place on a bus (1-0018).", None
    ),
    "bus": Integer("N of /dev/i2c-N.", 0, 255, 1),
    "address": Address("The chip's address; its usual one if not given."),
    "range": Choice("The largest acceleration, in g.", (2, 4, 8, 16), 2),
    "replay": ExistingFile("A recording (.npy, int16, N x 3) to read instead.", None),
    "replay_speed": REPLAY_SPEED,
}

RIGHTS = (I2C, IIO_BUFFERS)


def rights(settings):
    return (IIO_BUFFERS,) if settings["driver"] == IIO else (I2C,)


def contradictions(settings):
    """Yields (key, text) for values that do not go together."""
    if settings["driver"] is None and settings["replay"] is None:
        yield "driver", "is missing: name the accelerometer, or a recording to replay"
    if (settings["driver"] == IIO) != (settings["device"] is not None):
        yield "device", 'and driver = "iio" go together'
    if settings["driver"] not in (None, IIO):
        yield from decimal_address(FOLDER, settings)


def claims(settings):
    """Yields the claim on the accelerometer."""
    if settings["replay"] is not None or settings["driver"] is None:
        return
    if settings["driver"] == IIO:
        yield "device", "stream of the IIO device %s" % settings["device"]
    else:
        yield from address_claim(FOLDER, settings)
