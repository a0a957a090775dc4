# SPDX-License-Identifier: MIT
"""The command line. Data goes to standard output, everything else to standard error."""

import sys

from . import __version__
from .errors import EX_OK, EX_SOFTWARE, EX_USAGE, ConfigError
from .usage import COMMANDS, OPTIONS, help_text


class UsageError(Exception):
    """A mistake in the command line; the text names it and what to do."""


def parse(arguments):
    """(command, operands, options) of a command line."""
    from .config import DEFAULT_PATH

    options = {"config": DEFAULT_PATH}
    words = []
    i = 0
    while i < len(arguments):
        word = arguments[i]
        i += 1
        # A known value may be below zero.
        if not word.startswith("-") or word[1:2].isdigit():
            words.append(word)
            continue
        spelling, equals, value = word.partition("=")
        found = [option for option in OPTIONS if spelling in option[0]]
        if not found or (equals and found[0][1] is None):
            raise UsageError("unknown option %s" % word)
        _, value_name, name, _, _ = found[0]
        if name in ("help", "version"):
            return name, [], options
        if value_name and not equals:
            if i == len(arguments):
                raise UsageError("%s needs a value" % spelling)
            value = arguments[i]
            i += 1
        options[name] = value if value_name else True
    for _, _, name, command, _ in OPTIONS:
        if name in options and command is not None and words[:1] not in ([], [command]):
            raise UsageError("--%s goes with the command %s" % (name, command))
    if not words:
        raise UsageError("which command? see sensord --help")
    return words[0], words[1:], options


def _expect(command, operands):
    """Checks that a command has as many operands as its usage shows."""
    (shown,) = [usage for name, usage, _ in COMMANDS if name == command]
    if shown.startswith("[") or shown.endswith("..."):
        # Optional, or several: the command checks them.
        return
    if len(operands) != len(shown.partition(" -")[0].split()):
        raise UsageError(("usage: sensord %s %s" % (command, shown)).rstrip())


def _run(operands, options):
    from . import process

    return process.run(options["config"])


def _check(operands, options):
    from .commands import check

    path = options["config"]
    return check.print_unit(path) if "unit" in options else check.check(path)


def _safe(operands, options):
    from .commands import safe

    return safe.safe(options["config"])


def _clock(operands, options):
    from . import clock

    return clock.wait_until_set()


def _read(operands, options):
    from .commands import read

    return read.read(options["config"], operands[0], "raw" in options)


def _calibrate(operands, options):
    from .commands import calibrate
    from .values.number import number

    if len(operands) < 3:
        raise UsageError("usage: sensord calibrate SENSOR FIELD TRUE...")
    true_values = [number(text) for text in operands[2:]]
    for text, value in zip(operands[2:], true_values):
        if value is None:
            raise UsageError("a true value must be a number, not %s" % text)
    return calibrate.calibrate(options["config"], operands[0], operands[1], true_values)


def _record(operands, options):
    from .commands import record
    from .schema.values import Duration

    if "output" not in options:
        raise UsageError("record needs a file: sensord record %s -o FILE" % operands[0])
    label = options.get("label")
    if label is not None and (not label or "/" in label or "_" in label):
        raise UsageError('--label must be a name without "/" and "_"')
    duration = _checked(Duration("", 1, 1 << 40, None), options, "duration", None)
    return record.record(options["config"], operands[0], options["output"], duration, label)


def _watch(operands, options):
    from .commands import watch

    return watch.watch(options["config"])


def _outbox(operands, options):
    from .commands import outbox

    allowed = {"show": 2, "send": 1 << 30, "drop": 1 << 30}
    if operands and not 2 <= len(operands) <= allowed.get(operands[0], 0):
        raise UsageError("usage: sensord outbox [show N | send N… | drop N…]")
    return outbox.outbox(options["config"], operands)


def _probe(operands, options):
    from .commands import probe

    return probe.probe("json" in options)


def _checked(kind, options, name, default):
    """The value of an option, checked like the key of a configuration."""
    if name not in options:
        return default
    try:
        return kind.parse(options[name])
    except ValueError as error:
        raise UsageError("--%s %s" % (name, error))


def _features(operands, options):
    from . import inputs
    from .commands import features

    if operands[0].endswith(".wav"):
        return _sound_features(operands, options)
    keys = inputs.schema("motion").KEYS
    rate = options.get("rate", str(keys["rate"].default))
    if not rate.isdigit() or not 10 <= int(rate) <= 1000:
        raise UsageError("--rate must be from 10 to 1000, not %s" % rate)
    chosen = {
        n: _checked(keys[n], options, n, keys[n].default) for n in ("window", "hop", "features")
    }
    if chosen["hop"] > chosen["window"]:
        raise UsageError("--hop must not be longer than --window")
    return features.write_motion_features(
        operands[0], operands[1], int(rate), chosen["window"], chosen["hop"], chosen["features"]
    )


def _sound_features(operands, options):
    from . import inputs
    from .commands import features

    for name in ("rate", "features"):
        if name in options:
            raise UsageError("--%s is for recordings of motion" % name)
    keys = inputs.schema("sound").KEYS
    window = _checked(keys["window"], options, "window", keys["window"].default)
    hop = _checked(keys["interval"], options, "hop", keys["interval"].default)
    if hop > window:
        raise UsageError("--hop must not be longer than --window")
    return features.write_sound_features(operands[0], operands[1], window, hop)


_COMMANDS = {
    "run": _run,
    "check": _check,
    "safe": _safe,
    "clock": _clock,
    "read": _read,
    "calibrate": _calibrate,
    "record": _record,
    "watch": _watch,
    "probe": _probe,
    "outbox": _outbox,
    "features": _features,
}


def _dispatch(arguments):
    try:
        command, operands, options = parse(arguments)
        if command == "help":
            sys.stdout.write(help_text())
            return EX_OK
        if command == "version":
            sys.stdout.write("sensord %s\n" % __version__)
            return EX_OK
        if command not in _COMMANDS:
            from .schema.nearest import nearest

            meant = nearest(command, _COMMANDS)
            hint = '; did you mean "%s"?' % meant if meant else "; see sensord --help"
            raise UsageError('unknown command "%s"%s' % (command, hint))
        _expect(command, operands)
        return _COMMANDS[command](operands, options)
    except UsageError as error:
        from .commands.terminal import tell

        tell(str(error))
        return EX_USAGE
    except ConfigError as error:
        from . import log

        for message in error.messages:
            log.message("error", message)
        return error.exit_code


def main():
    """Runs the process's command line and exits with a code of sysexits(3)."""
    try:
        code = _dispatch(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    except Exception as error:
        from . import log

        log.error(log.mistake(error))
        code = EX_SOFTWARE
    sys.exit(code)
