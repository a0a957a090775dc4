# SPDX-License-Identifier: MIT
"""Every table and key of the configuration: the source for checking and for the manual page."""

from ..drivers import BUILT_IN
from .compound import Driver, Fields, Servers, Several, Table
from .values import (
    Boolean,
    Choice,
    Duration,
    ExistingFile,
    ExistingFolder,
    Integer,
    Number,
    Size,
    Text,
    Topic,
)

_DAY_MS = 86400000

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

_TYPE = "What kind of sensor it is; the other keys depend on it."
_INTERVAL = "How often a reading is made."

SENSORS = {
    "i2c": {
        "type": Choice(_TYPE, ("i2c",)),
        "driver": Driver(
            "The chip, or MODULE:CLASS for a MicroPython driver in /etc/sensord/drivers.",
            sorted(BUILT_IN),
        ),
        "bus": Integer("N of /dev/i2c-N.", 0, 255, 1),
        "address": Integer("The chip's address; its usual one if not given.", 0x03, 0x77, None),
        "interval": Duration(_INTERVAL, 100, _DAY_MS, 30000),
    },
    "sound": {
        "type": Choice(_TYPE, ("sound",)),
        "device": Text("The ALSA PCM device, as listed by arecord -L.", "default"),
        "rate": Integer("Samples a second.", 8000, 192000, 16000),
        "weighting": Choice("The frequency weighting.", ("A", "C", "Z"), "A"),
        "time_weighting": Choice(
            "The time weighting: 125 ms (fast) or 1 s (slow).", ("fast", "slow"), "fast"
        ),
        "interval": Duration(_INTERVAL, 100, _DAY_MS, 1000),
        "sensitivity": Number(
            "The microphone's level at 94 dB SPL, in dBFS, from its data sheet or a calibrator.",
            -120.0,
            20.0,
            -26.0,
        ),
        "replay": ExistingFile("A recording (.wav, int16, mono) to read instead.", None),
        "replay_speed": Choice(
            "Replay at the recording's own pace or as fast as it goes.", ("real", "max"), "real"
        ),
    },
    "system": {
        "type": Choice(_TYPE, ("system",)),
        "interval": Duration(_INTERVAL, 100, _DAY_MS, 30000),
        "path": ExistingFolder("The folder whose file system's use is reported.", "/"),
    },
}

# Keys that only some drivers have; FOREIGN is for MODULE:CLASS.
FOREIGN = "MODULE:CLASS"
DRIVER_KEYS = {
    "ads1115": {
        "channels": Several("The inputs to measure.", Integer("", 0, 3, None), [0, 1, 2, 3]),
        "full_scale": Choice(
            "The largest voltage, in volts.", (6.144, 4.096, 2.048, 1.024, 0.512, 0.256), 4.096
        ),
    },
    "ina219": {
        "shunt_ohm": Number("The resistor that the current flows through.", 0.0001, 1000.0, 0.1)
    },
    FOREIGN: {
        "arguments": Table("What its class is called with, after the bus.", None),
        "fields": Fields(
            "What to read of it: attributes, methods, and parts of what they give; not needed for "
            "a driver in sensord's own form.",
            None,
        ),
    },
}


def sensor_keys(table):
    """The keys of a [sensor.NAME] table, which depend on its type and driver."""
    keys = SENSORS[table["type"]]
    driver = table.get("driver")
    if isinstance(driver, str):
        more = DRIVER_KEYS.get(FOREIGN if ":" in driver else driver)
        if more:
            keys = dict(keys)
            keys.update(more)
    return keys


SECTIONS = {"mqtt": MQTT, "outbox": OUTBOX, "journal": JOURNAL}
