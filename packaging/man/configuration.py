# SPDX-License-Identifier: MIT
"""The manual page sensord.toml(5), of the configuration's schema."""

from roff import escape

from sensord.config import action_tables, schema, sensor_tables
from sensord.config.values import (
    REQUIRED,
    Duration,
    Size,
    format_duration,
    format_size,
)

HEAD = r""".\" SPDX-License-Identifier: MIT
.TH SENSORD.TOML 5 "November 2026" "sensord {version}" "File Formats"
.SH NAME
sensord.toml \- the configuration of sensord
.SH DESCRIPTION
.I /etc/sensord.toml
says which sensors
.BR sensord (1)
reads and where it publishes them. It is a TOML 1.0 document. Durations and sizes are strings with
a unit: ms, s, min, h, d; B, KiB, MiB, GiB.
.PP
An unknown key, a wrong type, a missing file or a bad unit is an error; all of them are reported at
once by
.BR "sensord check" .
"""

SECTION_DOC = {
    "host": "What an overview of many boards shows of this one. It is published at "
    "sensord/HOST/info; see sensord(8).",
    "mqtt": "The broker. Without this table the readings go to the standard output, that is, "
    "under systemd, to the journal.",
    "outbox": "Where readings wait until the broker has acknowledged them. While it answers that "
    "is a folder in memory, /run/sensord, which outlives the daemon if that is killed; a reading "
    "that waits for 3 s moves to the disk with all after it, as do all when the daemon ends. A "
    "loss of power takes what waits in memory, which is what came in the last 3 s, and of what "
    "waits on disk what came since the last sync. If the disk is full or cannot be written, "
    "readings wait in memory and the disk is tried again. A daemon that systemd did not start has "
    "no /run/sensord, and its readings wait on disk from the start.",
    "metrics": "What the daemon needs and how the delivery does, published as a reading of its "
    "own; see sensord(8).",
    "journal": "What is written to the journal.",
}
SENSOR_DOC = {
    "i2c": "A sensor chip on an I2C bus. The built-in drivers give temperature_c, "
    "humidity_percent, pressure_hpa, illuminance_lx, co2_ppm, voltage_v, current_a and power_w, "
    "as the chip has them. The module of MODULE:CLASS is looked for in /etc/sensord/drivers "
    "(owned by root) and in /usr/lib/micropython.",
    "iio": "What a driver of the kernel measures through IIO: converters, and chips that an "
    "overlay names. The better way where there is one: the kernel shares the chip.",
    "hwmon": "What the kernel monitors: temperatures, voltages, fans.",
    "w1": "DS18B20 and other thermometers on the 1-Wire bus.",
    "gpio": "Edges of a pin, counted: count in the interval, total since the sensor started, and "
    "the pin's state.",
    "image": "An image classifier: a camera's picture, cut to the network's shape and scaled to "
    "its size, in grey or RGB as the model takes it. A reading has the probability of each label, "
    "and label, which changes only after as many pictures as agree in a row had the same class "
    "with at least the threshold.",
    "motion": "An activity tracker: windows of acceleration, features, a forest of decision "
    "trees. A reading has the label, the probability of each, the seconds spent in each since the "
    "start, and how often samples were lost.",
    "vibration": "A condition monitor of a machine: acceleration_rms_m_s2, "
    "acceleration_peak_m_s2, velocity_rms_mm_s (10 Hz to 1 kHz or half the rate, as ISO 20816-1), "
    "crest_factor, kurtosis, and band_LOW_HIGH_hz_m_s2. What is normal is learned first; then "
    "distance tells by how many standard deviations (of at least 1 dB) the quantity that rose "
    "most is above that, so that of a steady machine 6 is a doubling, and status is green, "
    "yellow or red; before that it is learning, and idle while the machine stands still. What "
    "was learned is kept in /var/lib/sensord/baselines/NAME.json: remove it and restart to learn "
    "anew.",
    "serial": "A line protocol on a serial port: each line that matches is a reading. Numbers in "
    "the groups are numbers; other lines are passed over.",
    "exec": "What a command prints: a number is the field value, the members of a JSON object are "
    "fields.",
    "sound": "A noise monitor: sound levels of a microphone, described in sensord(1). With bands "
    "also l25hz_db and so on, in dB SPL, and with learn the distance from what is usual and a "
    "status, as of vibration; with a model the label of the last window and the probability of "
    "each.",
    "system": "The board itself: temperature, load, memory, disk, uptime.",
}

