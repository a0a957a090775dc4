# SPDX-License-Identifier: MIT
"""Configurations with Home Assistant's discovery, and what Home Assistant would know by them."""

import json
import re
import socket
import subprocess

from support import wait_until

HOST = socket.gethostname()
BOARD = '[sensor.board]\ntype = "system"\ninterval = "200 ms"\n'
CLIMATE = '[sensor.climate]\ntype = "exec"\ncommand = ["echo", "21.5"]\ninterval = "300 ms"\n'
CONFIG = re.compile(r"homeassistant/(\w+)/([\w-]+)/([\w-]+)/config")


def table(broker, more="", home_assistant="true", client_id='client_id = "pi-1"\n'):
    return (
        f'[mqtt]\nserver = "mqtt://127.0.0.1:{broker.port}"\n{client_id}'
        f"home_assistant = {home_assistant}\n{more}"
    )


def prints(name, fields, interval="300 ms"):
    """A sensor whose command prints a JSON object."""
    text = json.dumps(json.dumps(fields))
    return f'[sensor.{name}]\ntype = "exec"\ncommand = ["echo", {text}]\ninterval = "{interval}"\n'


class Entities:
    """What a Home Assistant that listened all the time would know."""

    def __init__(self, subscriber):
        self._subscriber = subscriber

    def now(self):
        """{"platform/object": message} of the entities there are."""
        found = {}
        for topic, payload, *_ in list(self._subscriber.messages):
            match = CONFIG.fullmatch(topic)
            if match:
                key = f"{match[1]}/{match[3]}"
                found.pop(key, None)
                if payload:
                    found[key] = json.loads(payload)
        return found

    def wait(self, *keys, timeout_s=15):
        def all_there():
            found = self.now()
            return found if set(keys) <= set(found) else None

        return wait_until(all_there, timeout_s, f"{keys}; saw {sorted(self.now())}")

    def wait_gone(self, *keys, timeout_s=15):
        wait_until(
            lambda: not set(keys) & set(self.now()),
            timeout_s,
            f"{keys} gone; {sorted(self.now())}",
        )

    def messages(self):
        return [m for m in list(self._subscriber.messages) if CONFIG.fullmatch(m[0])]


def retained(broker, filter="#"):
    """{topic: payload} of what the broker retains."""
    command = ["mosquitto_sub", "-p", str(broker.port), "-t", filter, "--retained-only", "-W", "1"]
    done = subprocess.run([*command, "-F", "%t %p"], check=False, capture_output=True, text=True)
    return dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)
