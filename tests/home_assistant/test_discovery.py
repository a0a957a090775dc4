# SPDX-License-Identifier: MIT
"""What a person sees in Home Assistant of a board: entities with unit, class and state, outputs
that switch, and nothing of what is gone."""

import json
import signal
import time

import pytest
from fakes.gpio import FakeChip
from fakes.kernel import FakeKernel
from support import SENSORD, TOP, wait_until

NODE = "board1"
RECORDING = next((TOP / "tests/data/har/exercise").glob("*squat*.npy"))


def table(broker, more="", home_assistant="true", client_id=f'client_id = "{NODE}"\n'):
    return (
        f'[mqtt]\nserver = "mqtt://127.0.0.1:{broker.port}"\n{client_id}'
        f"home_assistant = {home_assistant}\n{more}"
    )


def prints(name, fields, interval="300 ms", more=""):
    """A sensor whose command prints a JSON object."""
    text = json.dumps(json.dumps(fields))
    return (
        f'[sensor.{name}]\ntype = "exec"\ncommand = ["echo", {text}]\n'
        f'interval = "{interval}"\n{more}'
    )


CLIMATE = {"temperature_c": 21.5, "humidity_percent": 48, "label": "fine", "open": True}


def has_states(**states):
    """A condition for Core.wait_for(): these entities have these states."""
    states = {key.replace("__", "-"): state for key, state in states.items()}
    return lambda found: all(
        key in found and found[key]["state"] == state for key, state in states.items()
    )


def test_entities_have_unit_class_and_state(core, broker, daemon):
    """Also one whose next reading is an hour away."""
    daemon(table(broker) + prints("climate", CLIMATE, "1 h") + '[sensor.board]\ntype = "system"\n')
    found = core.wait_for(
        has_states(climate__temperature_c="21.5", climate__open="on", climate="ok", board="ok")
    )
    temperature = found["climate-temperature_c"]
    assert temperature["unit"] == "°C" and temperature["device_class"] == "temperature"
    assert temperature["state_class"] == "measurement"
    assert found["climate-humidity_percent"]["state"] in ("48", "48.0")
    assert found["climate-label"]["state"] == "fine"
    assert found["climate"]["category"] == "diagnostic"
    core.wait_for(lambda found: found["board-uptime_s"]["state"] not in (None, "unknown"))
    (device,) = core.do("devices").values()
    assert device["identifiers"] == [["mqtt", NODE]]
    assert all(entity["device"] for entity in found.values())
    assert not core.troubles()


def test_a_label_and_a_status_are_one_of_several(core, broker, daemon, tmp_path):
    """An automation offers them; why a sensor has no value is an attribute."""
    labels = ["jumpingjack", "lunge", "other", "squat"]
    room = '[host]\nroom = "Cellar"\n'
    broken = prints("broken", {}).replace('"echo"', '"/nowhere/program"')
    limited = prints(
        "limited", {"a": 500, "b": 1}, more="[sensor.limited.values.a]\nvalid=[0, 9]\n"
    )
    moves = (
        f'[sensor.moves]\ntype = "motion"\nlabels = {json.dumps(labels)}\n'
        f'model = "{TOP}/packaging/models/exercise.trees.csv"\nreplay = "{RECORDING}"\n'
    )
    daemon(room + table(broker) + moves + broken + limited)
    found = core.wait_for(
        lambda found: (
            found.get("moves-label", {}).get("state") in labels
            and has_states(broken="fault", limited="incomplete", moves="ok")(found)
        )
    )
    assert found["moves-label"]["options"] == labels
    assert found["moves-label"]["device_class"] == "enum"
    assert found["limited"]["text"].startswith("a is null: 500 is outside")
    assert "/nowhere/program" in found["broken"]["text"]
    (device,) = core.do("devices").values()
    assert device["area"] == "cellar"
    assert not core.troubles()


def test_senml(core, broker, daemon):
    fields = {**CLIMATE, "pressure_hpa": 1013.25, "disk_used_percent": 12.3, "none_c": None}
    daemon(table(broker, 'format = "senml"\n') + prints("climate", fields))
    found = core.wait_for(
        has_states(
            climate__temperature_c="21.5", climate__pressure_hpa="1013.25",
            climate__disk_used_percent="12.3", climate__label="fine", climate__open="on",
        )
    )  # fmt: skip
    assert found["climate-pressure_hpa"]["unit"] == "hPa"
    assert not core.troubles()


