# SPDX-License-Identifier: MIT
"""The tables of the daemon itself: with sensor_tables.py the source for checking and for the
manual page."""

from .compound import Servers
from .values import (
    Boolean,
    Choice,
    Duration,
    ExistingFile,
    Integer,
    Size,
    Text,
    Topic,
)

MQTT = {
    "server": Servers("The broker, or several that are tried in order."),
    "username": Text("The user name at the broker.", None),
    "password": Text("The password. Better: password_credential.", None),
    "password_credential": Text(
        "The name of the systemd credential that holds the password (LoadCredential=).", None
    ),
    "ca_file": ExistingFile(
        "The certificates (PEM) to trust for mqtts://; the system's if not given, which take "
        "1.5 MB of memory.",
        None,
    ),
    "client_id": Text("The MQTT client identifier; made of the host's name if not given.", None),
    "topic": Topic("The topic of a sensor's readings.", "sensord/{host}/{sensor}"),
    "qos": Integer("1: each reading is kept until acknowledged; 0: sent once.", 0, 1, 1),
    "keepalive": Duration(
        "How long silence may last before the broker is asked whether it is there.",
        5000,
        3600000,
        30000,
    ),
    "home_assistant": Boolean(
        "Announce the sensors to Home Assistant (not in this version yet).", False
    ),
}

OUTBOX = {
    "directory": Text(
        "Where readings wait on disk (not in this version yet: they wait in memory).",
        "/var/lib/sensord/outbox",
    ),
    "max_size": Size(
        "How much may wait for the broker; beyond it the oldest readings are dropped. "
        "In memory at most 256 KiB.",
        4096,
        1 << 40,
        256 * 1024,
    ),
}

JOURNAL = {
    "readings": Boolean(
        "Write each reading to the standard output; true if there is no [mqtt].", None
    ),
    "level": Choice(
        "The least severe messages that are logged.",
        ("error", "warning", "info", "debug"),
        "info",
    ),
}

SECTIONS = {"mqtt": MQTT, "outbox": OUTBOX, "journal": JOURNAL}
