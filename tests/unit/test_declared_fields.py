# SPDX-License-Identifier: MIT
"""Every field that an input declares has a quantity, or is a label, a text or a truth value."""

INTERPRETERS = ("cpython", "sensord")

from sensord import contents, inputs  # noqa: E402
from sensord.inputs.i2c import chip as i2c_chip  # noqa: E402
from sensord.output.quantities import find  # noqa: E402
from sensord.schema import REQUIRED  # noqa: E402
from sensord.values.field import NUMBER  # noqa: E402

LABELS = ["cat", "temperature_c", "class_a"]
SETTINGS = {
    "gpio": {"field": "rain_mm"},
    "i2c": {"driver": "bme280"},
    "image": {"labels": LABELS},
    "motion": {"labels": LABELS},
    "serial": {"fields": ["energy_kwh"], "values": {"energy_kwh": {"kind": "number"}}},
    "spi": {"driver": "max31855"},
    "sound": {"labels": LABELS, "model": "x"},
    "vibration": {},
    "w1": {"device": "28-0a"},
}


def declared(kind):
    settings = {
        key: None if value.default is REQUIRED else value.default
        for key, value in inputs.schema(kind).KEYS.items()
    }
    settings.update({"type": kind, "name": "it", "values": {}})
    settings.update(SETTINGS.get(kind, {}))
    return inputs.fields(settings)


def check(kind, fields):
    for field in fields:
        if field.kind == NUMBER:
            assert find(field.name, field.quantity) is not None, (kind, field.name)


def test_every_kind():
    known = 0
    for kind in inputs.types():
        fields = declared(kind)
        known += bool(fields)
        check(kind, fields)
    assert known >= 8


def test_every_chip():
    count = 0
    for folder in (i2c_chip.FOLDER, "inputs/spi/chips"):
        for name in contents.modules(folder):
            module = i2c_chip.load(folder, name)
            keys = getattr(module, "KEYS", {})
            check(name, module.fields({key: kind.default for key, kind in keys.items()}))
            count += 1
    assert count >= 31
