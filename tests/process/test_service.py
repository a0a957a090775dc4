# SPDX-License-Identifier: MIT
"""The daemon as a service of systemd, and its unit file."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest
from support import ALSA_SOUNDS, TOP, wait_until

BOARD = '[sensor.board]\ntype = "system"\ninterval = "200 ms"\n'


class Manager:
    """systemd's side of sd_notify(3): a datagram socket that keeps the states it receives."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.setblocking(False)
        self.states = []

    def poll(self):
        while True:
            try:
                message = self.socket.recv(4096).decode()
            except BlockingIOError:
                return self.states
            self.states += [(line, time.monotonic()) for line in message.splitlines()]

    def wait_for(self, state, count=1, timeout_s=10):
        def arrived():
            found = [at for line, at in self.poll() if line.startswith(state)]
            return found if len(found) >= count else None

        return wait_until(arrived, timeout_s, f"{count} x {state} in {self.states}")


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    if request.param == "path":
        name = address = str(tmp_path / "notify")
    else:
        name = f"@sensord-test-{os.getpid()}-{time.monotonic_ns()}"
        address = "\0" + name[1:]
    manager = Manager(address)
    manager.name = name
    yield manager
    manager.socket.close()


def test_ready_status_reloading_and_stopping(manager, daemon):
    """systemctl start and reload return when they are done; status shows the daemon's state."""
    running = daemon(BOARD, {"NOTIFY_SOCKET": manager.name})
    manager.wait_for("READY=1")
    manager.wait_for("STATUS=1 of 1 sensors ok")
    running.process.send_signal(signal.SIGHUP)
    manager.wait_for("RELOADING=1")
    manager.wait_for("MONOTONIC_USEC=")
    manager.wait_for("READY=1", 2)
    order = [line.split("=")[0] for line, _ in manager.poll()]
    assert order.index("RELOADING") < len(order) - 1 - order[::-1].index("READY")
    stamp = [line for line, _ in manager.poll() if line.startswith("MONOTONIC_USEC=")][0]
    assert abs(int(stamp.split("=")[1]) / 1e6 - time.clock_gettime(time.CLOCK_MONOTONIC)) < 30
    running.process.terminate()
    manager.wait_for("STOPPING=1")
    assert not any(line.startswith("WATCHDOG") for line, _ in manager.poll())


