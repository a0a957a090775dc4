# SPDX-License-Identifier: MIT
"""type = "gpio": edges that are counted, whatever happens to the pin and the daemon."""

import signal
import time

import pytest
from fakes.gpio import FakeChip
from support import wait_until
from tables import check, table, values


@pytest.fixture
def chip(kernel):
    chip = FakeChip("gpiochip0", "pinctrl-bcm2835")
    (kernel.sys / "bus/gpio/devices/gpiochip0").mkdir(parents=True)
    kernel.devices["/dev/gpiochip0"] = chip
    return chip


def test_edges_are_counted(chip, sensord):
    """Every tip of a rain gauge, also those that come all at once."""
    line = chip.lines[17]
    line.world = 1
    readings = sensord(
        table(
            "rain", "gpio", "pin = 17", 'field = "rain_mm"', "scale = 0.2794",
            'interval = "300 ms"', 'debounce = "0 ms"',
        )
    )  # fmt: skip
    assert values(readings.wait("rain")[0]) == {
        "count": 0, "total": 0, "state": 1, "rain_mm": 0, "rain_mm_total": 0,
    }  # fmt: skip
    for _ in range(40):
        line.drive(0)
        line.drive(1)
    wait_until(lambda: readings.of("rain")[-1]["total"] == 40, 10, "forty edges")
    last = readings.of("rain")[-1]
    assert last["rain_mm_total"] == pytest.approx(40 * 0.2794)
    assert sum(reading["count"] for reading in readings.of("rain")) == 40


def test_a_pin_that_is_in_use(chip, sensord):
    """The other user is named, and when it lets go, counting begins."""
    config = table("door", "gpio", 'pin = "gpiochip0:4"', 'interval = "200 ms"')
    first = sensord(config)
    first.wait("door")
    second = sensord(config)
    second.daemon.wait_for_message("door: gpiochip0:4 is in use by ")
    first.daemon.stop()
    second.wait("door")


RAIN = ("pin = 17", 'field = "rain_mm"', "scale = 0.5", 'debounce = "0 ms"')


def tip(line, times):
    for _ in range(times):
        line.drive(0)
        line.drive(1)


def counted(readings):
    return sum(reading["count"] for reading in readings.of("rain") if reading["count"])


def test_no_count_is_lost_at_a_stop_or_a_reload(chip, sensord):
    """Edges since the last interval, also those that are still with the kernel."""
    line = chip.lines[17]
    line.world = 1
    config = table("rain", "gpio", *RAIN, 'interval = "1 h"')
    readings = sensord(config + table("board", "system", 'interval = "200 ms"'))
    daemon = readings.daemon
    readings.wait("board")
    wait_until(lambda: line.request, 10, "the pin is watched")
    tip(line, 30)
    time.sleep(0.3)
    tip(line, 100)
    daemon.config.write_text(
        daemon.with_outbox(daemon.config.parent, config.replace("1 h", "500 ms"))
    )
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_for_message("reloaded")
    wait_until(lambda: counted(readings) == 130, 5, "130 edges")
    assert readings.of("rain")[-1]["total"] == 130
    daemon.config.write_text(daemon.with_outbox(daemon.config.parent, config))
    daemon.process.send_signal(signal.SIGHUP)
    wait_until(lambda: daemon.messages().count("reloaded") == 2, 5, "the second reload")
    wait_until(lambda: line.request, 10, "the pin is watched")
    time.sleep(0.3)
    tip(line, 100)
    assert daemon.stop() == 0
    last = readings.of("rain")[-1]
    assert values(last) == {
        "count": 100, "total": 230, "state": 1, "rain_mm": 50, "rain_mm_total": 115,
    }  # fmt: skip


def test_edges_that_the_kernel_could_not_keep(chip, sensord):
    """Its numbers show how many there were."""
    line = chip.lines[17]
    line.world = 1
    readings = sensord(table("rain", "gpio", *RAIN, 'interval = "300 ms"'))
    readings.wait("rain")
    tip(line, 3)
    line.request.lose(7)
    tip(line, 2)
    wait_until(lambda: readings.of("rain")[-1]["total"] == 12, 10, "twelve edges")
    assert counted(readings) == 12


