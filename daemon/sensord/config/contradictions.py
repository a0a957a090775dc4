# SPDX-License-Identifier: MIT
"""Values of a sensor's table that are right each for itself and do not go together."""

from ..drivers import IIO

# Fields that a classifier's reading has beside its labels.
_TAKEN = ("time", "label", "gaps")
_WINDOW_SAMPLES = (4, 2048)  # what timebased takes
_LONGEST_SPECTRUM = 8192  # 150 kB


def _accelerometer(settings):
    if settings["driver"] is None and settings["replay"] is None:
        yield "driver", "is missing: name the accelerometer, or a recording to replay"
    if (settings["driver"] == IIO) != (settings["device"] is not None):
        yield "device", 'goes with driver = "iio", and that with it'


def _labels(settings):
    for label in settings["labels"]:
        if label in _TAKEN:
            yield "labels", 'cannot have "%s": the reading has a field of that name' % label


def _motion(settings):
    yield from _accelerometer(settings)
    if settings["hop"] > settings["window"]:
        yield "hop", "must not be longer than the window"
    least, most = _WINDOW_SAMPLES
    samples = settings["window"] * settings["rate"] // 1000
    if not least <= samples <= most:
        yield "window", "is %d samples at this rate: it must be %d to %d" % (samples, least, most)
    elif settings["hop"] * settings["rate"] < 1000:
        yield "hop", "is shorter than a sample at this rate"
    yield from _labels(settings)


def _thresholds(settings):
    if settings["red"] < settings["yellow"]:
        yield "red", "must not be less than yellow"


def _sound(settings):
    yield from _thresholds(settings)
    if settings["learn"] and settings["bands"] == "none":
        yield "learn", 'needs bands = "third-octave"'
    if (settings["model"] is None) != (settings["labels"] is None):
        yield "labels", "and model go together"
    elif settings["model"] is not None:
        yield from _labels(settings)
        if settings["interval"] > settings["window"]:
            yield "interval", "must not be longer than the window: what is between is not heard"


def _vibration(settings):
    yield from _accelerometer(settings)
    # As in sensors/vibration.py: the next power of two.
    samples = settings["window"] * settings["rate"] // 1000
    if samples > _LONGEST_SPECTRUM:
        yield (
            "window",
            "is %d samples at this rate: at most %d" % (samples, _LONGEST_SPECTRUM),
        )
    if settings["interval"] < settings["window"]:
        yield "interval", "must not be shorter than the window"
    yield from _thresholds(settings)
    edges = settings["bands"]
    if edges is None:
        return
    if len(edges) < 2 or len(edges) > 65 or any(a >= b for a, b in zip(edges, edges[1:])):
        yield "bands", "must be 2 to 65 frequencies that rise"
    elif edges[-1] > settings["rate"] / 2:
        yield "bands", "must not go beyond half the rate, %g Hz" % (settings["rate"] / 2)


def _image(settings):
    crop = settings["crop"]
    if crop is not None:
        left, top, width, height = crop
        if not width or not height or left + width > 1 or top + height > 1:
            yield "crop", "must lie within the picture: left + width and top + height at most 1"
    yield from _labels(settings)


_BY_TYPE = {"image": _image, "motion": _motion, "sound": _sound, "vibration": _vibration}


def contradictions(settings):
    """Yields (key, text) for each value that does not go with the others of its sensor."""
    find = _BY_TYPE.get(settings["type"])
    return find(settings) if find else ()
