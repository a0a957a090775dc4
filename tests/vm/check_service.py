# SPDX-License-Identifier: MIT
"""The daemon as a service of a real systemd: confined, watched, reloaded, killed."""

import contextlib
import re
import time

_CONFIG = "/etc/sensord.toml"
_LARGEST_EXPOSURE = 1.5
# Messages caused by a machine without a network, and by an emulated processor: the bridge's driver
# waits 50 ms for an answer, and the test may not get the processor in that time.
_EXPECTED = (
    "Network is unreachable",
    "Connection timed out; the bus hangs",
    "gives no value: is it still connected?",
    "the 1-Wire bus does not answer",
)


@contextlib.contextmanager
def _other_configuration(bench, text, command):
    """Adds a table to the configuration until the end of the block."""
    bench.run(f"cp {_CONFIG} /run/sensord.toml")
    try:
        bench.run(f"cat >>{_CONFIG} <<'END'\n{text}\nEND\n{command}")
        yield
    finally:
        bench.run(f"cp /run/sensord.toml {_CONFIG}; systemctl reset-failed sensord; {command}")


def _restarted(bench, before, timeout_s):
    """Waits until systemd has restarted the daemon and all is well; returns how long it took."""
    began = time.monotonic()
    bench.wait(lambda: bench.show("NRestarts") != before, timeout_s, "a restart")
    took = time.monotonic() - began
    bench.all_well()
    return took


def memory(bench):
    """The daemon's memory, with all sensors and the connection to the broker."""
    bench.all_well()
    rollup = bench.run(f"cat /proc/{bench.pid}/smaps_rollup")
    kib = {m[1]: int(m[2]) for m in re.finditer(r"^(\w+): +(\d+) kB", rollup, re.MULTILINE)}
    private = kib["Private_Clean"] + kib["Private_Dirty"]
    assert kib["Rss"] < 6000 and kib["Anonymous"] < 1500, rollup
    available = bench.run("sed -n 's/MemAvailable: *//p' /proc/meminfo").strip()
    return (
        f"RSS {kib['Rss']} kB, private {private} kB, of it anonymous {kib['Anonymous']} kB; "
        f"of the machine's memory {available} are available"
    )


def journal_is_clean(bench, *expected):
    """A healthy board's journal has no errors and no denials. `expected` are messages that are
    allowed."""
    expected = (*_EXPECTED, *expected)
    lines = bench.journal("-u sensord", "-u sensord-clock", "-p warning").splitlines()
    left = [line for line in lines if line and not any(text in line for text in expected)]
    assert not left, left
    bad = "apparmor=.DENIED|type=1326|oom-kill"  # 1326: a system call that is not allowed
    denied = bench.run(f"journalctl -b -k -o cat | grep -E '{bad}' || true")
    assert not denied, denied
    failed = bench.run("systemctl --failed --plain --no-legend")
    assert not failed, failed
    return f"{len(lines)} warnings of network or emulator, no other; nothing denied or failed"


def exposure(bench):
    """systemd's own score of the running service."""
    said = bench.run("systemd-analyze security --no-pager sensord | tail -1")
    value = float(re.search(r"sensord\.service\S*: \D*?(\d+\.\d+)", said)[1])
    assert value <= _LARGEST_EXPOSURE, said
    return f"systemd-analyze security sensord: {value}, at most {_LARGEST_EXPOSURE}"


def _label(bench):
    return bench.run(f"cat /proc/{bench.pid}/attr/current").strip("\0\n ")


def _groups(bench):
    numbers = bench.run(f"sed -n 's/^Groups://p' /proc/{bench.pid}/status").split()
    names = bench.run("cut -d: -f1,3 /etc/group").split()
    names = {number: name for name, _, number in (entry.partition(":") for entry in names)}
    groups = {names[number] for number in numbers if number in names}
    # The PC's own drop-in, for a command that needs it.
    return sorted(groups - {"video"})


def rights(bench):
    """The service has the groups, devices and programs of its configuration, and no others."""
    bench.run(f"cp {_CONFIG} /run/sensord.toml")
    try:
        board = '[sensor.board]\ntype = "system"'
        bench.run(f"echo '{board}' >{_CONFIG}; systemctl restart sensord")
        found = (_groups(bench), _label(bench), bench.show("DeviceAllow"))
        assert found[0] == ["sensord"] and found[1] == "sensord (enforce)", found
        assert "gpiochip" not in found[2] and "i2c" not in found[2], found
        pin = '[sensor.p]\ntype = "gpio"\npin = 0'
        bench.run(f"echo '{pin}' >>{_CONFIG}; systemctl reload sensord")
        said = bench.wait(
            lambda: bench.journal("-u sensord", "| grep 'without the right' || true"), 30, "a word"
        )
        assert "(gpio)" in said and "systemctl restart sensord" in said, said
        bench.run("systemctl restart sensord")
        groups, devices = _groups(bench), bench.show("DeviceAllow")
        assert groups == ["gpio", "sensord"] and "gpiochip" in devices, (groups, devices)
    finally:
        bench.run(f"cp /run/sensord.toml {_CONFIG}; systemctl restart sensord")
    bench.all_well()
    return f"{found[0]} and {found[1]} for the board alone; {groups} with a pin, after a restart"


def apparmor(bench):
    """The profile is enforced, on the daemon's programs too."""
    label = _label(bench)
    # With commands in the configuration.
    assert label == "sensord-exec (enforce)", label
    # A folder that every user may write to; only the profile forbids it.
    text = '[sensor.writer]\ntype = "exec"\ncommand = ["touch", "/dev/shm/x"]\ninterval = "1 s"'
    with _other_configuration(bench, text, "systemctl reload sensord"):
        bench.wait(
            lambda: bench.run("journalctl -b -k -o cat | grep 'DENIED.*/dev/shm/x' || true"),
            30, "a denial",
        )  # fmt: skip
    assert not bench.run("ls /dev/shm")
    return f"{label}; touch /dev/shm/x of an exec sensor is denied"