@pytest.mark.quiet
def test_the_watchdog_is_fed_in_time(manager, daemon):
    """With too few signs of life, systemd would kill a healthy daemon."""
    environment = {"NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "900000"}
    daemon(BOARD, environment)
    times = manager.wait_for("WATCHDOG=1", 8)
    assert max(b - a for a, b in zip(times, times[1:], strict=False)) < 0.9


def test_the_watchdog_of_another_process_is_not_fed(manager, daemon):
    """WATCHDOG_PID is the process that systemd watches."""
    environment = {
        "NOTIFY_SOCKET": manager.name,
        "WATCHDOG_USEC": "300000",
        "WATCHDOG_PID": str(os.getpid()),
    }
    daemon(BOARD, environment)
    manager.wait_for("READY=1")
    time.sleep(1)
    assert not any(line.startswith("WATCHDOG") for line, _ in manager.poll())


def test_a_frozen_daemon_does_not_feed_the_watchdog(manager, daemon):
    """The watchdog exists for this case."""
    environment = {"NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "600000"}
    running = daemon(BOARD, environment)
    manager.wait_for("WATCHDOG=1")
    running.process.send_signal(signal.SIGSTOP)
    time.sleep(0.5)
    manager.poll().clear()
    time.sleep(1)
    assert not manager.poll()
    running.process.send_signal(signal.SIGCONT)
    manager.wait_for("WATCHDOG=1")


def test_a_sensor_in_trouble_does_not_stop_the_watchdog(manager, daemon):
    """A missing microphone is a fault to report; it must not restart the other sensors."""
    environment = {"NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "900000"}
    config = BOARD + '[sensor.noise]\ntype = "sound"\ndevice = "no_such"\n'
    running = daemon(config, environment)
    running.wait_for_message("no_such")
    manager.wait_for("STATUS=1 of 2 sensors ok")
    manager.poll().clear()
    manager.wait_for("WATCHDOG=1", 4)


def test_messages_carry_a_priority_for_the_journal(daemon):
    """journalctl -p warning shows the faults and nothing else."""
    config = BOARD + '[sensor.noise]\ntype = "sound"\ndevice = "no_such"\n'
    running = daemon(config, {"JOURNAL_STREAM": "8:1"})
    running.wait_for_message("no_such")
    lines = running.messages().splitlines()
    assert [line for line in lines if line == "<6>board: ok"]
    assert [line for line in lines if line.startswith("<3>noise: capture device")]
    assert all(line[0] == "<" and line[2] == ">" for line in lines), lines


def test_it_goes_on_when_nobody_reads_its_output(tmp_path, daemon):
    """A restart of the journal must not end the measurements."""
    config = tmp_path / "sensord.toml"
    config.write_text(BOARD)
    from support import SENSORD

    process = subprocess.Popen(
        [SENSORD, "run", "--config", config], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.readline()
    process.stdout.close()
    process.stderr.close()
    time.sleep(1)
    assert process.poll() is None
    process.terminate()
    assert process.wait(5) == 0


def test_a_replay_as_a_service_ends_successfully(manager, daemon):
    """The end of a recording must not count as a crash."""
    running = daemon(
        f'[sensor.n]\ntype = "sound"\nreplay = "{ALSA_SOUNDS}/Noise.wav"\nreplay_speed = "max"\n',
        {"NOTIFY_SOCKET": manager.name},
    )
    assert running.process.wait(10) == 0
    manager.wait_for("STOPPING=1")


def test_the_units_are_valid(tmp_path):
    """A misspelt directive would silently weaken the service."""
    units = []
    for name in ("sensord.service", "sensord-clock.service"):
        text = (TOP / "systemd" / name).read_text()
        units.append(tmp_path / name)
        units[-1].write_text(text.replace("/usr/bin/sensord", str(TOP / "build/amd64/sensord")))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.strip()) == (0, ""), done.stderr


@pytest.mark.parametrize("unit", ["sensord.service", "sensord-clock.service"])
def test_the_unit_is_tight(unit):
    """systemd's score of the services' rights, from 10 to 0."""
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=15",
         TOP / "systemd" / unit],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-500:]


@pytest.fixture
def profiles(tmp_path):
    """{name: its rules} of the AppArmor profiles as the package has them, and their file."""
    path = tmp_path / "profiles"
    with path.open("w") as file:
        command = [TOP / "packaging/apparmor.sh", TOP / "systemd/sensord.apparmor"]
        subprocess.run(command, stdout=file, check=True)
    found = {}
    for name, rules in re.findall(r"^profile (\S+) .*?{\n(.*?)^}", path.read_text(), re.M | re.S):
        lines = [line.strip() for line in rules.splitlines()]
        found[name] = [line for line in lines if line and not line.startswith("#")]
    return found, path


def test_the_apparmor_profiles_are_valid(profiles):
    """A profile with a mistake is not loaded, and the service then runs without it."""
    for path in (TOP / "systemd/sensord.apparmor", profiles[1]):
        done = subprocess.run(
            ["apparmor_parser", "--skip-kernel-load", "--skip-cache", path],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert set(profiles[0]) == {"sensord", "sensord-exec"}


# Programs whose name stands elsewhere than in the call that starts them.
PROGRAMS = ("arecord", "aplay", "v4l2-ctl", "stdbuf", "rpicam-vid")


def test_apparmor_allows_the_programs_that_sensord_starts(profiles):
    """And with no command in the configuration none else: not even a shell."""
    usual, more = profiles[0]["sensord"], profiles[0]["sensord-exec"]
    assert set(usual) < set(more)
    assert not any("/home" in rule for rule in more)
    executable = [rule for rule in usual if "x" in rule.rstrip(",").split()[-1]]
    allowed = set()
    for rule in executable:
        path = rule.split()[0].replace("/{usr/,}bin/", "")
        if "libcamera" not in path:
            assert "*" not in path, rule
            prefix, _, names = path.partition("{")
            allowed |= {prefix + name for name in names.rstrip("}").split(",")}
    started = set()
    for path in [*TOP.glob("daemon/**/*.py"), *TOP.glob("hal_linux/**/*.py")]:
        text = path.read_text()
        started |= {name for name in PROGRAMS if f'"{name}"' in text}
        # A new program needs a rule.
        started |= set(re.findall(r"(?:run|run_all|Process)\(\s*\[\s*\"([\w-]+)\"", text))
    assert allowed == started | {"sensord"}, (allowed, started)


def test_sysusers_and_udev_rules_are_valid(tmp_path):
    """Without its user the service does not start; without the rules it reads no hardware."""
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    done = subprocess.run(
        ["systemd-sysusers", f"--root={root}", "--inline", *_sysusers_lines()],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "sensord:" in (root / "etc/passwd").read_text()
    groups = (root / "etc/group").read_text()
    assert all(f"\n{group}:" in "\n" + groups for group in ("audio", "gpio", "i2c", "spi"))
    rules = tmp_path / "60-sensord.rules"
    shutil.copy(TOP / "systemd/sensord.udev", rules)
    done = subprocess.run(
        ["udevadm", "verify", "--resolve-names=never", rules],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _sysusers_lines():
    lines = (TOP / "systemd/sensord.sysusers").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]
