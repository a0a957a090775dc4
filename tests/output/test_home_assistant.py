# SPDX-License-Identifier: MIT
"""Home Assistant's discovery on a real broker: each entity is announced with a value, and none is
left behind. `make test-home-assistant` tests the same in Home Assistant itself."""

import json
import signal
import subprocess
import time

import pytest
from announcements import BOARD, CLIMATE, HOST, Entities, prints, retained, table
from fakes.gpio import FakeChip
from fakes.kernel import FakeKernel
from support import Broker, Subscriber, wait_until


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path) as broker:
        yield broker


def test_each_entity_is_announced_in_a_message_of_its_own(daemon, broker):
    with Subscriber(broker) as seen:
        daemon(table(broker) + BOARD + CLIMATE)
        found = Entities(seen).wait("sensor/board-load_1min", "sensor/climate-value")
        value = found["sensor/climate-value"]
        assert value["dev"]["name"] == HOST and value["dev"]["ids"] == ["pi-1"]
        assert value["o"]["name"] == "sensord" and value["uniq_id"] == "pi-1-climate-value"
        assert value["~"] == f"sensord/{HOST}/climate" and value["exp_aft"] == 30
        assert found["sensor/board-uptime_s"]["dev_cla"] == "duration"
        time.sleep(3)
        topics = [m[0] for m in Entities(seen).messages()]
        assert len(topics) == len(set(topics)), "each once"
    assert "homeassistant/sensor/pi-1/climate-value/config" in retained(broker)


def test_an_entity_has_a_value_soon_although_the_next_reading_is_far_away(daemon, broker):
    """Home Assistant listens to a topic only after the announcement."""
    rain = prints("rain", {"rain_mm": 1.2}, "10 min")
    with Subscriber(broker) as seen:
        daemon(table(broker) + rain + BOARD)
        topics = []

        def repeated():
            topics[:] = [m[0] for m in list(seen.messages)]
            announced = "homeassistant/sensor/pi-1/rain-rain_mm/config"
            return (
                announced in topics and f"sensord/{HOST}/rain" in topics[topics.index(announced) :]
            )

        wait_until(repeated, 15, f"the reading after the announcement; saw {topics}")
        readings = [json.loads(p) for p in seen.payloads(f"sensord/{HOST}/rain")]
        assert len(readings) == 2 and readings[0] == readings[1], "the same id and time"
        ids = [json.loads(p)["id"] for p in seen.payloads(f"sensord/{HOST}/board")]
        assert len(ids) == len(set(ids)), "the next reading of a fast sensor comes by itself"


def test_a_field_that_its_input_declares_is_announced_before_its_reading(daemon, broker, tmp_path):
    device = '[sensor.far]\ntype = "i2c"\ndriver = "bme280"\nbus = 77\ninterval = "10 min"\n'
    with Subscriber(broker) as seen:
        daemon(table(broker) + device)
        found = Entities(seen).wait("sensor/far-temperature_c", "sensor/far-humidity_percent")
        assert found["sensor/far-humidity_percent"]["dev_cla"] == "humidity"


def test_it_is_announced_again_when_home_assistant_starts(daemon, broker):
    with Subscriber(broker) as seen:
        daemon(table(broker) + prints("rain", {"rain_mm": 1.2}, "10 min"))
        Entities(seen).wait("sensor/rain-rain_mm")
        wait_until(lambda: len(seen.payloads(f"sensord/{HOST}/rain")) == 2, 15, "the repetition")
        command = ["mosquitto_pub", "-p", str(broker.port), "-t", "homeassistant/status"]
        subprocess.run([*command, "-m", "offline"], check=True)
        subprocess.run([*command, "-m", "online"], check=True)
        topic = "homeassistant/sensor/pi-1/rain-rain_mm/config"
        wait_until(lambda: len(seen.payloads(topic)) == 2, 25, "the second announcement")
        wait_until(lambda: len(seen.payloads(f"sensord/{HOST}/rain")) == 3, 15, "its reading")


