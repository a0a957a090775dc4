# SPDX-License-Identifier: MIT
"""The configuration of type = "vibration"."""

from ...schema.compound import Several
from ...schema.values import Duration, Integer, Number
from ...values.field import TEXT, Field
from ..acceleration import accelerometer_schema as accelerometer
from ..shared_schema import CONFIRM, RED, YELLOW, thresholds
from .bands import band_edges, band_names

DOC = (
    "A condition monitor of a machine: acceleration_rms_m_s2, acceleration_peak_m_s2, "
    "velocity_rms_mm_s (10 Hz to 1 kHz or half the rate, as ISO 20816-1), crest_factor, kurtosis, "
    "and band_LOW_HIGH_hz_m_s2. The sensor first learns what is normal; from then on distance is "
    "the number of standard deviations (of at least 1 dB) by which the quantity that rose most is "
    "above that, so that 6 is a doubling on a steady machine, and status is green, yellow or red. "
    "Before that status is learning, and idle while the machine stands still. The sensor stores "
    "what it has learned in /var/lib/sensord/baselines/NAME.json: remove the file and restart to "
    "learn anew."
)
_DAY_MS = 86400000
_LONGEST_SPECTRUM = 8192  # 150 kB

KEYS = {
    "rate": Integer("Samples a second.", 50, 3200, 400),
    "window": Duration(
        "How much time one spectrum covers; rounded up to a power of two samples.",
        100,
        60000,
        1000,
    ),
    "interval": Duration("How often a reading is made.", 100, _DAY_MS, 10000),
    "bands": Several(
        "The frequencies, in Hz, between which the bands lie; octaves from 10 Hz if not given.",
        Number("", 0.0, 1600.0, None),
        None,
    ),
    "learn": Duration(
        "How long the sensor learns the normal state; 0 s for no judgement.",
        0,
        366 * _DAY_MS,
        _DAY_MS,
    ),
    "running_above": Number(
        "An acceleration (RMS, m/s2) below which the machine stands still: such readings are "
        "neither learned nor judged.",
        0.0,
        1000.0,
        0.0,
    ),
    "yellow": YELLOW,
    "red": RED,
    "confirm": CONFIRM,
}
KEYS.update(accelerometer.KEYS)


def fields(settings):
    names = ["acceleration_rms_m_s2", "acceleration_peak_m_s2", "velocity_rms_mm_s"]
    names += ["crest_factor", "kurtosis"]
    names += band_names(band_edges(settings))
    if settings["learn"]:
        names.append("distance")
    declared = [Field(name) for name in names]
    if settings["learn"]:
        declared.append(Field("status", kind=TEXT))
    return declared + [Field("gaps")]


def contradictions(settings):
    yield from accelerometer.contradictions(settings)
    # As in window_samples(): the next power of two.
    samples = settings["window"] * settings["rate"] // 1000
    if samples > _LONGEST_SPECTRUM:
        yield (
            "window",
            "is %d samples at this rate: at most %d" % (samples, _LONGEST_SPECTRUM),
        )
    if settings["interval"] < settings["window"]:
        yield "interval", "must not be shorter than the window"
    yield from thresholds(settings)
    edges = settings["bands"]
    if edges is None:
        return
    if len(edges) < 2 or len(edges) > 65 or any(a >= b for a, b in zip(edges, edges[1:])):
        yield "bands", "must be 2 to 65 frequencies that rise"
    elif edges[-1] > settings["rate"] / 2:
        yield "bands", "must not go beyond half the rate, %g Hz" % (settings["rate"] / 2)


claims = accelerometer.claims
RIGHTS, rights = accelerometer.RIGHTS, accelerometer.rights
