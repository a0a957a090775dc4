# SPDX-License-Identifier: MIT
"""The outbox when the daemon is killed, the power is lost, the disk is full or the clock wrong."""

import shutil
import subprocess
import sys
import time

import pytest
from counting import TOPIC, Counter, judge, killed, printed
from servers import late_broker
from support import MICROPYTHON, TOP, Broker, Daemon, Subscriber, free_port, wait_until
from trial import Trial, lasting_broker

sys.path.insert(0, str(TOP / "tests/fakes"))
import preload
from fault_injection import FaultInjector

KILLS = 200
YEARS_S = 20 * 365 * 86400
_CUTS = 12  # how many of the cuts are also tried with a daemon and a broker


def test_daemon_killed_at_random(tmp_path, broker, subscriber, row):
    readings, copies = killed(tmp_path, broker, subscriber, KILLS, 2026)
    row(f"daemon killed {KILLS} times", readings, copies)


def test_daemon_and_broker_killed_at_random(tmp_path, row):
    """The outbox moves between memory and disk while both are killed."""
    with lasting_broker(tmp_path) as broker:
        with Subscriber(broker, TOPIC, options=["-c", "-i", "reader"]) as reader:
            readings, copies = killed(tmp_path, broker, reader, 20, 2027, broker_kills=True)
    row("daemon killed 20 times, its broker too", readings, copies)


def test_power_cut_at_every_byte(tmp_path, row):
    """The disk has the log up to some byte, and the memory is lost."""
    counter = Counter(tmp_path)
    port = free_port()
    more = '[outbox]\nmax_size = "64 KiB"\n'
    with Daemon(tmp_path, counter.config(port, more=more)) as running:
        running.wait_for_message("wait on disk")
        log = tmp_path / "outbox"
        wait_until(lambda: len(list(log.glob("*.log"))) > 2, 60, "a third segment")
        time.sleep(1)
        running.process.kill()
        running.process.wait()
    done = subprocess.run(
        [MICROPYTHON, TOP / "tests/faults/cut_log.py", log, tmp_path / "cut"],
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    row("power cut at each of {} bytes of the log".format(*done.stdout.split()), "", 0)
    last = max(log.glob("*.log"))
    size = last.stat().st_size
    seen = []
    for cut in range(0, size, size // _CUTS):
        folder = tmp_path / f"at-{cut}"
        shutil.copytree(log, folder / "outbox")
        with open(folder / "outbox" / last.name, "r+b") as file:
            file.truncate(cut)
        with Broker(folder) as broker, Subscriber(broker, TOPIC) as reader:
            config = counter.config(broker.port, "1 h", more=more)
            with Daemon(folder, config) as running:
                running.wait_for_message("connected to")
                reader.wait_for(TOPIC, 20)
                wait_until(
                    lambda r=running: "readings of an earlier" in r.messages(), 5, "the message"
                )
                time.sleep(0.5)
            numbers = [reading["value"] for reading in reader.readings(TOPIC)][:-1]
            assert numbers == list(range(1, len(numbers) + 1)), cut
            seen.append(len(numbers))
    assert seen == sorted(seen) and seen[0] < seen[-1]
    row(f"power cut, {len(seen)} daemons at different bytes", sum(seen), 0)


def test_disk_full_and_back(tmp_path, row):
    """A real file system gets full while the broker is away."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], check=True)
    try:
        more = f'[outbox]\ndirectory = "{disk}/outbox"\n'
        with Trial(tmp_path, more=more) as trial:
            trial.broker.stop()
            trial.daemon.wait_for_message("readings wait on disk")
            with pytest.raises(OSError, match="No space left"):
                (disk / "ballast").write_bytes(bytes(2 << 20))
            trial.daemon.wait_for_message("the outbox waits in memory", 60)
            time.sleep(10)
            (disk / "ballast").unlink()
            wait_until(
                lambda: trial.daemon.messages().count("readings wait on disk") > 1, 30, "the disk"
            )
            trial.broker.start()
            trial.judge(row, "disk full and back, broker away", trial.recovered())
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.fixture
def fake(tmp_path):
    library = preload.build(TOP / "tests/fakes/outbox.c", tmp_path / "outbox.so")
    return FaultInjector(tmp_path / "fake", library)


def test_clock_stepped_by_years(tmp_path, row, fake):
    """Steps in both directions, with and without the broker, cause no pause and no burst."""
    with Trial(tmp_path, environment=fake.environment) as trial:
        for step in (YEARS_S, -YEARS_S, 0):
            for away in (False, True):
                if away:
                    trial.broker.stop()
                fake.set("clock", step)
                before = trial.counter.count()
                time.sleep(5)
                assert 40 <= trial.counter.count() - before <= 55
                if away:
                    trial.broker.start()
        trial.judge(row, "clock stepped by 20 years both ways", trial.recovered())


def test_clock_set_after_the_start(tmp_path, row, fake):
    """A board without a clock starts years in the past; waiting readings get the right time."""
    fake.set("unsynchronized")
    fake.set("clock", -YEARS_S)
    counter = Counter(tmp_path)
    port = free_port()
    begin = time.time()
    with Daemon(tmp_path, counter.config(port), fake.environment) as running:
        wait_until(lambda: counter.count() > 30, 15, "readings")
        fake.set("clock", 0)
        fake.clear("unsynchronized")
        time.sleep(1)
        with late_broker(tmp_path, port) as reader:
            reader.wait_for(TOPIC, 40, 20)
            assert running.stop() == 0
            wanted = printed(running.output())
            copies = judge(reader, wanted)
            times = [reading["time"] for reading in reader.readings(TOPIC)]
    first = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(begin - 1))
    assert first <= min(times) and times == sorted(times)
    row("clock set after the start", len(wanted), copies)
