# SPDX-License-Identifier: MIT
"""The configuration of type = "sound"."""

from ...rights import SOUND
from ...schema.compound import Several
from ...schema.devices import sound_device
from ...schema.values import Choice, Duration, ExistingFile, Integer, Number, Text
from ...stages.weighting import level_names
from ...values.field import BOOLEAN, TEXT, Field, classifier
from ..shared_schema import CONFIRM, RED, REPLAY_SPEED, YELLOW, thresholds

DOC = (
    "A noise monitor: sound levels of a microphone, described in sensord(1). With bands also "
    "l25hz_db and so on, in dB SPL, and with learn the distance from what is usual and a status, "
    "as of vibration; with a model the label of the last window and the probability of each."
)
_DAY_MS = 86400000

KEYS = {
    "device": Text("The ALSA PCM device, as listed by arecord -L.", "default"),
    "rate": Integer("Samples a second.", 8000, 192000, 16000),
    "weighting": Choice("The frequency weighting.", ("A", "C", "Z"), "A"),
    "time_weighting": Choice(
        "The time weighting: 125 ms (fast) or 1 s (slow).", ("fast", "slow"), "fast"
    ),
    "interval": Duration("How often a reading is made.", 100, _DAY_MS, 1000),
    "sensitivity": Number(
        "The microphone's level at 94 dB SPL, in dBFS, from its data sheet or a calibrator.",
        -120.0,
        20.0,
        -26.0,
    ),
    "bands": Choice(
        "Levels of bands as well: third-octaves (IEC 61260-1) from 25 Hz to what the rate allows.",
        ("none", "third-octave"),
        "none",
    ),
    "learn": Duration(
        "With bands: how long the sensor learns the usual levels; 0 s for no judgement.",
        0,
        366 * _DAY_MS,
        0,
    ),
    "yellow": YELLOW,
    "red": RED,
    "confirm": CONFIRM,
    "model": ExistingFile(
        "A forest that classifies sounds, as tools/train_activity.py writes it (.csv).", None
    ),
    "labels": Several("The model's classes, in its order.", Text(""), None),
    "window": Duration("How much sound the model is given.", 200, 60000, 1000),
    "replay": ExistingFile("A recording (.wav, int16, mono) to read instead.", None),
    "replay_speed": REPLAY_SPEED,
}

RIGHTS = (SOUND,)


def _band_names(rate_hz):
    # Imported when needed: it takes the interpreter's modules.
    from ...stages.bands import field, usable

    return [field(index) for index in usable(rate_hz)]


def fields(settings):
    has_bands = settings["bands"] != "none"
    if has_bands and settings["replay"] is not None:
        return None  # the bands depend on the recording's rate
    declared = [
        Field(name) for name in level_names(settings["weighting"], settings["time_weighting"])
    ]
    declared.append(Field("overload", kind=BOOLEAN))
    if has_bands:
        declared += [Field(name) for name in _band_names(settings["rate"])]
    if settings["learn"]:
        declared += [Field("distance"), Field("status", kind=TEXT)]
    if settings["model"] is not None:
        declared += classifier(settings["labels"])
    return declared + [Field("overruns")]


def contradictions(settings):
    yield from thresholds(settings)
    if settings["learn"] and settings["bands"] == "none":
        yield "learn", 'needs bands = "third-octave"'
    if (settings["model"] is None) != (settings["labels"] is None):
        yield "labels", "and model go together"
    elif settings["model"] is not None and settings["interval"] > settings["window"]:
        yield "interval", "must not be longer than the window, or sound would be skipped"


def claims(settings):
    if settings["replay"] is None:
        yield "device", 'microphone "%s"' % sound_device(settings["device"])