def test_a_value_that_becomes_unknown(core, broker, daemon, tmp_path):
    """In both formats: null is unknown, and not the last value."""
    for form in ("json", "senml"):
        file = tmp_path / f"{form}.json"
        file.write_text('{"a_c": 1.5, "on": true, "b": 2}')
        sensor = (
            f'[sensor.{form}]\ntype = "exec"\ninterval = "300 ms"\ncommand = ["cat", "{file}"]\n'
        )
        running = daemon(table(broker, f'format = "{form}"\n') + sensor)
        core.wait_for(has_states(**{form + "__a_c": "1.5", form + "__on": "on"}))
        file.write_text('{"a_c": null, "on": null, "b": 3}')
        core.wait_for(has_states(**{form + "__a_c": "unknown", form + "__on": "unknown"}))
        assert core.entities()[form + "-b"]["state"] in ("3", "3.0")
        running.stop()
    assert not core.troubles()


def test_names_that_are_alike(core, broker, daemon):
    fields = {"status": "green", "x y": 1, "x_y": 2, 'q"{{ 1 }}': 3, "ä" * 100: 4}
    daemon(table(broker) + prints("pump", fields))
    found = core.wait_for(has_states(pump__status="green", pump="ok", pump__x_y="2"))
    assert len(found) == 6
    states = sorted(entity["state"] for entity in found.values())
    assert states == ["1", "2", "3", "4", "green", "ok"]
    assert len({entity["entity_id"] for entity in found.values()}) == 6
    assert not core.troubles()


def test_unit_and_class_of_a_field(core, broker, daemon):
    values = ""
    fields = {"open": True}
    for index, (unit, device_class) in enumerate(
        [("kWh", "energy"), ("µg/m³", "pm25"), ("pH", None), (None, "aqi"), ("°F", "temperature")]
    ):
        fields[f"f{index}"] = index
        values += f"[sensor.x.values.f{index}]\n"
        values += f'unit = "{unit}"\n' if unit else ""
        values += f'class = "{device_class}"\n' if device_class else ""
    values += '[sensor.x.values.open]\nclass = "door"\n'
    daemon(table(broker) + prints("x", fields, more=values))
    found = core.wait_for(lambda found: len(found) == 7)
    assert found["x-f0"]["state_class"] == "total_increasing"
    assert found["x-f0"]["unit"] == "kWh" and found["x-f0"]["device_class"] == "energy"
    assert found["x-f1"]["device_class"] == "pm25" and found["x-f1"]["unit"].endswith("g/m³")
    assert found["x-f2"]["unit"] == "pH" and found["x-f2"]["device_class"] is None
    assert found["x-f3"]["device_class"] == "aqi" and found["x-f3"]["unit"] is None
    # Home Assistant shows it in the unit of its own system.
    assert found["x-f4"]["device_class"] == "temperature"
    assert found["x-open"]["device_class"] == "door"
    assert not core.troubles()


def test_the_table_of_classes_is_that_of_home_assistant(core, monkeypatch):
    """The table is of the latest version; one before knows no class that it lacks."""
    monkeypatch.syspath_prepend(TOP / "daemon")
    from sensord.values import classes

    sensor, binary = core.do("classes")
    for name in binary:
        assert classes.is_binary(name), name
    for name, (units, state_classes) in sensor.items():
        assert classes.exists(name), name
        known = classes.units(name)
        if units is None:
            assert known is None, name
        else:
            missing = {classes.normal(unit or "") for unit in units} - set(known)
            assert not missing, (name, missing)
        found = classes.state_class(name, "measurement")
        assert found in state_classes or found is None, (name, found)


def test_an_output_is_a_switch(core, broker, daemon, tmp_path):
    chip = FakeChip("gpiochip0", "pinctrl-bcm2835")
    sys = tmp_path / "sys"
    (sys / "bus/gpio/devices/gpiochip0").mkdir(parents=True)
    with FakeKernel(tmp_path, {"/dev/gpiochip0": chip}, sys=sys) as kernel:
        text = table(broker) + '[action.valve]\npin = "gpiochip0:17"\n' + prints("a", {"x": 1})
        running = daemon(text, kernel.environment)
        found = core.wait_for(has_states(valve="off"))
        switch = found["valve"]["entity_id"]
        assert switch.startswith("switch.")
        core.do("call", domain="switch", service="turn_on", entity_id=switch)
        core.wait_for(has_states(valve="on"))
        assert chip.lines[17].output == 1
        core.do("call", domain="switch", service="turn_off", entity_id=switch)
        core.wait_for(has_states(valve="off"))
        running.stop()
        core.wait_for(has_states(valve="unavailable"))
    assert not core.troubles()