def test_a_sensor_that_is_gone_is_taken_back(daemon, broker):
    """By a reload, and by a restart."""
    first = daemon(table(broker) + BOARD + CLIMATE + prints("door", {"a": 1, "b": True}))
    with Subscriber(broker) as seen:
        known = Entities(seen)
        known.wait("sensor/climate-value", "sensor/board-load_1min", "binary_sensor/door-b")
        first.config.write_text(
            first.with_outbox(
                first.config.parent, table(broker) + CLIMATE + prints("door", {"a": 1, "b": True})
            )
        )
        first.process.send_signal(signal.SIGHUP)
        known.wait_gone("sensor/board-load_1min", "sensor/board")
        assert {"sensor/climate-value", "binary_sensor/door-b"} <= set(known.now())
        first.stop()
        first.messages()
        # A sensor less, and a field less.
        daemon(table(broker) + prints("door", {"a": 1}))
        known.wait_gone("sensor/climate-value", "sensor/climate", "binary_sensor/door-b")
        assert set(known.now()) == {"sensor/door", "sensor/door-a"}
        wait_until(
            lambda: f"sensord/{HOST}/climate/status" not in retained(broker), 10, "its status"
        )


def test_an_output_that_is_gone_is_taken_back(daemon, broker, tmp_path):
    chip = FakeChip("gpiochip0", "pinctrl-bcm2835")
    sys = tmp_path / "sys"
    (sys / "bus/gpio/devices/gpiochip0").mkdir(parents=True)
    with (
        FakeKernel(tmp_path, {"/dev/gpiochip0": chip}, sys=sys) as kernel,
        Subscriber(broker) as seen,
    ):
        known = Entities(seen)
        outputs = '[action.valve]\npin = "gpiochip0:17"\n[action.fan]\npin = "gpiochip0:18"\n'
        running = daemon(table(broker) + outputs, kernel.environment)
        found = known.wait("switch/valve", "sensor/valve", "switch/fan")
        assert found["switch/valve"]["uniq_id"] == "pi-1-valve"
        running.stop()
        running = daemon(table(broker) + outputs[: outputs.index("[action.fan]")],
                         kernel.environment)  # fmt: skip
        known.wait_gone("switch/fan", "sensor/fan")
        assert set(known.now()) == {"switch/valve", "sensor/valve"}
        wait_until(
            lambda: not [topic for topic in retained(broker) if "/fan" in topic], 10, "its state"
        )
        running.stop()


def test_a_null_keeps_its_entity_over_a_restart(daemon, broker):
    """Home Assistant would forget its name, its room and its automations."""
    first = daemon(
        table(broker) + prints("climate", {"temperature_c": 20, "humidity_percent": 50})
    )
    with Subscriber(broker) as seen:
        known = Entities(seen)
        known.wait("sensor/climate-humidity_percent")
        first.stop()
        daemon(table(broker) + prints("climate", {"temperature_c": 20, "humidity_percent": None}))
        wait_until(lambda: len(seen.payloads(f"sensord/{HOST}/status")) >= 3, 15, "the restart")
        time.sleep(5)
        assert "sensor/climate-humidity_percent" in known.now()


def test_a_host_with_another_name_is_the_same_device(daemon, broker):
    """Entities and their history stay; nothing of the old name is left."""
    named = ("unshare", "--uts", "sh", "-c")
    text = table(broker, client_id="") + CLIMATE
    with Subscriber(broker) as seen:
        known = Entities(seen)
        first = daemon(
            text, command=(*named, 'hostname kitchen; exec build/amd64/sensord "$@"', "sh")
        )
        before = known.wait("sensor/climate-value")
        assert before["sensor/climate-value"]["~"] == "sensord/kitchen/climate"
        wait_until(lambda: "sensord/kitchen/info" in retained(broker), 10, "the info")
        first.stop()
        daemon(text, command=(*named, 'hostname cellar; exec build/amd64/sensord "$@"', "sh"))
        wait_until(
            lambda: known.now()["sensor/climate-value"]["~"] == "sensord/cellar/climate",
            15, "the new topic",
        )  # fmt: skip
        after = known.now()
        assert set(after) == set(before)
        for key in before:
            assert after[key]["uniq_id"] == before[key]["uniq_id"]
            assert after[key]["dev"]["ids"] == before[key]["dev"]["ids"]
            assert after[key]["dev"]["name"] == "cellar"
        assert "" not in [m[1] for m in known.messages()], "an entity was removed in between"
        wait_until(
            lambda: not [t for t in retained(broker) if "kitchen" in t], 10, "the old name is gone"
        )
        assert retained(broker)["sensord/cellar/status"] == "online"