ACTION_DOC = r"""One table for each output that is acted on. NAME is part of its topic: its
state is kept at
.IR sensord/HOST/NAME ,
and it can be set with a message to
.IR sensord/HOST/NAME/set :
ON, OFF, for PWM a duty from 0 to 100, or AUTO. Such a command holds until the condition next
begins, ends or becomes unknown. A broker repeats a retained command with each connection: better
send commands without retain.
.PP
A condition compares fields of the latest readings, written SENSOR.FIELD (or SENSOR.\(dqa field\(dq
if the name of the field is no word), with numbers, texts in quotes, true and false, by
.BR == ", " != ", " < ", " <= ", " > " and " >= ,
joined by
.BR and ", " or " and " not ,
with parentheses. What no sensor has told yet, or what a faulty sensor cannot tell, is unknown;
so is a condition that depends on it, and its output then has its safe value.
.PP
Outputs have their safe value at exit as well. When the daemon is killed,
.B sensord safe
sets it, which the service runs. A pin that no program holds is as its driver leaves it: some go
back to being inputs, so what must never move by itself needs a resistor.
"""

EXAMPLE = r""".SH EXAMPLE
.nf
[mqtt]
server = "mqtts://broker.example:8883"
username = "pi"
password_credential = "mqtt\-password"

[sensor.noise]
type = "sound"
device = "plughw:1"
sensitivity = \-26.0

[sensor.board]
type = "system"
interval = "5 min"

[action.fan]
when = "board.cpu_temperature_c > 70"
hold = "1 min"
pin = "GPIO18"
.fi
.SH SEE ALSO
.BR sensord (1),
.BR sensord (8)
"""


def default_text(kind):
    value = kind.default
    if value is REQUIRED:
        return "required"
    if value is None:
        return "optional"
    if isinstance(kind, Duration):
        return f'default "{format_duration(value)}"'
    if isinstance(kind, Size):
        return f'default "{format_size(value)}"'
    if isinstance(value, bool):
        return f"default {str(value).lower()}"
    if isinstance(value, list):
        return f"default [{', '.join(map(str, value))}]"
    return f'default "{value}"' if isinstance(value, str) else f"default {value}"


def keys(table):
    """The entries of a table's keys."""
    for name, kind in table.items():
        yield f".TP\n.B {escape(name)}"
        yield escape(f"{kind.doc} {kind.form[0].upper()}{kind.form[1:]}; {default_text(kind)}.")


def lines(version):
    """The page, part by part. Raises KeyError for a table without a description."""
    yield HEAD.format(version=version).rstrip()
    for name, table in schema.SECTIONS.items():
        yield f".SH [{name}]\n{escape(SECTION_DOC[name])}"
        yield from keys(table)
    yield ".SH [sensor.NAME]\nOne table for each sensor. NAME is part of its topic."
    for name, table in sensor_tables.SENSORS.items():
        yield f'.SS type = "{name}"\n{escape(SENSOR_DOC[name])}'
        yield from keys(table)
        if name == "i2c":
            for driver, more in sensor_tables.DRIVER_KEYS.items():
                yield f'.PP\nWith driver = "{escape(driver)}":'
                yield from keys(more)
    yield f".SH [action.NAME]\n{ACTION_DOC.rstrip()}"
    yield from keys(action_tables.ACTION)
    yield EXAMPLE.rstrip()
