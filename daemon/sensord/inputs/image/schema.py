# SPDX-License-Identifier: MIT
"""The configuration of type = "image"."""

from ...rights import RPICAM, VIDEO
from ...schema.compound import FixedArray, Several
from ...schema.devices import ANY, device_path
from ...schema.values import (
    Choice,
    Duration,
    ExistingFile,
    ExistingFolder,
    Integer,
    Number,
    Size,
    Text,
)
from ...values.field import classifier
from ..shared_schema import REPLAY_SPEED

DOC = (
    "An image classifier: a camera's picture, cut to the network's shape and scaled to its size, "
    "in grey or RGB as the model takes it. A reading has the probability of each label, and "
    "label, which changes only after as many pictures as agree in a row had the same class with "
    "at least the threshold."
)
_DAY_MS = 86400000

KEYS = {
    "device": Text(
        'The camera: /dev/video0, a link below /dev/v4l/by-id, or "rpicam"; the first USB camera '
        "or "
        "else a Raspberry Pi's if not given.",
        None,
    ),
    "size": FixedArray(
        "Width and height of the network's pictures; read from the model if not given.",
        Integer("", 1, 4096, None),
        2,
        None,
    ),
    "crop": FixedArray(
        "The part of the camera's picture to classify: left, top, width and height, each "
        "from "
        "0 to 1.",
        Number("", 0.0, 1.0, None),
        4,
        None,
    ),
    "model": ExistingFile("A network, of TensorFlow Lite (.tflite) or TinyMaix (.tmdl)."),
    "labels": Several("The model's classes, in its order.", Text("")),
    "interval": Duration("How often a picture is classified.", 20, _DAY_MS, 1000),
    "threshold": Number("The least probability with which a class counts.", 0.0, 1.0, 0.5),
    "agree": Integer("How many pictures in a row must agree for another label.", 1, 1000, 1),
    "publish": Choice(
        "A reading for each picture, or only when the label changes.",
        ("always", "changes"),
        "always",
    ),
    "repeat": Duration(
        'With publish = "changes": how often there is a reading all the same.',
        1000,
        _DAY_MS,
        60000,
    ),
    "save": ExistingFolder(
        "A folder in which the picture that changed the label is saved: for the service one of "
        "the "
        "user sensord's below /var/lib/sensord.",
        None,
    ),
    "save_max": Size(
        "How many bytes of pictures are saved; beyond it the oldest are removed.",
        4096,
        1 << 40,
        16 << 20,
    ),
    "frozen_after": Duration(
        "How long the very same picture may come before the camera counts as frozen; 0 s: never.",
        0,
        _DAY_MS,
        60000,
    ),
    "replay": ExistingFolder("A folder of pictures (.pgm, .ppm) to classify instead.", None),
    "replay_speed": REPLAY_SPEED,
}

RIGHTS = (VIDEO, RPICAM)


def rights(settings):
    device = settings["device"]
    if device is None:
        return RIGHTS
    return (RPICAM,) if device.split(":")[0] == "rpicam" else (VIDEO,)


def fields(settings):
    return classifier(settings["labels"])


def contradictions(settings):
    crop = settings["crop"]
    if crop is not None:
        left, top, width, height = crop
        if not width or not height or left + width > 1 or top + height > 1:
            yield "crop", "must lie within the picture: left + width and top + height at most 1"


def claims(settings):
    if settings["replay"] is None:
        device = settings["device"]
        yield "device", "camera " + (ANY if device is None else device_path(device))
