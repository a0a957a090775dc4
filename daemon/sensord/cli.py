# SPDX-License-Identifier: MIT
"""The command line. Data goes to standard output, everything else to standard error."""

import sys

from . import __version__

# <sysexits.h>
EX_USAGE = 64
EX_UNAVAILABLE = 69
EX_SOFTWARE = 70
EX_CONFIG = 78

USAGE = """\
usage: sensord [--config FILE] COMMAND

Reads sensors, processes the data on the board and publishes the result.

commands:
  run          run the daemon (what the service does)
  check        check the configuration; exit 0, or 78 with every error in it
  safe         set the outputs of all actions to their safe value (what the service
               does when it has ended, however it ended)
  clock        wait until an NTP client has set the clock (what sensord-clock.service
               does, as the service itself may not ask)
  read SENSOR  print one reading of a sensor and exit
  record SENSOR -o FILE
               record what a sensor's hardware gives, as `replay` takes it: .wav,
               .npy, or a folder of pictures; Ctrl-C ends it
  watch        show the readings as they come
  features IN OUT.npy
               write the features of a recording of motion (.npy) or sound (.wav), as the
               device computes them
  probe        print what hardware is here, and what would make more of it appear

options:
  --config FILE  the configuration, /etc/sensord.toml if not given
  -o FILE        record: the file; in a folder it gets the time as its name
  --duration D   record: how long, such as "10 s"
  --label NAME   record: added to the name in a folder, for training
  --json         probe: as one JSON object
  --window, --hop, --rate, --features
                 features: as in the configuration of the sensor; --hop is the
                 interval of a sound sensor
  --version      print the version and exit
  --help         print this help and exit

See sensord(1), sensord.toml(5). The readings: journalctl -u sensord, or the MQTT broker.
"""


class UsageError(Exception):
    """The command line makes no sense; the text says what and what to do."""


# Options that take a value, and what they are called in the program.
_WITH_VALUE = {
    "--config": "config",
    "--window": "window",
    "--hop": "hop",
    "--rate": "rate",
    "--features": "features",
    "--duration": "duration",
    "--label": "label",
    "-o": "output",
    "--output": "output",
}
# Those that are not for every command.
_ONLY_FOR = {
    "json": ("probe",),
    "window": ("features",),
    "hop": ("features",),
    "rate": ("features",),
    "features": ("features",),
    "output": ("record",),
    "duration": ("record",),
    "label": ("record",),
}


def parse(arguments):
    """(command, operands, options) of a command line."""
    from .config import DEFAULT_PATH

    options = {"config": DEFAULT_PATH}
    words = []
    i = 0
    while i < len(arguments):
        word = arguments[i]
        i += 1
        name, equals, value = word.partition("=")
        if word in ("--help", "-h"):
            return "help", [], options
        if word == "--version":
            return "version", [], options
        if word == "--json":
            options["json"] = True
        elif name in _WITH_VALUE:
            if not equals:
                if i == len(arguments):
                    raise UsageError("%s needs a value" % name)
                value = arguments[i]
                i += 1
            options[_WITH_VALUE[name]] = value
        elif word.startswith("-"):
            raise UsageError("unknown option %s" % word)
        else:
            words.append(word)
    for name in options:
        if words[:1] and name in _ONLY_FOR and words[0] not in _ONLY_FOR[name]:
            raise UsageError("--%s goes with the command %s" % (name, _ONLY_FOR[name][0]))
    if not words:
        raise UsageError("which command? see sensord --help")
    return words[0], words[1:], options


def _expect(operands, count, usage):
    if len(operands) != count:
        raise UsageError("usage: sensord " + usage)


def _run(operands, options):
    from . import service

    _expect(operands, 0, "run")
    return service.run(options["config"])


def _check(operands, options):
    from . import config

    _expect(operands, 0, "check")
    settings = config.load(options["config"])
    counts = ["%d sensor%s" % _plural(settings["sensor"])]
    if settings["action"]:
        counts.append("%d action%s" % _plural(settings["action"]))
    sys.stderr.write("%s: ok, %s\n" % (options["config"], ", ".join(counts)))
    return 0


def _plural(things):
    return len(things), "s" * (len(things) != 1)


