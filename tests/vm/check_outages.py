# SPDX-License-Identifier: MIT
"""A board in the field is at times without network, broker, the right time, or disk space."""

import calendar
import json
import time

_LATER_S = 3 * 366 * 86400
_RIGHT_YEARS = ("2029", "2030")


def _seconds(reading):
    return calendar.timegm(time.strptime(reading["time"][:19], "%Y-%m-%dT%H:%M:%S"))


def boot_without_network(bench):
    """Every sensor measures, and its readings are stored."""
    line = bench.status(
        f"{bench.sensors} of {bench.sensors} sensors ok", "no broker", timeout_s=120
    )
    assert bench.run("ip -o address show scope global") == ""
    return line


def clock_is_set(bench):
    """The clock starts years in the past; sensord-clock.service notices when it is set."""
    before = bench.run("date -u +%F").strip()
    assert bench.show("ActiveState", "sensord-clock") == "active"
    assert not bench.run("ls /run/sensord-clock")
    now = int(bench.run("date +%s")) + _LATER_S
    bench.run(f"micropython /usr/local/lib/vm/set_clock.py {now}")
    bench.wait(lambda: bench.run("ls /run/sensord-clock"), 30, "a sign that the clock is set")
    assert bench.show("ActiveState", "sensord-clock") == "inactive"
    return f"from {before} to {bench.run('date -u +%F').strip()}"


def readings_arrive_later(bench):
    """All readings taken without network and time arrive, with their right time."""
    # The daemon checks every 5 s whether the clock was set.
    time.sleep(6)
    bench.connect()
    bench.status("connected to", timeout_s=120)
    bench.wait(lambda: bench.of("board"), 60, "a reading")
    bench.wait_until_sent()
    (numbers,) = bench.delivered().values()
    assert numbers[0] == 1 and bench.assert_none_lost(), numbers[:5]
    readings = [json.loads(p) for _, _, p in bench.messages() if '"id": "' in p]
    wrong = [r for r in readings if r["time"][:4] not in _RIGHT_YEARS or "time_synchronized" in r]
    assert not wrong, f"{len(wrong)} of {len(readings)}, the first is {wrong[0]}"
    # When the daemon started, by the clock as it is now
    started = bench.run(
        "echo $(date +%s) $(cut -d' ' -f1 /proc/uptime) "
        "$(systemctl show --value -p ExecMainStartTimestampMonotonic sensord)"
    ).split()
    expected = int(started[0]) - float(started[1]) + int(started[2]) / 1e6
    first = min(_seconds(r) for r in readings)
    assert -2 <= first - expected <= 20, f"the first is {first - expected:.0f} s after the start"
    return f"{len(readings)} readings, the first {first - expected:.0f} s after the daemon's start"


def disk_full_and_back(bench):
    """With the broker away and the disk full, readings wait in memory; then all arrive."""
    bench.broker(False)
    bench.status("no broker", "on disk")
    # Fill all the space that a user may have, and then root's reserve.
    bench.run("fallocate -l $(($(stat -f -c '%a * %S' /))) /var/full || true; "
              "dd if=/dev/zero of=/var/fuller bs=4k 2>/dev/null; df / | tail -1", 120)  # fmt: skip
    try:
        line = bench.status("outbox in memory", "No space left on device", timeout_s=120)
        waiting = bench.show("StatusText")
    finally:
        bench.run("rm -f /var/full /var/fuller")
    bench.wait(lambda: "in memory" not in bench.show("StatusText"), 60, "the disk used again")
    bench.broker(True)
    bench.status("connected to", timeout_s=120)
    bench.wait_until_sent()
    count = bench.assert_none_lost()
    assert "dropped" not in waiting, waiting
    return f"{line.split('; ', 2)[-1]}; then {count} readings arrived, none missing"


AT_BOOT = [
    ("boot without network and broker", boot_without_network),
    ("clock unset at boot", clock_is_set),
    ("readings arrive later", readings_arrive_later),
]
CHECKS = [("disk full and back", disk_full_and_back)]
