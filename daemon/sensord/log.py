# SPDX-License-Identifier: MIT
"""Messages to the journal, or to a terminal: standard error, one write a line."""

import io
import os
import sys

# syslog(3) priorities, which the journal takes from a "<N>" at the start of a line (sd-daemon(3)).
_PRIORITY = {"error": 3, "warning": 4, "info": 6, "debug": 7}
_to_journal = bool(os.getenv("JOURNAL_STREAM"))
_threshold = _PRIORITY["info"]


def set_level(level):
    """The least severe level that is written: "error", "warning", "info" or "debug"."""
    global _threshold
    _threshold = _PRIORITY[level]


def _write(level, text):
    priority = _PRIORITY[level]
    if priority > _threshold:
        return
    mark = "<%d>" % priority if _to_journal else "sensord: "
    if not _to_journal and level != "info":
        mark += level + ": "
    try:
        # A line break inside would lose its priority, and could pose as another message.
        sys.stderr.write(mark + text.replace("\n", " ") + "\n")
    except OSError:
        # Nobody reads our messages any more: no reason to stop measuring.
        pass


def error(text):
    _write("error", text)


def warning(text):
    _write("warning", text)


def info(text):
    _write("info", text)


def debug(text):
    _write("debug", text)


def trace(exception):
    """Where an unexpected exception came from, on one line, for a report of the mistake."""
    text = io.StringIO()
    sys.print_exception(exception, text)
    debug(text.getvalue().strip())


def reason(exception):
    """An exception as words for a person: an OSError's own text, without its number."""
    if isinstance(exception, OSError):
        return str(exception.args[1] if len(exception.args) > 1 else exception)
    return "%s: %s" % (type(exception).__name__, exception)