def test_names_that_are_alike_are_two_entities(daemon, broker):
    fields = {"status": "green", "x y": 1, "x_y": 2}
    with Subscriber(broker) as seen:
        daemon(table(broker) + prints("pump", fields))
        found = Entities(seen).wait("sensor/pump", "sensor/pump-status", "sensor/pump-x_y")
        assert len(found) == 4
        assert found["sensor/pump"]["~"] == f"sensord/{HOST}/pump/status"
        assert len({c["uniq_id"] for c in found.values()}) == 4
        templates = [c["val_tpl"] for key, c in found.items() if key != "sensor/pump"]
        for name in fields:
            assert len([text for text in templates if f'value_json["{name}"]' in text]) == 1


def test_junk_at_its_topics_does_not_stop_it(daemon, broker):
    """Whatever is retained there is replaced; it is never read."""
    junk = ['{"cmps": 5}', "[" * 60000, '{"cmps":{"x":{"p":["sensor"],"~":{}}}}', "9" * 60000]
    for index, payload in enumerate(junk):
        for topic in (
            f"homeassistant/sensor/pi-1/junk{index}/config",
            "homeassistant/sensor/pi-1/board/config",
        ):
            subprocess.run(
                ["mosquitto_pub", "-p", str(broker.port), "-r", "-t", topic, "-s"],
                input=payload.encode(), check=True,
            )  # fmt: skip
    with Subscriber(broker) as seen:
        running = daemon(table(broker) + BOARD)
        seen.wait_for("homeassistant/sensor/pi-1/board-uptime_s/config")
        seen.wait_for(f"sensord/{HOST}/board", 20)
    assert "mistake" not in running.messages()


def test_a_damaged_list_does_not_stop_it(daemon, broker, tmp_path):
    first = daemon(table(broker) + BOARD)
    with Subscriber(broker) as seen:
        Entities(seen).wait("sensor/board-uptime_s")
    first.stop()
    (file,) = (tmp_path / "state/home_assistant").iterdir()
    file.write_bytes(b"\xff\0 \n" * 300 + b"x" * 200000)
    with Subscriber(broker) as seen:
        again = daemon(table(broker) + BOARD)
        Entities(seen).wait("sensor/board-uptime_s")
    assert "mistake" not in again.messages()
    wait_until(lambda: b"\xff" not in file.read_bytes(), 10, "a new list")


def test_switched_off_it_forgets_the_host(daemon, broker):
    """By a reload; and by a restart, with what it announced before."""
    running = daemon(table(broker) + BOARD)
    off = table(broker, home_assistant="false") + BOARD
    with Subscriber(broker) as seen:
        known = Entities(seen)
        known.wait("sensor/board-load_1min", "sensor/board")
        running.config.write_text(running.with_outbox(running.config.parent, off))
        running.process.send_signal(signal.SIGHUP)
        wait_until(lambda: not known.now(), 15, "nothing is left")
        running.stop()
        running = daemon(table(broker) + BOARD)
        known.wait("sensor/board-load_1min", "sensor/board")
        running.stop()
        daemon(off)
        wait_until(lambda: not known.now(), 15, "nothing is left")
    assert retained(broker)[f"sensord/{HOST}/status"] == "online"
    assert f"sensord/{HOST}/board/status" in retained(broker)


def test_another_prefix(daemon, broker):
    running = daemon(table(broker) + BOARD)
    with Subscriber(broker) as seen:
        Entities(seen).wait("sensor/board-uptime_s")
        text = table(broker, 'discovery_prefix = "my/ha"\n') + BOARD
        running.config.write_text(running.with_outbox(running.config.parent, text))
        running.process.send_signal(signal.SIGHUP)
        seen.wait_for("my/ha/sensor/pi-1/board-uptime_s/config")
        wait_until(lambda: not Entities(seen).now(), 15, "nothing is left under the other")
        command = ["mosquitto_pub", "-p", str(broker.port), "-t", "my/ha/status", "-m", "online"]
        subprocess.run(command, check=True)
        seen.wait_for("my/ha/sensor/pi-1/board-uptime_s/config", 2, timeout_s=25)


def test_senml_says_where_its_values_are(daemon, broker):
    fields = {"temperature_c": 21.5, "open": True}
    with Subscriber(broker) as seen:
        daemon(table(broker, 'format = "senml"\n') + prints("climate", fields))
        found = Entities(seen).wait("sensor/climate-temperature_c", "binary_sensor/climate-open")
        pack = json.loads(seen.wait_for(f"sensord/{HOST}/climate")[-1])
        names = {record["n"] for record in pack}
        for key, name in (("sensor/climate-temperature_c", "temperature"),
                          ("binary_sensor/climate-open", "open")):  # fmt: skip
            assert name in names and f'"{name}"' in found[key]["val_tpl"]
