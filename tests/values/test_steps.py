# SPDX-License-Identifier: MIT
"""Values are told calibrated, smoothed, as statistics and under the names that a user gave them,
and only when they change if that is what he wants."""

import json
import socket
import subprocess

import pytest
from readings import Readings
from support import SENSORD, wait_until
from tables import check, table, values

HOST = socket.gethostname()


@pytest.fixture
def run(daemon):
    def start(config):
        running = daemon(config)
        readings = Readings(running)
        readings.daemon = running
        return readings

    return start


def counting(folder, name="it", *lines, fields='{"a": %d}'):
    """A sensor whose command counts: 1, 2, 3, …"""
    script = folder / f"{name}.sh"
    script.write_text(
        f"cd {folder}\n"
        f"n=$(cat {name}.n 2>/dev/null || echo 0); n=$((n + 1)); echo $n > {name}.n\n"
        f"printf '{fields}' $n\n"
    )
    return table(name, "exec", f'command = ["sh", "{script}"]', *lines)


def prints(folder, name, text, *lines):
    """A sensor that prints a file, and the file."""
    path = folder / f"{name}.json"
    path.write_text(text)
    return table(name, "exec", f'command = ["cat", "{path}"]', *lines), path


def field(sensor, name, *lines):
    return "\n".join([f'[sensor.{sensor}.values."{name}"]', *lines]) + "\n"


def test_calibrated_checked_rounded_and_renamed(run, tmp_path):
    text, path = prints(tmp_path, "it", '{"t": 20.04, "raw": 51, "s": "x"}', 'interval = "200 ms"')
    readings = run(
        text
        + field("it", "t", "scale = 1.8", "offset = 32", "digits = 1", 'name = "temp_f"')
        + field("it", "raw", "points = [[0, 0], [100, 200]]", "valid = [100, 110]")
    )
    assert values(readings.wait("it")[0]) == {"temp_f": 68.1, "raw": 102, "s": "x"}
    path.write_text('{"t": 20, "raw": 49, "s": "x"}')
    readings.daemon.wait_for_message("raw is null: 98 is outside valid = [100, 110]")
    assert values(readings.of("it")[-1]) == {"temp_f": 68, "raw": None, "s": "x"}


def test_a_reason_names_the_field_as_it_is_told(run, tmp_path):
    text, _ = prints(tmp_path, "it", '{"t": 500}', 'interval = "200 ms"')
    readings = run(text + field("it", "t", "valid = [0, 100]", 'name = "outside_c"'))
    readings.daemon.wait_for_message("outside_c is null: 500 is outside valid")


def test_statistics_of_the_samples(run, tmp_path):
    readings = run(
        counting(
            tmp_path, "it", 'interval = "400 ms"', 'sample = "100 ms"',
            'statistics = ["mean", "min", "max", "last"]',
            fields='{"a": %d, "label": "x"}',
        )
    )  # fmt: skip
    first, second = (values(reading) for reading in readings.wait("it", 2)[:2])
    assert first == {"a": 2.5, "a_min": 1, "a_max": 4, "a_last": 4, "label": "x"}
    assert second == {"a": 6.5, "a_min": 5, "a_max": 8, "a_last": 8, "label": "x"}


def test_samples_without_statistics_tell_the_last(run, tmp_path):
    """The first one at once."""
    readings = run(counting(tmp_path, "it", 'interval = "400 ms"', 'sample = "100 ms"'))
    assert [reading["a"] for reading in readings.wait("it", 3)[:3]] == [1, 5, 9]


def test_samples_since_the_last_reading_are_told_at_a_stop(run, tmp_path):
    readings = run(
        counting(tmp_path, "it", 'interval = "1 h"', 'sample = "100 ms"', 'statistics = ["max"]')
    )
    count = tmp_path / "it.n"
    wait_until(lambda: count.exists() and int(count.read_text() or 0) >= 3, 10, "three samples")
    assert readings.of("it") == []
    readings.daemon.stop()
    (reading,) = readings.of("it")
    assert reading["a_max"] >= 2


