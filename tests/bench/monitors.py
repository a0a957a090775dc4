# SPDX-License-Identifier: MIT
"""The two noise monitors of the comparison: sensord, and its peer in CPython."""

import pathlib
import sys

from recording import RATE_HZ
from support import SENSORD, Daemon, Microphone

PEER_TEXT = f"CPython {sys.version_info[0]}.{sys.version_info[1]}, paho, numpy, scipy"

_COMMANDS = {
    "sensord": (SENSORD,),
    "peer": (sys.executable, pathlib.Path(__file__).with_name("peer_noise.py")),
}
_CONFIG = """\
[mqtt]
server = "mqtt://127.0.0.1:{port}"
topic = "{name}/{{host}}/{{sensor}}"

[sensor.noise]
type = "sound"
device = "mic"
rate = {rate}
interval = "1 s"
"""


class Monitor:
    """One monitor, with a folder and a microphone of its own. Attribute: name."""

    def __init__(self, name, folder, recording):
        self.name = name
        self._folder = folder / name
        self._folder.mkdir()
        self._microphone = Microphone(self._folder, [recording])

    def start(self, port):
        """Starts it with the broker at a loopback port; returns the support.Daemon."""
        config = _CONFIG.format(port=port, name=self.name, rate=RATE_HZ)
        environment = self._microphone.environment
        return Daemon(self._folder, config, environment, _COMMANDS[self.name])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._microphone.stop()
