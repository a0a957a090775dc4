# SPDX-License-Identifier: MIT
"""The configuration of type = "motion"."""

from ...schema.compound import Several
from ...schema.values import Choice, Duration, ExistingFile, Integer, Text
from ...values.field import Field, classifier
from ..acceleration import accelerometer_schema as accelerometer

DOC = (
    "An activity tracker: windows of acceleration, features, a forest of decision trees. A "
    "reading has the label, the probability of each, the seconds spent in each since the start, "
    "and how often samples were lost."
)
# As in stages/features.py, which needs a module of the interpreter.
FEATURES = ("timebased", "timebased-compat")
_WINDOW_SAMPLES = (4, 2048)  # what timebased takes

KEYS = {
    "rate": Integer("Samples a second.", 10, 1000, 100),
    "window": Duration("How much of the movement one label covers.", 100, 60000, 4000),
    "hop": Duration("How often there is a label.", 50, 60000, 1000),
    "features": Choice("The features that the model was trained on.", FEATURES, "timebased"),
    "model": ExistingFile("A forest, as `make train-demo` and emlearn write it (.csv)."),
    "labels": Several("The model's classes, in its order.", Text("")),
}
KEYS.update(accelerometer.KEYS)


def fields(settings):
    spent = [Field(label + "_s", quantity="time_spent") for label in settings["labels"]]
    return classifier(settings["labels"], *spent, Field("gaps"))


def contradictions(settings):
    yield from accelerometer.contradictions(settings)
    if settings["hop"] > settings["window"]:
        yield "hop", "must not be longer than the window"
    least, most = _WINDOW_SAMPLES
    samples = settings["window"] * settings["rate"] // 1000
    if not least <= samples <= most:
        yield "window", "is %d samples at this rate: it must be %d to %d" % (samples, least, most)
    elif settings["hop"] * settings["rate"] < 1000:
        yield "hop", "is shorter than a sample at this rate"


claims = accelerometer.claims
RIGHTS, rights = accelerometer.RIGHTS, accelerometer.rights
