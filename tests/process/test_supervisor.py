# SPDX-License-Identifier: MIT
"""A fault is reported once, and only when there is one; what was counted outlives it."""

import os
import signal
import threading
import time

from readings import Readings
from support import Broker, Subscriber, wait_until

BOARD = '[sensor.board]\ntype = "system"\ninterval = "200 ms"\n'


def test_a_fault_with_other_numbers_each_time_is_reported_once(daemon):
    """A journal that fills with one fault hides the next."""
    master, slave = os.openpty()
    ended = threading.Event()

    def send():
        n = 0
        while not ended.wait(0.05):
            n += 1
            os.write(master, b"Temp: %d.5\n" % n)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        running = daemon(
            f'[sensor.s]\ntype = "serial"\ndevice = "{os.ttyname(slave)}"\n'
            'pattern = \'^T=([0-9.]+)\'\nfields = ["t"]\ntimeout = "1 s"\n' + BOARD
        )
        running.wait_for_message("none matches the pattern")
        time.sleep(4)
    finally:
        ended.set()
        sender.join()
    assert running.messages().count("none matches the pattern") == 1, running.messages()
    assert len(Readings(running).of("board")) > 15, "the other sensor stood still"


def flaky(folder, failing):
    """A command that fails where `failing(n)` is true for its n-th call."""
    counter, script = folder / "n", folder / "flaky.sh"
    counter.write_text("0")
    calls = " ".join(str(n) for n in range(1, 400) if failing(n))
    script.write_text(
        f"n=$(($(cat {counter}) + 1)); echo $n > {counter}\n"
        f'case " {calls} " in *" $n "*) echo broken >&2; exit 3 ;; esac\necho $n\n'
    )
    return f'[sensor.it]\ntype = "exec"\ncommand = ["sh", "{script}"]\ninterval = "100 ms"\n'


def test_one_failure_of_four_is_no_fault(daemon, tmp_path):
    """A loose contact must not make a graph full of holes."""
    running = daemon(flaky(tmp_path, lambda n: n % 4 == 0) + BOARD)
    readings = Readings(running).wait("it", 30, 30)
    assert all(reading["value"] % 4 for reading in readings)
    assert "broken" not in running.messages() and "it: ok" in running.messages()


def test_a_sensor_that_fails_again_and_again_is_faulty_once(daemon, tmp_path):
    running = daemon(flaky(tmp_path, lambda n: 10 < n < 30) + BOARD)
    running.wait_for_message("it: sh ended with status 3: broken")
    wait_until(lambda: running.messages().count("it: ok") == 2, 20, "it is well again")
    assert running.messages().count("status 3") == 1
    nulls = [r for r in Readings(running).of("it") if r["value"] is None]
    assert len(nulls) == 1, "one reading says that the value is not known"


def test_the_status_names_the_value_that_is_null(daemon, tmp_path):
    """On the status topic, retained, and back to ok."""
    value = tmp_path / "value"
    value.write_text("20")
    config = (
        f'[sensor.it]\ntype = "exec"\ncommand = ["cat", "{value}"]\ninterval = "200 ms"\n'
        "[sensor.it.values.value]\nvalid = [-40, 85]\n"
    )
    with Broker(tmp_path) as broker, Subscriber(broker, "s/it/status") as statuses:
        daemon(
            f'[mqtt]\nserver = "mqtt://127.0.0.1:{broker.port}"\ntopic = "s/{{sensor}}"\n' + config
        )
        statuses.wait_for("s/it/status", payload="ok")
        for text in ("100", "101"):
            value.write_text(text)
            time.sleep(1)
        value.write_text("21")
        statuses.wait_for("s/it/status", 2, payload="ok")
        found = statuses.payloads("s/it/status")
    assert [text for text in found if text != "ok"] == [
        "value is null: 100 is outside valid = [-40, 85]"
    ]


def test_counts_outlive_a_fault_and_a_reload(daemon, tmp_path):
    """The seconds of an activity are a total: they do not begin again."""
    from support import TOP

    recording = sorted((TOP / "tests/data/har/exercise").glob("*squat*.npy"))[0]
    model = TOP / "packaging/models/exercise.trees.csv"
    table = (
        f'[sensor.it]\ntype = "motion"\nreplay = "{recording}"\nmodel = "{model}"\n'
        'labels = ["jumpingjack", "lunge", "other", "squat"]\nhop = "HOP"\n'
    )
    running = daemon(table.replace("HOP", "500 ms") + BOARD)

    def seconds():
        found = Readings(running).of("it")
        return sum(found[-1][f"{name}_s"] for name in ("jumpingjack", "lunge", "other", "squat"))

    Readings(running).wait("it", 2, 20)
    before = seconds()
    config = running.config.read_text().replace('hop = "500 ms"', 'hop = "1 s"')
    count = len(Readings(running).of("it"))
    running.config.write_text(config)
    running.process.send_signal(signal.SIGHUP)
    wait_until(lambda: len(Readings(running).of("it")) > count + 1, 20, "readings after it")
    assert seconds() >= before + 1


def test_a_state_that_changes_with_each_reading_does_not_fill_the_journal(daemon, tmp_path):
    """A journal of one sensor's flicker hides the others' faults."""
    counter, script = tmp_path / "n", tmp_path / "flicker.sh"
    counter.write_text("0")
    script.write_text(
        f"n=$(($(cat {counter}) + 1)); echo $n > {counter}\n"
        "[ $((n % 2)) = 0 ] && echo '{\"v\": 1e999}' || echo '{\"v\": 1}'\n"
    )
    with Broker(tmp_path) as broker, Subscriber(broker) as subscriber:
        running = daemon(
            f'[mqtt]\nserver = "mqtt://127.0.0.1:{broker.port}"\n'
            f'[sensor.it]\ntype = "exec"\ncommand = ["sh", "{script}"]\ninterval = "100 ms"\n'
        )
        began = time.monotonic()
        wait_until(lambda: int(counter.read_text() or 0) > 40, 60, "40 readings")
        passed_s = time.monotonic() - began
        states = [m[1] for m in list(subscriber.messages) if m[0].endswith("/it/status")]
    lines = [line for line in running.messages().splitlines() if " it: " in line]
    assert len(lines) <= 12, lines
    assert 2 <= len(states) <= passed_s + 2, states
