# SPDX-License-Identifier: MIT
"""Every key of a [sensor.NAME] table, by the sensor's type and driver."""

from ..drivers import ACCELEROMETERS, BUILT_IN, IIO
from .compound import Command, Driver, Fields, FixedArray, Pattern, PinName, Several, Table
from .values import (
    Choice,
    Duration,
    ExistingFile,
    ExistingFolder,
    Integer,
    Number,
    Size,
    Text,
)

_DAY_MS = 86400000
# As in stages/features.py, which needs a module of the interpreter.
FEATURES = ("timebased", "timebased-compat")
_TYPE = "What kind of sensor it is; the other keys depend on it."
_INTERVAL = "How often a reading is made."

_YELLOW = Number("From which distance on the status is yellow.", 0.1, 1000.0, 6.0)
_RED = Number("From which distance on it is red.", 0.1, 1000.0, 12.0)
_CONFIRM = Integer("How many readings in a row change the status.", 1, 1000, 3)
_REPLAY_SPEED = Choice(
    "Replay at the recording's own pace or as fast as it goes.", ("real", "max"), "real"
)
_ACCELEROMETER = {
    "driver": Choice(
        "The accelerometer; iio for one that a driver of the kernel reads.",
        sorted(list(ACCELEROMETERS) + [IIO]),
        None,
    ),
    "device": Text(
        "With iio: the device, by its chip's name (lis3dh) or its own (iio:device0).", None
    ),
    "bus": Integer("N of /dev/i2c-N.", 0, 255, 1),
    "address": Integer("The chip's address; its usual one if not given.", 0x03, 0x77, None),
    "range": Choice("The largest acceleration, in g.", (2, 4, 8, 16), 2),
    "replay": ExistingFile("A recording (.npy, int16, N x 3) to read instead.", None),
    "replay_speed": _REPLAY_SPEED,
}


