# SPDX-License-Identifier: MIT
"""Messages to the journal, or to a terminal: standard error, one write a line."""

import io
import os
import select
import sys

from linux import libc

# syslog(3) priorities, which the journal takes from a "<N>" at the start of a line (sd-daemon(3)).
_PRIORITY = {"critical": 2, "error": 3, "warning": 4, "info": 6, "debug": 7}
_to_journal = bool(os.getenv("JOURNAL_STREAM"))
_threshold = _PRIORITY["info"]


def set_level(level):
    """Sets the least severe level that is written: "error", "warning", "info" or "debug"; with
    "critical", which no message has, nothing is written."""
    global _threshold
    _threshold = _PRIORITY[level]


def _emit(stream, poller, text):
    # A full pipe, or a journal that has stopped reading, must not stop the measurements: a text
    # that cannot be written at once is dropped.
    if poller.poll(0):
        try:
            stream.write(text)
        except OSError:
            # The reader has closed its end.
            pass


def _poller(stream):
    poller = select.poll()
    poller.register(stream, select.POLLOUT)
    return poller


_out = _poller(sys.stdout)
_err = _poller(sys.stderr)


def data(line):
    """Writes a line of data to standard output."""
    from .visible import visible

    _emit(sys.stdout, _out, visible(line) + "\n")


def plain(text):
    """The text as visible() gives it."""
    if text and (min(text) < " " or max(text) > "~"):
        # Imported when needed: most messages are plain.
        from .visible import visible

        return visible(text)
    return text


def message(level, text):
    """Writes a message of a level on one line, behind its priority."""
    # A line break inside would lose its priority, and could pose as another message.
    text = plain(text.replace("\n", " "))
    mark = "<%d>" % _PRIORITY[level] if _to_journal else ""
    _emit(sys.stderr, _err, mark + text + "\n")


def _write(level, text):
    if _PRIORITY[level] > _threshold:
        return
    if not _to_journal:
        text = "sensord: " + (level + ": " if level != "info" else "") + text
    message(level, text)


def error(text):
    _write("error", text)


def warning(text):
    _write("warning", text)


def info(text):
    _write("info", text)


def debug(text):
    _write("debug", text)


def mistake(exception):
    """Words for an exception that only a mistake in sensord can raise. Where it was raised goes
    to the journal at the level debug, on one line."""
    text = io.StringIO()
    sys.print_exception(exception, text)
    debug(text.getvalue().strip())
    return "a mistake in sensord (%s): please report it" % reason(exception)


def where(exception):
    """The place that raised an exception, such as "mychip.py, line 31", or ""."""
    text = io.StringIO()
    sys.print_exception(exception, text)
    places = [line for line in text.getvalue().split("\n") if '", line ' in line]
    if not places:
        return ""
    path, _, rest = places[-1].strip()[len('File "') :].partition('", line ')
    return "%s, line %s" % (path.rsplit("/", 1)[-1], rest.partition(",")[0])


def reason(exception):
    """An exception in plain words: an OSError's own text, without its number."""
    if isinstance(exception, OSError):
        if len(exception.args) > 1:
            return str(exception.args[1])
        # The interpreter's own OSErrors have only a number, which explains nothing.
        number = exception.errno
        return libc.strerror(number) if isinstance(number, int) and number else str(exception)
    return "%s: %s" % (type(exception).__name__, exception)