def test_an_adapter_that_is_pulled_out_and_comes_back(chip, sensord):
    """A fault in words, and the total goes on."""
    line = chip.lines[17]
    line.world = 1
    readings = sensord(
        table("rain", "gpio", *RAIN, 'interval = "300 ms"')
        + table("board", "system", 'interval = "200 ms"')
    )
    readings.wait("rain")
    tip(line, 50)
    chip.unplug()
    readings.daemon.wait_for_message("rain: ")
    wait_until(lambda: readings.of("rain")[-1]["total"] is None, 5, "nulls")
    chip.present = True
    wait_until(lambda: line.request, 10, "the pin is watched")
    time.sleep(0.2)
    tip(line, 5)
    wait_until(lambda: readings.of("rain")[-1]["total"] == 55, 10, "55 edges")
    assert counted(readings) == 55
    messages = readings.daemon.messages()
    assert "internal error" not in messages and "Traceback" not in messages, messages
    assert len(readings.of("board")) > 5


@pytest.mark.parametrize(
    "pin, words",
    [
        ('"17"', "write 17 without quotes"),
        ('"BCM17"', 'did you mean "GPIO17"?'),
        ('"gpio17"', 'did you mean "GPIO17"?'),
        ('"Gpio 17"', 'did you mean "GPIO17"?'),
        ('"gpiochip0:x"', "after gpiochip comes the chip's number"),
        ('"gpiochip0:"', "after gpiochip comes the chip's number"),
        ('"gpiochipx:1"', "must be a number, or a name"),
        ("-1", "a number, or a name"),
        ("true", "a number, or a name"),
        ("17.0", "a number, or a name"),
        ('""', "a number, or a name"),
    ],
)
def test_pins_that_cannot_be(tmp_path, pin, words):
    status, messages = check(tmp_path, table("it", "gpio", f"pin = {pin}"))
    assert status == 78 and ":3: [sensor.it] pin" in messages and words in messages, messages


def test_pins_that_only_the_chip_knows(chip, sensord):
    """A line that it has not is a fault in words; one with a name is found by it."""
    chip.lines[5].name = "RAIN_GAUGE"
    readings = sensord(
        table("a", "gpio", "pin = 54")
        + table("b", "gpio", 'pin = "GPIO99"')
        + table("c", "gpio", 'pin = "RAIN_GAUGE"', 'interval = "200 ms"')
    )
    readings.wait("c")
    readings.daemon.wait_for_message(
        "a: Pin 54: gpiochip0 (pinctrl-bcm2835) has 54 lines, 0 to 53"
    )
    readings.daemon.wait_for_message("b: Pin GPIO99: no line of gpiochip0 has that name")


def kept(chip, sensord, *more):
    """A daemon with a kept total, and its readings."""
    chip.lines[17].world = 1
    readings = sensord(table("rain", "gpio", *RAIN, "keep = true", 'interval = "200 ms"', *more))
    readings.wait("rain")
    wait_until(lambda: chip.lines[17].request, 10, "the pin is watched")
    return readings


def test_a_total_outlives_the_daemon(chip, sensord, tmp_path):
    """The rain of a year, over every restart."""
    first = kept(chip, sensord)
    tip(chip.lines[17], 7)
    wait_until(lambda: first.of("rain")[-1]["total"] == 7, 10, "seven tips")
    tip(chip.lines[17], 3)
    first.daemon.stop()
    assert first.of("rain")[-1]["total"] == 10
    second = kept(chip, sensord)
    assert second.of("rain")[0]["total"] == 10 and second.of("rain")[0]["count"] == 0
    assert second.of("rain")[0]["rain_mm_total"] == 5.0
    second.daemon.stop()
    # A file that is cut short, as by a loss of power: named, and counting goes on.
    file = tmp_path / "counters/rain.json"
    file.write_text(file.read_text()[:5])
    third = kept(chip, sensord)
    third.daemon.wait_for_message("counters/rain.json cannot be read: it ends early")
    assert third.of("rain")[0]["total"] == 0


def test_a_total_is_set_once(chip, sensord):
    """As the meter in the cellar shows it."""
    first = kept(chip, sensord, "total = 100.0")
    assert first.of("rain")[0]["rain_mm_total"] == 100.0
    tip(chip.lines[17], 2)
    wait_until(lambda: first.of("rain")[-1]["rain_mm_total"] == 101.0, 10, "two tips")
    first.daemon.stop()
    second = kept(chip, sensord, "total = 100.0")
    assert second.of("rain")[0]["rain_mm_total"] == 101.0
    second.daemon.stop()
    third = kept(chip, sensord, "total = 50")
    assert third.of("rain")[0]["rain_mm_total"] == 50.0


def test_a_total_needs_to_be_kept(tmp_path):
    status, messages = check(tmp_path, table("rain", "gpio", *RAIN, "total = 5"))
    assert status == 78 and "[sensor.rain] total needs keep = true" in messages
