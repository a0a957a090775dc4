# SPDX-License-Identifier: MIT
"""The tables of the daemon itself: with sensor_tables.py the source for checking and for the
manual page."""

from .compound import Servers
from .values import (
    Boolean,
    Choice,
    Duration,
    DurationOr,
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
    "format": Choice(
        "json: an object with the fields of a reading; senml: a SenML pack (RFC 8428).",
        ("json", "senml"),
        "json",
    ),
    "qos": Integer("1: each reading is kept until acknowledged; 0: sent once.", 0, 1, 1),
    "keepalive": Duration(
        "How long silence may last before the broker is asked whether it is there.",
        5000,
        3600000,
        30000,
    ),
    "home_assistant": Boolean(
        "Announce the sensors and outputs to Home Assistant (MQTT discovery).", False
    ),
}

OUTBOX = {
    "directory": Text(
        "The folder on disk where readings wait that the broker does not acknowledge within 3 s.",
        "/var/lib/sensord/outbox",
    ),
    "max_size": Size(
        "How much may wait for the broker; beyond it the oldest readings are dropped. "
        "At most 256 KiB of it in memory, if the disk cannot be used.",
        4096,
        1 << 40,
        8 * 1024 * 1024,
    ),
    "sync": DurationOr(
        "How often what waits on disk is made sure to be there: so much the loss of power can "
        "take. always: a reading is on the disk before it is sent, also while the broker answers, "
        "which wears an SD card.",
        1000,
        3600000,
        "always",
        5000,
    ),
}

METRICS = {
    "interval": Duration(
        "How often sensord/HOST/metrics is published.",
        1000,
        86400000,
        60000,
    ),
    "textfile": Text(
        "A file for the textfile collector of Prometheus' node-exporter, replaced as often; its "
        "name ends in .prom.",
        None,
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

SECTIONS = {"mqtt": MQTT, "outbox": OUTBOX, "metrics": METRICS, "journal": JOURNAL}
