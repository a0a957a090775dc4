# SPDX-License-Identifier: MIT
"""The configuration of type = "w1"."""

from ...schema.values import Duration, Text
from ...values.field import Field

DOC = (
    "DS18B20 and other thermometers on the 1-Wire bus. Without device a reading has all of them, "
    "each as 28_0316a2794fff_temperature_c."
)

KEYS = {
    "device": Text("One thermometer, such as 28-0316a2794fff; all if not given.", None),
    "interval": Duration("How often a reading is made.", 1000, 86400000, 60000),
}


def fields(settings):
    return (Field("temperature_c", (-55, 125)),) if settings["device"] else None
