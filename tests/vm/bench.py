# SPDX-License-Identifier: MIT
"""A virtual machine with a broker in it, and the messages that reach the broker."""

import json
import re
import time

from machine import Machine

ADDRESS = "192.0.2.1"  # the broker's, once there is a network: RFC 5737
_ON_THEIR_WAY = 8
_SUBSCRIBE = (
    "systemd-run -q --unit=vm-subscriber -p StandardOutput=append:/run/readings "
    "stdbuf -oL mosquitto_sub -h 127.0.0.1 -u sensord -P secret -i vm -c -q 1 -t '#' "
    "-F '%t %r %p'"
)


class Bench:
    """`machine` with its `board`; `sensors` is the number in its configuration."""

    def __init__(self, board, folder, memory_mib, work):
        self.board = board
        self.machine = Machine(board, folder, memory_mib, work)
        self.sensors = (folder / "sensord.toml").read_text().count("[sensor.")
        self._seen = 0
        self._readings = []
        self.run = self.machine.run

    def wait(self, condition, timeout_s, what):
        """Polls `condition` until it is true; returns its result."""
        end = time.monotonic() + timeout_s
        while True:
            result = condition()
            if result:
                return result
            assert time.monotonic() < end, f"{what}: not within {timeout_s} s"
            time.sleep(0.5)

    def connect(self):
        """Brings the network up, after the broker and a subscriber that misses nothing."""
        self.broker(True)
        self.run(_SUBSCRIBE)
        log = "/var/log/mosquitto/mosquitto.log"
        self.wait(lambda: self.run(f"grep ' as vm ' {log} || true"), 60, "the subscriber")
        self.run(f"ip address add {ADDRESS}/32 dev lo")

    def broker(self, on):
        """Starts or stops the broker, which keeps messages for the subscriber."""
        self.run(f"systemctl {'start' if on else 'stop'} mosquitto")

    def status(self, *texts, timeout_s=90):
        """Waits until the daemon's status line in systemd has these texts; returns it."""

        def reached():
            line = self.show("StatusText")
            return line if all(text in line for text in texts) else None

        try:
            return self.wait(reached, timeout_s, f"the status {texts}")
        except AssertionError as error:
            raise AssertionError(f"{error}; it is: {self.show('StatusText')}")

    def all_well(self):
        return self.status(f"{self.sensors} of {self.sensors} sensors ok", "connected to",
                           timeout_s=120)  # fmt: skip

    def wait_until_sent(self):
        """Waits until the outbox has only the readings that are always under way."""

        def sent():
            waiting = re.search(r"(\d+) readings wait", self.show("StatusText"))
            return waiting and int(waiting[1]) <= _ON_THEIR_WAY

        self.wait(sent, 120, "an empty outbox")

    def journal(self, *options):
        """The messages in the journal of this boot."""
        return self.run(f"journalctl -b --no-pager -o cat {' '.join(options)}")

    def delivered(self):
        """{session: sorted numbers} of all readings that reached the broker, by their ids."""
        sessions = {}
        for _, _, payload in self.messages():
            if '"id": "' in payload:
                session, number = json.loads(payload)["id"].rsplit("-", 1)
                sessions.setdefault(session, set()).add(int(number))
        return {session: sorted(numbers) for session, numbers in sessions.items()}

    def assert_none_lost(self):
        """Asserts that every reading of each run of the daemon arrived, from its first to its last
        that did. Returns how many."""
        sessions = self.delivered()
        for session, numbers in sessions.items():
            missing = set(range(numbers[0], numbers[-1])) - set(numbers)
            assert not missing, f"of run {session} {sorted(missing)} are missing"
        return sum(len(numbers) for numbers in sessions.values())

    def messages(self):
        """(topic, whether it was retained, payload) of all messages at the subscriber."""
        new = self.run(f"tail -c +{self._seen + 1} /run/readings 2>/dev/null || true")
        new = new[: new.rfind("\n") + 1]
        self._seen += len(new.encode())
        for line in new.splitlines():
            topic, retained, payload = line.split(" ", 2)
            self._readings.append((topic, retained == "1", payload))
        return self._readings

    def of(self, sensor):
        """The readings of a sensor that reached the broker."""
        topic = f"sensord/vm/{sensor}"
        return [json.loads(p) for t, _, p in self.messages() if t == topic and p.startswith("{")]

    def wait_for_reading(self, sensor, timeout_s=60, after=0, condition=lambda reading: True):
        """A sensor's first reading after `after` others, without null, that meets `condition`."""

        def found():
            there = self.of(sensor)[after:]
            return [r for r in there if None not in r.values() and condition(r)]

        return self.wait(found, timeout_s, f"a reading of {sensor}")[0]

    def show(self, name, unit="sensord"):
        """A property of a unit, from systemd."""
        return self.run(f"systemctl show --value -p {name} {unit}").strip()

    @property
    def pid(self):
        return int(self.show("MainPID"))

    def close(self):
        self.machine.close()