def _on_accelerometer(keys):
    keys.update(_ACCELEROMETER)
    return keys


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
    "iio": {
        "type": Choice(_TYPE, ("iio",)),
        "device": Text("The device, by its chip's name (bme280) or its own (iio:device0)."),
        "channels": Several(
            "The channels, such as temp or voltage0; all if not given.", Text(""), None
        ),
        "interval": Duration(_INTERVAL, 100, _DAY_MS, 30000),
    },
    "hwmon": {
        "type": Choice(_TYPE, ("hwmon",)),
        "device": Text("The monitor, by its chip's name (lm75) or its own (hwmon0)."),
        "interval": Duration(_INTERVAL, 100, _DAY_MS, 30000),
    },
    "w1": {
        "type": Choice(_TYPE, ("w1",)),
        "device": Text("One thermometer, such as 28-0316a2794fff; all if not given.", None),
        "interval": Duration(_INTERVAL, 1000, _DAY_MS, 60000),
    },
    "gpio": {
        "type": Choice(_TYPE, ("gpio",)),
        "pin": PinName("The pin."),
        "edge": Choice("What is counted.", ("rising", "falling", "both"), "falling"),
        "pull": Choice("The pin's resistor.", ("up", "down", "none"), "up"),
        "debounce": Duration("What is shorter does not count.", 0, 1000, 5),
        "field": Text(
            "A field for what the edges mean, such as rain_mm; NAME_total goes with it.", None
        ),
        "scale": Number("What one edge means, such as 0.2794 for a rain gauge.", 1e-9, 1e9, 1),
        "interval": Duration(_INTERVAL, 100, _DAY_MS, 60000),
    },
    "serial": {
        "type": Choice(_TYPE, ("serial",)),
        "device": Text("The port, such as /dev/ttyUSB0 or /dev/serial0."),
        "baudrate": Integer("Bits a second.", 50, 4000000, 9600),
        "bits": Integer("Bits a character.", 5, 8, 8),
        "parity": Choice("The parity bit.", ("none", "even", "odd"), "none"),
        "stop": Integer("Stop bits.", 1, 2, 1),
        "pattern": Pattern(
            "A regular expression from the line's start, with a group (…) for each field."
        ),
        "fields": Several("What the groups are called.", Text("")),
        "timeout": Duration("How long the port may be silent.", 1000, _DAY_MS, 60000),
    },
    "exec": {
        "type": Choice(_TYPE, ("exec",)),
        "command": Command("The program and its arguments. It prints a number or a JSON object."),
        "timeout": Duration("How long it may take.", 100, 3600000, 10000),
        "interval": Duration(_INTERVAL, 100, _DAY_MS, 60000),
    },
    "image": {
        "type": Choice(_TYPE, ("image",)),
        "device": Text(
            'The camera: /dev/video0, a link below /dev/v4l/by-id, or "rpicam"; the first USB '
            "camera or else a Raspberry Pi's if not given.",
            None,
        ),
        "size": FixedArray(
            "Width and height of the network's pictures; read from the model if not given.",
            Integer("", 1, 4096, None),
            2,
            None,
        ),
        "crop": FixedArray(
            "The part of the camera's picture that is looked at: left, top, width and height, "
            "each from 0 to 1.",
            Number("", 0.0, 1.0, None),
            4,
            None,
        ),
        "model": ExistingFile("A network, of TensorFlow Lite (.tflite) or TinyMaix (.tmdl)."),
        "labels": Several("The model's classes, in its order.", Text("")),
        "interval": Duration("How often a picture is looked at.", 20, _DAY_MS, 1000),
        "threshold": Number("The probability from which on a class counts.", 0.0, 1.0, 0.5),
        "agree": Integer("How many pictures in a row must agree for another label.", 1, 1000, 1),
        "publish": Choice(
            "A reading for each picture, or only when the label changes.",
            ("always", "changes"),
            "always",
        ),
        "repeat": Duration(
            'With publish = "changes": how often there is a reading all the same.',
            1000,
            _DAY_MS,
            60000,
        ),
        "save": ExistingFolder(
            "A folder in which the picture that changed the label is saved: for the service one "
            "of the user sensord's below /var/lib/sensord.",
            None,
        ),
        "save_max": Size("How much is saved; then the oldest make room.", 4096, 1 << 40, 16 << 20),
        "frozen_after": Duration(
            "How long the very same picture may come before the camera counts as frozen; 0 s for "
            "ever.",
            0,
            _DAY_MS,
            60000,
        ),
        "replay": ExistingFolder("A folder of pictures (.pgm, .ppm) to look at instead.", None),
        "replay_speed": _REPLAY_SPEED,
    },
    "motion": _on_accelerometer(
        {
            "type": Choice(_TYPE, ("motion",)),
            "rate": Integer("Samples a second.", 10, 1000, 100),
            "window": Duration("How much of the movement one label is for.", 100, 60000, 4000),
            "hop": Duration("How often there is a label.", 50, 60000, 1000),
            "features": Choice("What the model was trained on.", FEATURES, "timebased"),
            "model": ExistingFile("A forest, as `make train-demo` and emlearn write it (.csv)."),
            "labels": Several("The model's classes, in its order.", Text("")),
        }
    ),
    "vibration": _on_accelerometer(
        {
            "type": Choice(_TYPE, ("vibration",)),
            "rate": Integer("Samples a second.", 50, 3200, 400),
            "window": Duration(
                "How long a piece one spectrum is of; made longer to a power of two samples.",
                100,
                60000,
                1000,
            ),
            "interval": Duration(_INTERVAL, 100, _DAY_MS, 10000),
            "bands": Several(
                "The frequencies, in Hz, between which the bands lie; octaves from 10 Hz if not "
                "given.",
                Number("", 0.0, 1600.0, None),
                None,
            ),
            "learn": Duration(
                "How long the machine is watched to learn what is normal; 0 s for no judgement.",
                0,
                366 * _DAY_MS,
                _DAY_MS,
            ),
            "running_above": Number(
                "An acceleration (RMS, m/s2) below which the machine stands still: such readings "
                "are neither learned nor judged.",
                0.0,
                1000.0,
                0.0,
            ),
            "yellow": _YELLOW,
            "red": _RED,
            "confirm": _CONFIRM,
        }
    ),
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
        "bands": Choice(
            "Levels of bands as well: third-octaves (IEC 61260-1) from 25 Hz to what the rate "
            "allows.",
            ("none", "third-octave"),
            "none",
        ),
        "learn": Duration(
            "With bands: how long what is usual is learned; 0 s for no judgement.",
            0,
            366 * _DAY_MS,
            0,
        ),
        "yellow": _YELLOW,
        "red": _RED,
        "confirm": _CONFIRM,
        "model": ExistingFile(
            "A forest that tells what is heard, as tools/train_activity.py writes it (.csv).", None
        ),
        "labels": Several("The model's classes, in its order.", Text(""), None),
        "window": Duration("How much sound the model is given.", 200, 60000, 1000),
        "replay": ExistingFile("A recording (.wav, int16, mono) to read instead.", None),
        "replay_speed": _REPLAY_SPEED,
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