def test_samples_before_a_fault_are_told_and_then_null(run, tmp_path):
    text, path = prints(
        tmp_path, "it", '{"a": 5}', 'interval = "1 h"', 'sample = "100 ms"',
        'statistics = ["mean", "max"]',
    )  # fmt: skip
    readings = run(text)
    readings.daemon.wait_for_message("it: ok")
    path.unlink()
    found = wait_until(lambda: len(readings.of("it")) >= 2 and readings.of("it"), 15, "readings")
    assert [values(reading) for reading in found[:2]] == [
        {"a": 5, "a_max": 5}, {"a": None, "a_max": None},
    ]  # fmt: skip


def test_an_interval_without_a_valid_sample_is_null(run, tmp_path):
    text, _ = prints(
        tmp_path, "it", '{"a": 500, "b": 1}', 'interval = "400 ms"', 'sample = "200 ms"',
        'statistics = ["mean"]',
    )  # fmt: skip
    readings = run(text + field("it", "a", "valid = [0, 1]", 'kind = "number"'))
    readings.daemon.wait_for_message("a is null: 500 is outside")
    found = wait_until(lambda: readings.of("it"), 10, "a reading")
    assert values(found[0]) == {"a": None, "b": 1}


def test_only_changes_are_told(run, tmp_path):
    text, path = prints(
        tmp_path, "it", '{"a": 20.0, "s": "x"}', 'interval = "100 ms"', 'publish = "changes"'
    )
    readings = run(
        text
        + field("it", "a", "change = 0.2")
        + counting(tmp_path, "other", 'interval = "100 ms"')
    )

    def several_more():
        before = len(readings.of("other"))
        wait_until(lambda: len(readings.of("other")) >= before + 4, 15, "more readings")

    readings.wait("it")
    path.write_text('{"a": 20.1, "s": "x"}')
    several_more()
    assert len(readings.of("it")) == 1
    path.write_text('{"a": 20.2, "s": "x"}')
    readings.wait("it", 2)
    path.write_text('{"a": 20.2, "s": "y"}')
    readings.wait("it", 3)
    several_more()
    assert [(r["a"], r["s"]) for r in readings.of("it")] == [(20, "x"), (20.2, "x"), (20.2, "y")]


def test_all_is_told_again_so_often(run, tmp_path):
    text, _ = prints(
        tmp_path, "it", '{"a": 1}', 'interval = "100 ms"', 'publish = "changes"', 'repeat = "1 s"'
    )
    readings = run(text)
    first, second, third = readings.wait("it", 3)[:3]
    assert first["time"][:19] != second["time"][:19] != third["time"][:19]


def test_the_values_of_a_port_are_thinned_out(run, tmp_path):
    """A type whose values come by themselves has an interval too."""
    import os

    master, slave = os.openpty()
    os.set_blocking(master, False)
    text = table(
        "it", "serial", f'device = "{os.ttyname(slave)}"', "pattern = '(\\d+)'", 'fields = ["a"]',
        'interval = "500 ms"', 'statistics = ["min", "max"]',
    )  # fmt: skip
    try:
        readings = run(text)
        sent = 0

        def reading():
            nonlocal sent
            os.write(master, b"%d\r\n" % sent)
            sent += 1
            return readings.of("it")

        (first, *_) = wait_until(reading, 15, "a reading")
        assert first["a_min"] < first["a_max"]
    finally:
        os.close(master)
        os.close(slave)


def test_two_fields_of_one_name_are_told_once(run, tmp_path):
    text, _ = prints(tmp_path, "it", '{"a": 1, "b": 2}', 'interval = "200 ms"')
    readings = run(text + field("it", "a", 'name = "b"'))
    readings.daemon.wait_for_message('two of its fields are called "b": the first one counts')
    assert values(readings.wait("it")[0]) == {"b": 1}