def _safe(operands, options):
    from . import config

    _expect(operands, 0, "safe")
    actions = config.load(options["config"])["action"]
    if not actions:
        return 0
    from .actions.manager import make_safe

    return 0 if make_safe(actions) else EX_UNAVAILABLE


def _clock(operands, options):
    from . import clock

    _expect(operands, 0, "clock")
    return clock.wait_until_set()


def _read(operands, options):
    from . import once

    _expect(operands, 1, "read SENSOR")
    return once.read(options["config"], operands[0])


def _record(operands, options):
    from . import record
    from .config.values import Duration

    _expect(operands, 1, "record SENSOR -o FILE")
    if "output" not in options:
        raise UsageError("record where to? sensord record %s -o FILE" % operands[0])
    label = options.get("label")
    if label is not None and (not label or "/" in label or "_" in label):
        raise UsageError('--label must be a name without "/" and "_"')
    duration = _checked(Duration("", 1, 1 << 40, None), options, "duration", None)
    return record.record(options["config"], operands[0], options["output"], duration, label)


def _watch(operands, options):
    from . import watch

    _expect(operands, 0, "watch")
    return watch.watch(options["config"])


def _probe(operands, options):
    from . import probe

    _expect(operands, 0, "probe [--json]")
    return probe.probe("json" in options)


def _checked(kind, options, name, default):
    """An option's value as a configuration would have it."""
    if name not in options:
        return default
    try:
        return kind.parse(options[name])
    except ValueError as error:
        raise UsageError("--%s %s" % (name, error))


def _features(operands, options):
    from . import extract
    from .config.sensor_tables import SENSORS

    _expect(operands, 2, "features IN OUT.npy")
    if operands[0].endswith(".wav"):
        return _sound_features(operands, options)
    keys = SENSORS["motion"]
    rate = options.get("rate", str(keys["rate"].default))
    if not rate.isdigit() or not 10 <= int(rate) <= 1000:
        raise UsageError("--rate must be from 10 to 1000, not %s" % rate)
    chosen = {
        n: _checked(keys[n], options, n, keys[n].default) for n in ("window", "hop", "features")
    }
    if chosen["hop"] > chosen["window"]:
        raise UsageError("--hop must not be longer than --window")
    return extract.extract(
        operands[0], operands[1], int(rate), chosen["window"], chosen["hop"], chosen["features"]
    )


def _sound_features(operands, options):
    from . import extract
    from .config.sensor_tables import SENSORS

    for name in ("rate", "features"):
        if name in options:
            raise UsageError("--%s is for recordings of motion" % name)
    keys = SENSORS["sound"]
    window = _checked(keys["window"], options, "window", keys["window"].default)
    hop = _checked(keys["interval"], options, "hop", keys["interval"].default)
    if hop > window:
        raise UsageError("--hop must not be longer than --window")
    return extract.extract_sound(operands[0], operands[1], window, hop)


_COMMANDS = {
    "run": _run,
    "check": _check,
    "safe": _safe,
    "clock": _clock,
    "read": _read,
    "record": _record,
    "watch": _watch,
    "probe": _probe,
    "features": _features,
}


def _dispatch(arguments):
    from .config import ConfigError
    from .config.check import nearest

    try:
        command, operands, options = parse(arguments)
        if command == "help":
            sys.stdout.write(USAGE)
            return 0
        if command == "version":
            sys.stdout.write("sensord %s\n" % __version__)
            return 0
        if command not in _COMMANDS:
            meant = nearest(command, _COMMANDS)
            hint = '; did you mean "%s"?' % meant if meant else "; see sensord --help"
            raise UsageError('unknown command "%s"%s' % (command, hint))
        return _COMMANDS[command](operands, options)
    except UsageError as error:
        sys.stderr.write("sensord: %s\n" % error)
        return EX_USAGE
    except ConfigError as error:
        from . import log

        for message in error.messages:
            log.message("error", message)
        return EX_CONFIG


def main():
    """Runs the command line of the process and exits with a code of sysexits(3)."""
    try:
        code = _dispatch(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    except Exception as error:
        from . import log

        log.trace(error)
        log.error("internal error: %s" % log.reason(error))
        code = EX_SOFTWARE
    sys.exit(code)
