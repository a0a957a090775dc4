# SPDX-License-Identifier: MIT
"""Runs in Home Assistant's Python: its core, with the MQTT integration and its web interface.

usage: core.py FOLDER BROKER_PORT WEB_PORT

FOLDER keeps the configuration and the registries, so that a second run in it is a restart. Each
line of the standard input is a JSON object {"do": NAME, …}; the answer is a line with
{"result": …} or {"error": …}. It ends with its input. Log messages go to the standard error.
"""

import asyncio
import json
import logging
import sys

from homeassistant import auth, bootstrap, config_entries, loader
from homeassistant.components.binary_sensor import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.components.sensor.const import DEVICE_CLASS_STATE_CLASSES, DEVICE_CLASS_UNITS
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry, entity_registry
from homeassistant.setup import async_setup_component


async def start(folder, broker_port, web_port):
    """A running core that is connected to the broker, set up as a person would do it."""
    hass = HomeAssistant(folder)
    # The requirements are installed already.
    hass.config.skip_pip = True
    loader.async_setup(hass)
    hass.config_entries = config_entries.ConfigEntries(hass, {})
    await bootstrap.async_load_base_functionality(hass)
    hass.auth = await auth.auth_manager_from_config(hass, [], [])
    # The MQTT integration needs it.
    web = {"http": {"server_host": ["127.0.0.1"], "server_port": web_port}}
    for component in ("homeassistant", "http", "mqtt"):
        assert await async_setup_component(hass, component, web), component
    if not hass.config_entries.async_entries("mqtt"):
        flow = await hass.config_entries.flow.async_init("mqtt", context={"source": "user"})
        form = {"broker": "127.0.0.1", "port": broker_port}
        result = await hass.config_entries.flow.async_configure(flow["flow_id"], form)
        assert result["type"] == "create_entry", result
    await hass.async_start()
    return hass


def _entity(hass, entry):
    state = hass.states.get(entry.entity_id)
    return {
        "entity_id": entry.entity_id,
        "unique_id": entry.unique_id,
        "device": entry.device_id,
        "name": entry.name or entry.original_name,
        "category": entry.entity_category,
        "device_class": entry.device_class or entry.original_device_class,
        "unit": entry.unit_of_measurement,
        "state_class": (entry.capabilities or {}).get("state_class"),
        "state": state and state.state,
        "options": (entry.capabilities or {}).get("options"),
        "text": state and state.attributes.get("text"),
    }


class Commands:
    """What a line of the input can ask for."""

    def __init__(self, hass):
        self._hass = hass

    async def entities(self):
        """{unique_id: entity} of the integration."""
        registry = entity_registry.async_get(self._hass)
        found = [e for e in registry.entities.values() if e.platform == "mqtt"]
        return {entry.unique_id: _entity(self._hass, entry) for entry in found}

    async def devices(self):
        """{id: device} of the integration."""
        registry = device_registry.async_get(self._hass)
        return {
            device.id: {
                "name": device.name,
                "identifiers": sorted(map(list, device.identifiers)),
                "model": device.model,
                "sw_version": device.sw_version,
                "area": device.area_id,
            }
            for device in registry.devices.values()
        }

    async def rename(self, entity_id, to):
        """Gives an entity another name, as a person does."""
        entity_registry.async_get(self._hass).async_update_entity(entity_id, name=to)

    async def call(self, domain, service, **data):
        """Calls a service."""
        await self._hass.services.async_call(domain, service, data, blocking=True)

    async def classes(self):
        """The device classes, as [sensor's {name: [units or null, state classes]}, binary]."""
        units = {}
        for device_class, kinds in DEVICE_CLASS_UNITS.items():
            found = units.setdefault(str(device_class), [])
            for kind in kinds:
                found += [str(u) for u in kind] if isinstance(kind, type) else [kind and str(kind)]
        sensor = {
            str(c): [units.get(str(c)), [str(s) for s in DEVICE_CLASS_STATE_CLASSES.get(c, ())]]
            for c in SensorDeviceClass
        }
        return [sensor, [str(c) for c in BinarySensorDeviceClass]]


async def serve(hass):
    commands = Commands(hass)
    while line := await asyncio.to_thread(sys.stdin.readline):
        request = json.loads(line)
        try:
            answer = {"result": await getattr(commands, request.pop("do"))(**request)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer, default=str), flush=True)


async def main(folder, broker_port, web_port):
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    hass = await start(folder, int(broker_port), int(web_port))
    print(json.dumps({"result": "ready"}), flush=True)
    await serve(hass)
    await hass.async_stop(force=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