def test_a_field_that_is_not_in_every_reading(core, broker, daemon, tmp_path):
    """A number stays as it was told last."""
    file = tmp_path / "x.json"
    file.write_text('{"a": 1.5, "on": true, "label": "cat", "n": 1}')
    sensor = f'[sensor.x]\ntype = "exec"\ninterval = "300 ms"\ncommand = ["cat", "{file}"]\n'
    daemon(table(broker) + sensor)
    core.wait_for(has_states(x__a="1.5", x__on="on", x__label="cat"))
    file.write_text('{"n": 2}')
    found = core.wait_for(has_states(x__n="2", x__label="unknown"))
    assert found["x-a"]["state"] == "1.5" and found["x-on"]["state"] == "on"
    assert not core.troubles()


def test_availability(core, broker, daemon):
    running = daemon(table(broker) + prints("a", {"x": 1}))
    core.wait_for(has_states(a__x="1"))
    running.process.kill()
    core.wait_for(has_states(a__x="unavailable", a="unavailable"))
    daemon(table(broker) + prints("a", {"x": 2}))
    core.wait_for(has_states(a__x="2", a="ok"))
    assert not core.troubles()


def test_what_is_removed_is_gone(core, broker, daemon):
    """While the service runs, and while it is stopped."""
    running = daemon(table(broker) + prints("a", {"x": 1, "y": 2}) + prints("b", {"z": 3}))
    core.wait_for(has_states(a__x="1", a__y="2", b__z="3"))
    running.config.write_text(
        running.with_outbox(running.config.parent, table(broker) + prints("a", {"x": 1, "y": 2}))
    )
    running.process.send_signal(signal.SIGHUP)
    core.wait_for(lambda found: set(found) == {"a", "a-x", "a-y"})
    running.stop()
    running = daemon(table(broker) + prints("a", {"x": 1}))
    core.wait_for(lambda found: set(found) == {"a", "a-x"})
    running.stop()
    daemon(table(broker, home_assistant="false") + prints("a", {"x": 1}))
    core.wait_for(lambda found: not found)
    assert not core.troubles()


def test_a_renamed_host_keeps_its_entities(core, broker, daemon):
    """With the names that a person gave them."""
    named = ("unshare", "--uts", "sh", "-c")
    text = table(broker, client_id="") + prints("a", {"x": 1})
    first = daemon(text, command=(*named, f'hostname kitchen; exec {SENSORD} "$@"', "sh"))

    def by_field(found):
        return {key.split("-", 1)[-1]: entity for key, entity in found.items()}

    before = core.wait_for(lambda found: by_field(found).get("a-x", {}).get("state") == "1")
    entity = by_field(before)["a-x"]
    core.do("rename", entity_id=entity["entity_id"], to="My own name")
    first.stop()
    text = text.replace('"x\\": 1', '"x\\": 2')
    daemon(text, command=(*named, f'hostname cellar; exec {SENSORD} "$@"', "sh"))
    wait_until(
        lambda: [d["name"] for d in core.do("devices").values()] == ["cellar"],
        30, "one device, with the new name",
    )  # fmt: skip
    after = core.wait_for(lambda found: by_field(found).get("a-x", {}).get("state") in ("1", "2"))
    assert set(after) == set(before)
    assert by_field(after)["a-x"]["entity_id"] == entity["entity_id"]
    assert by_field(after)["a-x"]["name"] == "My own name"
    assert not core.troubles()


@pytest.mark.parametrize("count", [200, 990])
def test_many_entities(core, broker, daemon, count):
    fields = {f"r{i:03}": i for i in range(count)}
    running = daemon(table(broker) + prints("meter", fields, "1 h"))
    began = time.monotonic()
    found = core.wait_for(
        lambda found: (
            len(found) == count + 1
            and all(found[f"meter-r{i:03}"]["state"] == str(i) for i in range(count))
        ),
        120,
    )
    print(f"{count} entities with values after {time.monotonic() - began:.1f} s")
    assert found["meter"]["state"] == "ok"
    assert running.messages().count("connected to") == 1
    assert not core.troubles()


def test_a_restart_of_home_assistant(core, broker, daemon):
    daemon(table(broker) + prints("a", {"x": 1.5}, "1 h"))
    core.wait_for(has_states(a__x="1.5"))
    core.stop()
    core.start()
    core.wait_for(has_states(a__x="1.5", a="ok"), 60)
    assert not core.troubles()
