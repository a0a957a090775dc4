# SPDX-License-Identifier: MIT
"""Runs in Home Assistant's Python: checks announcements with its own code.

usage: home_assistant.py FILE...

Each file is the message of a device's discovery. It is parsed as in
homeassistant.components.mqtt.discovery, and each component is checked by its platform's schema.
Prints a line "KEY PLATFORM" for each, and ends with 1 and the reason at the first error.
"""

import asyncio
import json
import sys
import tempfile

from homeassistant.components.mqtt import binary_sensor, discovery, number, sensor, switch
from homeassistant.components.mqtt.schemas import DEVICE_DISCOVERY_SCHEMA
from homeassistant.components.sensor.const import DEVICE_CLASS_STATE_CLASSES, DEVICE_CLASS_UNITS
from homeassistant.core import HomeAssistant

PLATFORMS = {
    "sensor": sensor, "binary_sensor": binary_sensor, "switch": switch, "number": number,
}  # fmt: skip


def check_units(component):
    """Raises for errors that Home Assistant only logs: wrong units or state classes."""
    device_class = component.get("device_class")
    if device_class is None or component["platform"] != "sensor":
        return
    units = set()
    for kind in DEVICE_CLASS_UNITS[device_class]:
        units |= {str(unit) for unit in kind} if isinstance(kind, type) else {str(kind)}
    assert component["unit_of_measurement"] in units, (component, units)
    assert component["state_class"] in DEVICE_CLASS_STATE_CLASSES[device_class], component


def check(path):
    with open(path, encoding="utf-8") as file:
        device = discovery.MQTTDiscoveryPayload(json.load(file))
    discovery._replace_all_abbreviations(device)
    DEVICE_DISCOVERY_SCHEMA(device)
    for key, component in device["components"].items():
        if set(component) == {"platform"}:
            print(key, component["platform"], "withdrawn")
            continue
        component = discovery.MQTTDiscoveryPayload(component)
        discovery._merge_common_device_options(component, device)
        for shared in ("device", "origin"):
            component[shared] = device[shared]
        if "~" in component:
            discovery._replace_topic_base(component)
        check_units(component)
        checked = {name: value for name, value in component.items() if name != "platform"}
        PLATFORMS[component["platform"]].DISCOVERY_SCHEMA(checked)
        print(key, component["platform"])


async def main(paths):
    with tempfile.TemporaryDirectory() as folder:
        # Templates are compiled for an instance, within its loop.
        hass = HomeAssistant(folder)
        for path in paths:
            check(path)
        print(f"Home Assistant accepts {len(paths)} announcements")
        await hass.async_stop(force=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
