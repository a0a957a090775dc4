# SPDX-License-Identifier: MIT
"""`make soak`: the daemon under load for hours; prints how it grows, and exits with 1 if it does.

usage: soak.py HOURS [PACE]

Sensors of most kinds run on their fake devices, at PACE times their usual rate, against a real
mosquitto that is restarted now and then. Meanwhile the configuration is read again and again, with
a sensor more or less, and an output gets commands and nonsense. The warm-up, an eighth of the
time, is left out of the account.
"""

import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from counting import HOST, Counter, judge  # noqa: E402
from fakes.environment import BME280  # noqa: E402
from fakes.gpio import FakeChip  # noqa: E402
from fakes.i2c import FakeI2CBus  # noqa: E402
from fakes.kernel import FakeKernel  # noqa: E402
from support import ALSA_SOUNDS, Broker, Daemon, Microphone, Subscriber, wait_until  # noqa: E402

# Bounds of the growth. The collector leaves a different number of pages dirty each time.
MOST_MEMORY_KB = 128
MOST_DESCRIPTORS = 2
# Of one event: a restart of the broker is its end, the first try to connect, and its return.
MOST_LINES_AN_EVENT = 8
SAMPLE_S = 5
EVENT_S = 10
BROKER_DOWN_S = 2

CONFIG = """\
[mqtt]
server = "mqtt://127.0.0.1:{port}"
home_assistant = true

[sensor.noise]
type = "sound"
device = "mic"
rate = {rate}
interval = "1 s"
bands = "third-octave"

[sensor.climate]
type = "i2c"
driver = "bme280"
interval = "{fast}"

[sensor.board]
type = "system"
interval = "{fast}"

[sensor.count]
type = "exec"
command = ["{command}"]
interval = "{slow}"

[sensor.meter]
type = "serial"
device = "{device}"
pattern = "N=([0-9]+) P=([0-9.]+)"
fields = ["n", "power_w"]

[action.lamp]
when = "meter.power_w > 50 and not climate.temperature_c > 90"
publish = "soak/lamp"

[action.fan]
when = "meter.power_w > 50"
pin = "gpiochip0:17"
"""
MORE = """
[sensor.extra]
type = "system"
interval = "{fast}"
"""


class Meter:
    """A device on a serial port: numbered lines, and now and then rubbish between them."""

    def __init__(self, pace):
        self._pause_s = 1 / pace
        self.master, slave = os.openpty()
        self.device = os.ttyname(slave)
        self.slave = slave
        self.number = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        chance = random.Random(1)
        while not self._ended.wait(self._pause_s):
            self.number += 1
            line = b"N=%d P=%.1f\r\n" % (self.number, chance.uniform(0, 100))
            if chance.random() < 0.05:
                line += b"\xff\0rubbish %d\r\n" % self.number
            os.write(self.master, line)

    def close(self):
        self._ended.set()
        self._thread.join()
        os.close(self.master)
        os.close(self.slave)


class Account:
    """What the daemon takes, over time."""

    def __init__(self, daemon):
        self._daemon = daemon
        self.samples = []

    def take(self):
        daemon = self._daemon
        if daemon.process.poll() is not None:
            raise SystemExit(f"soak: sensord ended: {daemon.messages()[-2000:]}")
        self.samples.append(
            (
                daemon.memory_kb()["Private"],
                len(os.listdir(f"/proc/{daemon.pid}/fd")),
                daemon.messages().count("\n"),
            )
        )


