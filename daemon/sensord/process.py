# SPDX-License-Identifier: MIT
"""`sensord run`: the process with its signals, the reload, and the notifications to systemd."""

import asyncio
import gc
import sys

from linux import libc
from linux.signals import Signals

from . import log
from .errors import EX_OK, EX_UNAVAILABLE, ConfigError
from .notify import Notifier

_GC_THRESHOLD_BYTES = 32768
_CHECK_MS = 5000


class Process:
    """Runs a Service until a signal or the end of all recordings."""

    def __init__(self, path, settings, trouble):
        """`trouble` is None, or what is wrong with the file at `path`: an earlier one runs."""
        self._path = path
        self._trouble = trouble
        self._notifier = Notifier()
        self._service = None
        self._settings = settings
        self._is_new = True  # whether a configuration was read since the last check

    async def run(self):
        """Returns the exit code."""
        asyncio.get_event_loop().set_exception_handler(_report)
        signals = Signals(libc.SIGTERM, libc.SIGINT, libc.SIGHUP)
        # Imported after the configuration's modules are gone, to use their memory again.
        from .service import Service

        self._service = Service(self._path, self._settings, self._send_status, self._trouble)
        watch = asyncio.create_task(self._watch())
        signalled = asyncio.create_task(self._obey(signals))
        ended = asyncio.create_task(self._end(signalled))
        self._notifier.status(self._service.summary(), "READY=1")
        gc.collect()
        try:
            await signalled
        except asyncio.CancelledError:
            # All recordings have ended.
            pass
        watch.cancel()
        ended.cancel()
        self._notifier.send("STOPPING=1")
        await self._service.stop()
        from .files import last_good

        last_good.mark_end(self._path, True)
        return EX_OK

    async def _end(self, task):
        await self._service.wait_for_end()
        task.cancel()

    def _send_status(self):
        # The first sensors may fail while the service is being made.
        if self._service is not None:
            self._notifier.status(self._service.summary())

    async def _watch(self):
        """Feeds the watchdog while every sensor meets its deadline, and keeps STATUS= right."""
        service, notifier = self._service, self._notifier
        period_ms = _CHECK_MS
        if notifier.watchdog_ms:
            period_ms = min(period_ms, notifier.watchdog_ms // 3)
        reported = None
        while True:
            if service.healthy() and notifier.watchdog_ms:
                notifier.send("WATCHDOG=1")
            summary = service.summary()
            if summary != reported:
                notifier.status(summary)
                reported = summary
            await asyncio.sleep_ms(period_ms)
            if self._is_new:
                # By now the sensors run: nothing later goes as deep as reading a configuration.
                self._is_new = False
                _release_stack()

    async def _obey(self, signals):
        while True:
            if await signals.next() != libc.SIGHUP:
                return
            self._notifier.reloading()
            self._reload()
            self._notifier.status(self._service.summary(), "READY=1")

    def _reload(self):
        try:
            settings = _load(self._path)
        except ConfigError as error:
            for message in error.messages:
                log.error(message)
            log.error("%s was not reloaded: the old configuration stays" % self._path)
            self._service.set_trouble(error.messages[0])
            return
        _tell_what_is_lacking(settings)
        self._service.set_trouble(None)
        self._service.reload(settings)
        self._is_new = True
        log.info("%s reloaded" % self._path)


def _is_of_configuration(module):
    """Whether a module is only needed to read a configuration."""
    return (
        module.startswith(("sensord.config", "sensord.schema."))
        or module.endswith("schema")
        and module.startswith(("sensord.inputs.", "sensord.values."))
        # The conditions of actions, if there are any, are read again when these are made.
        or module
        in (
            "sensord.actions.expression",
            "sensord.commands.safe",
            "sensord.files.last_good",
            "sensord.rights",
        )
    )


def _load(path):
    """Reads and checks the configuration, and keeps a copy. Raises ConfigError.

    Forgets the modules that do it: schemas and checks take 45 kB, and only a reload needs them.
    """
    try:
        return _read_and_keep(path)
    finally:
        _forget_modules()


def _read_and_keep(path):
    from . import config
    from .files import last_good

    text = config.read(path)
    settings = config.parse(path, text)
    last_good.keep(path, text)
    return settings


def _load_last_good(path, failure):
    """The last configuration without errors. Raises `failure`, a ConfigError, if there is none,
    or if a person starts the daemon, who can correct them."""
    try:
        return _recall(path, failure)
    except ConfigError:
        raise failure
    finally:
        _forget_modules()


def _recall(path, failure):
    from . import config
    from .files import last_good

    text = last_good.recall(path)
    if text is None:
        raise failure
    # It was good: a file that it names may come back, and systemd has to try again.
    failure.exit_code = EX_UNAVAILABLE
    return config.parse(path, text)


def _forget_modules():
    for name in list(sys.modules):
        if _is_of_configuration(name):
            del sys.modules[name]
            parent, _, part = name.rpartition(".")
            if parent in sys.modules and hasattr(sys.modules[parent], part):
                delattr(sys.modules[parent], part)
    gc.collect()


def _start(path):
    """(the configuration to start with, what is wrong with the file or None). ConfigError."""
    from .files import last_good, runtime

    if runtime.files("outputs", path):
        from .commands import safe

        safe.release_leftovers(path)
    trouble = None
    try:
        settings = _load(path)
    except ConfigError as error:
        settings = _load_last_good(path, error)
        for message in error.messages:
            log.error(message)
        log.error(
            "%s has errors: the last configuration without errors is in use; correct the file, "
            "then run systemctl reload sensord" % path
        )
        trouble = error.messages[0]
    last_good.mark_end(path, False)
    return settings, trouble


def _tell_what_is_lacking(settings):
    """Says which rights the service lacks for a configuration."""
    if settings.get("lacking"):
        log.error(
            "the service was started without the right to use what is configured now (%s): run "
            "sudo systemctl daemon-reload && sudo systemctl restart sensord"
            % ", ".join(settings["lacking"])
        )


def _release_stack():
    """Gives back the 30 kB of stack that reading a configuration took."""
    from linux import stack

    try:
        stack.release()
    except OSError as error:
        # It is not needed for anything but memory.
        log.debug("the stack keeps its size: %s" % log.reason(error))


def _report(loop, context):
    log.error(log.mistake(context["exception"]))


def run(path):
    """Runs the daemon with the configuration at `path`; returns the exit code. ConfigError."""
    # Without it the whole heap becomes dirty before the first collection.
    gc.threshold(_GC_THRESHOLD_BYTES)
    settings, trouble = _start(path)
    _tell_what_is_lacking(settings)
    return asyncio.run(Process(path, settings, trouble).run())
