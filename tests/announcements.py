# SPDX-License-Identifier: MIT
"""Runs in sensord's MicroPython: writes announcements with every unit, for home_assistant.py to
check.

usage: announcements.py FOLDER
"""

import sys

from sensord.mqtt.topics import Topics
from sensord.output.fields import Fields
from sensord.output.home_assistant import Announcement

FIELDS = (
    "temperature_c humidity_percent disk_used_percent pressure_hpa co2_ppm rain_mm rain_mm_total "
    "laeq_db uptime_s count count_total power_w voltage_v current_a memory_available_mib "
    "illuminance_lx energy_wh energy_wh_total energy_kwh_total velocity_rms_mm_s speed_hz "
    "acceleration_rms_m_s2 crest_factor gaps overruns"
)


def main(folder):
    fields = Fields()
    announcement = Announcement(
        Topics("sensord/{host}/{sensor}", "raspberry pi"),
        "raspberry pi",
        "sensord-pi ü",
        fields,
        "A board",
    )
    action = {"pwm": None, "publish": None}
    sensors = {"all": {"interval": 1000}, "door": {"replay": "x"}, "silent": {"hop": 500}}
    fields.configure(sensors)
    announcement.configure(
        sensors,
        {
            "fan": {"pwm": 0, "publish": None},
            "valve": action,
            "alarm": {"pwm": None, "publish": "x"},
        },
    )
    fields.reading("all", [(name, 1) for name in FIELDS.split()] + [("overload", True)])
    fields.reading("door", [("label", "cat"), ('a "cat"\'s tail', 0.5)])
    with open(folder + "/all.json", "wb") as file:
        file.write(announcement.message())
    with open(folder + "/withdrawn.json", "wb") as file:
        file.write(announcement.message([("old_temperature_c", "sensor"), ("old_fan", "number")]))


main(sys.argv[1])
