# SPDX-License-Identifier: MIT
"""`sensord outbox`: the messages that a broker or server refuses, kept beside the outbox."""

import sys
import time

from linux import libc

from .. import config, log
from ..errors import EX_DATAERR, EX_OK, EX_UNAVAILABLE
from ..files.utf8 import shown
from ..outbox import refused
from ..outbox.folder import HTTP
from ..visible import visible
from .terminal import show

_WAIT_MS = 3000  # the daemon looks for a request each 0.5 s
_POLL_MS = 100
# Before the number of a message in the outbox of [http], which has numbers of its own.
_HTTP = HTTP + ":"


def outbox(path, words):
    """Lists the refused messages, or does what `words` say: "show N", or "send" or "drop" and one
    or more numbers, or "all". Returns the exit code."""
    folder = config.load(path)["outbox"]["directory"]
    try:
        if not words:
            return _list(folder)
        if words[0] == "show":
            return _show(folder, words[1])
        return _ask(folder, words[0], words[1:])
    except OSError as error:
        log.error(log.reason(error))
        return EX_UNAVAILABLE


def _entries(folder):
    """Yields (the name by which a message is known here, its entry)."""
    for mark, path in (("", folder), (_HTTP, "%s/%s" % (folder, HTTP))):
        for line in refused.read("%s/%s" % (path, refused.FILE)):
            entry = refused.parse(line)
            yield mark + str(entry["number"]), entry


def _list(folder):
    count = 0
    for name, entry in _entries(folder):
        size = len(refused.payload_of(entry))
        # Topics and reasons come from a configuration and from the broker.
        parts = (name, entry["time"], "%d bytes" % size, entry["topic"], entry["reason"])
        sys.stdout.write("\t".join([visible(part) for part in parts]) + "\n")
        count += 1
    log.info("%d refused message%s" % (count, "s" * (count != 1)))
    return EX_OK


def _show(folder, number):
    for name, entry in _entries(folder):
        if name == number:
            payload = refused.payload_of(entry)
            if libc.isatty(1):
                show(shown(payload))
            else:
                sys.stdout.buffer.write(payload)
            return EX_OK
    log.error("there is no refused message %s" % number)
    return EX_DATAERR


def _ask(folder, what, numbers):
    known = [name for name, _ in _entries(folder)]
    http = "%s/%s" % (folder, HTTP)
    if numbers == [refused.ALL]:
        requests = [(folder, numbers)]
        if any(name.startswith(_HTTP) for name in known):
            requests.append((http, numbers))
    else:
        for number in numbers:
            if number not in known:
                log.error("there is no refused message %s" % number)
                return EX_DATAERR
        requests = [
            (folder, [name for name in numbers if not name.startswith(_HTTP)]),
            (http, [name[len(_HTTP) :] for name in numbers if name.startswith(_HTTP)]),
        ]
    requests = [request for request in requests if request[1]]
    # The daemon, another user, has to read it.
    libc.umask(0o022)
    for path, wanted in requests:
        if not refused.ask(path, what, wanted):
            log.error("an earlier request waits for the daemon still")
            return EX_UNAVAILABLE
    for _ in range(_WAIT_MS // _POLL_MS):
        if not any(refused.pending(path) for path, _ in requests):
            log.info("done: see the journal")
            return EX_OK
        time.sleep_ms(_POLL_MS)
    log.warning("the daemon does not run: it will do so after its start")
    return EX_OK