class Events:
    """What happens to the daemon from outside, by turns."""

    def __init__(self, broker, daemon, configs):
        self._broker, self._daemon, self._configs = broker, daemon, configs
        self.counts = {}

    def next(self):
        number = sum(self.counts.values())
        kinds = (self.restart, self.reload, self.command, self.reload, self.junk, self.reload)
        kind = kinds[number % len(kinds)]
        kind(number)
        self.counts[kind.__name__] = self.counts.get(kind.__name__, 0) + 1

    def restart(self, _):
        self._broker.stop()
        time.sleep(BROKER_DOWN_S)
        self._broker.start()

    def reload(self, number):
        config = self._configs[number // 2 % len(self._configs)]
        new = self._daemon.config.with_suffix(".new")
        new.write_text(config)
        new.rename(self._daemon.config)
        self._daemon.process.send_signal(signal.SIGHUP)

    def command(self, number):
        self._publish(("ON", "OFF", "AUTO")[number % 3].encode())

    def junk(self, number):
        for size in (1, 100, 10000):
            self._publish(random.Random(number).randbytes(size))

    def _publish(self, payload):
        topic = f"sensord/{HOST}/fan/set"
        subprocess.run(
            ["mosquitto_pub", "-p", str(self._broker.port), "-q", "1", "-t", topic, "-s"],
            input=payload,
            check=True,
        )


def lost_lines(subscriber, before):
    """The numbers of the meter's lines that did not arrive, up to `before`."""
    topic = f"sensord/{HOST}/meter"
    found = {reading["n"] for reading in subscriber.readings(topic) if reading.get("n")}
    return sorted(set(range(min(found), before)) - found)


def report(account, events, lost, readings):
    """Prints the table; returns whether all is within its bounds."""
    samples = account.samples[len(account.samples) // 8 :]
    quarter = len(samples) // 4 or 1
    first, last = (
        # The mean, since a single sample depends on the collector; and the fewest descriptors,
        # since a command that runs just then has some more.
        [sum(s[0] for s in part) / len(part), min(s[1] for s in part)]
        for part in (samples[:quarter], samples[-quarter:])
    )
    happened = sum(events.counts.values())
    lines = samples[-1][2]
    rows = [
        ("private memory, kB", first[0], last[0], last[0] - first[0], MOST_MEMORY_KB),
        ("descriptors", first[1], last[1], last[1] - first[1], MOST_DESCRIPTORS),
        ("journal, lines an event", 0, lines / happened, lines / happened, MOST_LINES_AN_EVENT),
        ("readings lost", 0, len(lost), len(lost), 0),
    ]
    print(f"{'':24} {'first':>9} {'last':>9} {'growth':>9} {'bound':>9}")
    for name, before, after, growth, bound in rows:
        mark = "" if growth <= bound else "  TOO MUCH"
        print(f"{name:24} {before:9.1f} {after:9.1f} {growth:+9.1f} {bound:9}{mark}")
    what = ", ".join(f"{count} {name}" for name, count in sorted(events.counts.items()))
    print(f"{readings:,} readings arrived; events: {what}")
    return all(growth <= bound for _, _, _, growth, bound in rows)


def main(hours, pace=1.0):
    seconds, pace = float(hours) * 3600, float(pace)
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak")))
        keep = ["persistence true", f"persistence_location {folder}/", "max_queued_messages 0"]
        broker = stack.enter_context(Broker(folder, keep, verbose=True))
        options = ["-c", "-i", "soak", "-V", "5", "-x", "86400"]
        subscriber = stack.enter_context(Subscriber(broker, f"sensord/{HOST}/+", options=options))
        bus = FakeI2CBus({0x76: BME280()})
        sysfs = folder / "sys"
        (sysfs / "bus/gpio/devices/gpiochip0").mkdir(parents=True)
        devices = {"/dev/i2c-1": bus, "/dev/gpiochip0": FakeChip("gpiochip0", "pinctrl-bcm2835")}
        kernel = stack.enter_context(FakeKernel(folder, devices, sys=sysfs))
        microphone = stack.enter_context(
            Microphone(folder, sorted(ALSA_SOUNDS.glob("[FRS]*.wav")))
        )
        meter = Meter(10 * pace)
        stack.callback(meter.close)
        counter = Counter(folder)
        values = {
            "port": broker.port, "rate": microphone.rate, "device": meter.device,
            "command": counter._command, "fast": f"{max(100, int(1000 / pace))} ms",
            "slow": f"{max(100, int(2000 / pace))} ms",
        }  # fmt: skip
        configs = [CONFIG.format(**values), (CONFIG + MORE).format(**values)]
        environment = {**kernel.environment, **microphone.environment}
        daemon = stack.enter_context(Daemon(folder, configs[0], environment))
        stack.callback(shutil.copy, folder / "stderr", "build/log/soak.log")
        configs = [daemon.with_outbox(folder, config) for config in configs]
        events, account = Events(broker, daemon, configs), Account(daemon)
        end = time.monotonic() + seconds
        event_due = time.monotonic() + EVENT_S
        while time.monotonic() < end:
            time.sleep(SAMPLE_S)
            account.take()
            if time.monotonic() >= event_due:
                events.next()
                event_due = time.monotonic() + EVENT_S
        # All that was read until now must arrive.
        last = meter.number
        wait_until(lambda: not lost_lines(subscriber, last), 30, "the last line of the meter")
        wanted = range(1, counter.count() - 1)
        time.sleep(2)
        lost = lost_lines(subscriber, last)
        judge(subscriber, wanted, f"sensord/{HOST}/count")
        pathlib.Path("build/soak.json").write_text(json.dumps(account.samples))
        fine = report(account, events, lost, len(subscriber.messages))
    sys.exit(not fine)


if __name__ == "__main__":
    main(*sys.argv[1:])