def password_credential(bench):
    """The broker accepts the password from systemd's credential, and no other."""
    bench.all_well()
    assert not bench.run(f"grep -F secret {_CONFIG} || true")
    before = bench.run("date +%s").strip()
    bench.run("printf wrong >/etc/sensord.password; systemctl restart sensord")
    try:
        journal = f"journalctl -b -u sensord -o cat --since @{before} | grep 'mqtt://' || true"
        said = bench.wait(lambda: bench.run(journal), 60, "a refusal").splitlines()[0]
        assert "password" in said or "authori" in said, said
    finally:
        bench.run("printf secret >/etc/sensord.password; systemctl restart sensord")
    bench.all_well()
    return f"connected with it; with a wrong one: {said}"


def reload(bench):
    """A new sensor without losing the others; an error is reported and changes nothing."""
    pid = bench.pid
    text = '[sensor.new]\ntype = "system"\ninterval = "1 s"'
    with _other_configuration(bench, text, "systemctl reload sensord"):
        bench.wait_for_reading("new", 60)
    bench.all_well()
    with _other_configuration(bench, "[sensor.bad]\ntype = 7", "systemctl reload sensord"):
        said = bench.wait(
            lambda: re.findall(rf"{_CONFIG}:\d+: .*", bench.journal("-u sensord", "-p err")),
            30, "an error",
        )  # fmt: skip
        bench.all_well()
    bench.run(f"kill -HUP {pid}")
    bench.all_well()
    assert bench.pid == pid
    return f"the same process; {said[0]}"


def error_at_start(bench):
    """A configuration that cannot work ends the service once, with 78, not in a loop."""
    restart = "systemctl restart sensord 2>/dev/null || true"
    with _other_configuration(bench, "[sensor.bad]\ntype = 7", restart):
        bench.wait(lambda: bench.show("ActiveState") == "failed", 60, "failed")
        time.sleep(5)
        state = [bench.show(name) for name in ("ActiveState", "ExecMainStatus", "NRestarts")]
        assert state == ["failed", "78", "0"], state
    bench.all_well()
    return "failed with 78, started no more"


def crash(bench):
    """kill -9 while the broker is away: the next daemon sends the stored readings."""
    bench.broker(False)
    line = bench.status("no broker", "readings wait")
    waited = int(re.search(r"(\d+) readings wait", line)[1])
    session = list(bench.delivered())[-1]
    before = bench.show("NRestarts")
    bench.run(f"kill -KILL {bench.pid}")
    bench.wait(lambda: bench.show("NRestarts") != before, 30, "a restart")
    last = bench.delivered()[session][-1]
    bench.broker(True)
    bench.all_well()
    bench.wait_until_sent()
    count = bench.assert_none_lost()
    later = bench.delivered()[session][-1] - last
    assert later >= waited, f"{waited} waited, {later} arrived"
    return f"{later} of the killed daemon arrived, {count} in all, none missing"


def watchdog(bench):
    """systemd restarts a daemon that hangs (SIGSTOP)."""
    before = bench.show("NRestarts")
    bench.run(f"kill -STOP {bench.pid}")
    took = _restarted(bench, before, 90)
    said = bench.journal("-u sensord", "| grep -i 'watchdog timeout'")
    assert said
    bench.assert_none_lost()
    return f"after {took:.0f} s: {said.splitlines()[-1]}"


def memory_of_a_program(bench):
    """If a sensor's program uses up all memory, it is killed and the daemon continues."""
    pid = bench.pid
    text = (
        '[sensor.eater]\ntype = "exec"\ncommand = ["tail", "/dev/zero"]\n'
        'interval = "1 h"\ntimeout = "5 min"'
    )
    with _other_configuration(bench, text, "systemctl reload sensord"):
        killed = bench.wait(
            lambda: bench.run(
                "journalctl -b -k -o cat | grep 'Memory cgroup out of memory: Killed' || true"
            ),
            120, "the end of it",
        )  # fmt: skip
        assert "(tail)" in killed, killed
        bench.status(f"{bench.sensors} of {bench.sensors + 1} sensors ok")
    assert bench.pid == pid and bench.show("ActiveState") == "active"
    return f"{killed.splitlines()[0][:70]}; the daemon is the same"


def memory_of_the_daemon(bench):
    """Beyond MemoryMax the daemon itself is killed; it comes back without losing a reading."""
    before = bench.show("NRestarts")
    largest = bench.show("MemoryMax")
    bench.run("systemctl set-property --runtime sensord MemoryMax=400K", check=False)
    try:
        bench.wait(lambda: bench.show("NRestarts") != before, 90, "a restart")
    finally:
        bench.run(f"systemctl set-property --runtime sensord MemoryMax={largest}")
    said = bench.run("journalctl -b -k -o cat | grep 'Memory cgroup.*(sensord)' || true")
    assert said, "the kernel killed something else"
    bench.all_well()
    bench.assert_none_lost()
    return said.splitlines()[-1][:80]


HEALTHY = [
    ("journal is clean", journal_is_clean),
    ("memory", memory),
    ("exposure", exposure),
]
CHECKS = [
    ("rights", rights),
    ("AppArmor", apparmor),
    ("password credential", password_credential),
    ("reload", reload),
    ("error at start", error_at_start),
    ("crash", crash),
    ("watchdog", watchdog),
    ("memory of a program", memory_of_a_program),
    ("memory of the daemon", memory_of_the_daemon),
]