def test_consumers_know_the_fields_as_they_are_told(daemon, broker, subscriber):
    """info, Home Assistant, and the conditions of actions."""
    daemon(
        f'[mqtt]\nserver = "mqtt://127.0.0.1:{broker.port}"\nhome_assistant = true\n'
        'client_id = "pi-1"\n'
        + table(
            "board", "system", 'interval = "400 ms"', 'sample = "200 ms"',
            'statistics = ["mean", "max"]'
        )
        + field("board", "uptime_s", 'name = "up_s"', 'unit = "s"', "digits = 0")
        + '[action.x]\nwhen = "board.memory_used_percent_max > 0"\npublish = "alarm"\n'
    )  # fmt: skip
    subscriber.wait_for("alarm")
    topic = "homeassistant/sensor/pi-1/board-up_s_max/config"
    subscriber.wait_for(topic)
    entity = json.loads(subscriber.payloads(topic)[0])
    assert entity["unit_of_meas"] == "s" and entity["sug_dsp_prc"] == 0

    def known():
        infos = subscriber.payloads(f"sensord/{HOST}/info")
        fields = json.loads(infos[-1])["sensors"]["board"]["fields"] if infos else {}
        return fields if "up_s_max" in fields else None

    fields = wait_until(known, 10, "the fields")
    assert fields["memory_used_percent_max"] == {"unit": "%", "quantity": "share"}
    assert "uptime_s" not in fields


def test_a_condition_on_the_old_name_is_refused(tmp_path):
    text = table("board", "system") + field("board", "uptime_s", 'name = "up_s"')
    code, messages = check(
        tmp_path, text + '[action.x]\nwhen = "board.uptime_s > 0"\npin = "GPIO17"\n'
    )
    assert code == 78 and '"board" has no field "uptime_s"' in messages


@pytest.mark.parametrize(
    "lines, words",
    [
        (("points = [[1, 2]]",), "points needs 2 to 1000 points; for one, use offset"),
        (("points = [[1, 2], [1, 3]]",), "points has the measured value 1 twice"),
        (("points = [[1, 2], [3]]",), "pairs of a measured and a true value"),
        (("points = 5",), "points must be an array such as"),
        (("scale = 0",), "scale must not be 0"),
        (('kind = "text"', "digits = 1"), "digits is for numbers, and kind is text"),
        (("median = 0",), "median must be from 1 to 101"),
        (('smooth = "0 s"',), "smooth must be from"),
        (("digits = -1",), "digits must be from 0 to 15"),
        (('name = "time"',), 'cannot have a field called "time"'),
        (('name = ""',), "name must not be empty"),
    ],
)
def test_what_cannot_be(tmp_path, lines, words):
    text, _ = prints(tmp_path, "it", '{"a": 1}')
    code, messages = check(tmp_path, text + field("it", "a", *lines))
    assert code == 78 and words in messages, messages


def test_what_cannot_be_for_a_sensor(tmp_path):
    for lines, words in (
        (('interval = "1 s"', 'sample = "300 ms"'), "sample must go into the interval"),
        (('interval = "1 s"', 'sample = "2 s"'), "sample must go into the interval"),
        (('statistics = ["median"]',), '"last", "mean", "min" or "max"'),
        (("statistics = []",), "must be an array"),
        (('publish = "never"',), '"always" or "changes"'),
    ):
        code, messages = check(tmp_path, table("board", "system", *lines))
        assert code == 78 and words in messages, messages
    text = table("board", "system") + field("board", "load_1min", 'name = "load_5min"')
    code, messages = check(tmp_path, text)
    assert code == 78 and 'two fields called "load_5min"' in messages, messages


def test_keys_without_effect_are_told(tmp_path):
    text = table("board", "system", 'repeat = "1 h"') + field("board", "load_1min", "change = 1")
    code, messages = check(tmp_path, text)
    assert code == 0
    assert "repeat is without effect" in messages and "change is without effect" in messages


def test_raw_values_beside_the_published_ones(tmp_path):
    text, _ = prints(tmp_path, "it", '{"t": 21.5, "s": "x", "n": null}')
    path = tmp_path / "raw.toml"
    path.write_text(text + field("it", "t", "offset = -0.8", 'name = "outside_c"'))
    done = subprocess.run(
        [SENSORD, "read", "it", "--raw", "--config", path],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [line.split() for line in done.stdout.splitlines()]
    assert rows[0] == ["field", "raw", "published"]
    assert ["outside_c", "(t)", "21.5", "20.7"] in rows
    assert ["s", "x", '"x"'] in rows or ["s", '"x"', '"x"'] in rows
    assert ["n", "null", "null"] in rows
