# SPDX-License-Identifier: MIT
"""The daemon: wires sensors, outbox and publisher together and obeys signals and systemd."""

import asyncio
import gc
import hashlib
import sys

from linux import libc
from linux.files import read_text
from linux.signals import Signals

from . import config, log
from .notify import Notifier
from .outbox import Outbox
from .publisher import Publisher, Topics
from .supervisor import Supervisor

EX_OK = 0
EX_SOFTWARE = 70

_MEMORY_OUTBOX_BYTES = 256 * 1024
_GC_THRESHOLD_BYTES = 65536
_CHECK_MS = 5000
_STOP_MS = 1500
_RESTART_MS = 1000


def host_name():
    return read_text("/proc/sys/kernel/hostname") or "localhost"


def client_id(host):
    """The same at every start and different on every machine, even two called raspberrypi."""
    machine = read_text("/etc/machine-id")
    if not machine:
        return "sensord-" + host
    # machine-id(5) asks not to show the identifier itself to others.
    digest = hashlib.sha256(b"sensord " + machine.encode()).digest()
    return "sensord-%s-%s" % (host, "".join(["%02x" % byte for byte in digest[:4]]))


class Service:
    def __init__(self, path, settings):
        self._path = path
        self._settings = settings
        self._notifier = Notifier()
        self._outbox = Outbox(min(settings["outbox"]["max_size"], _MEMORY_OUTBOX_BYTES))
        self._publisher = None
        self._publisher_task = None
        self._print_readings = True
        self._dropped = 0
        self._topics = None
        self._supervisor = Supervisor(self._deliver, self._set_status)

    async def run(self):
        """Runs until SIGTERM or SIGINT, or until all recordings ended; returns the exit code."""
        asyncio.get_event_loop().set_exception_handler(_unexpected)
        signals = Signals(libc.SIGTERM, libc.SIGINT, libc.SIGHUP)
        self._apply(self._settings)
        watch = asyncio.create_task(self._watch())
        done = asyncio.create_task(self._obey(signals))
        ended = asyncio.create_task(_then(self._supervisor.ended, done.cancel))
        self._notifier.send("READY=1\nSTATUS=" + self._state())
        gc.collect()
        try:
            await done
        except asyncio.CancelledError:
            # All recordings have ended.
            pass
        watch.cancel()
        ended.cancel()
        self._notifier.send("STOPPING=1")
        self._supervisor.stop()
        if self._publisher is not None:
            await self._publisher.stop(_STOP_MS)
            self._publisher_task.cancel()
        if len(self._outbox):
            log.warning("%d readings did not reach the broker" % len(self._outbox))
        return EX_OK

    def _apply(self, settings):
        log.set_level(settings["journal"]["level"])
        self._print_readings = settings["journal"]["readings"]
        if self._print_readings is None:
            self._print_readings = settings["mqtt"] is None
        if self._publisher is None or settings["mqtt"] != self._settings["mqtt"]:
            self._start_publisher(settings["mqtt"])
            if settings["mqtt"] and settings["mqtt"]["home_assistant"]:
                log.warning("home_assistant: this version does not announce sensors yet")
        self._settings = settings
        self._supervisor.apply(settings["sensor"])

    def _start_publisher(self, mqtt):
        if self._publisher is not None:
            self._publisher_task.cancel()
            asyncio.create_task(self._publisher.stop(_STOP_MS))
            self._publisher = None
        if mqtt is not None:
            host = host_name()
            self._topics = Topics(mqtt["topic"], host)
            self._publisher = Publisher(mqtt, client_id(host), self._topics, self._outbox)
            self._publisher_task = asyncio.create_task(_keep_running(self._publisher.run))

    def _deliver(self, sensor, payload):
        if self._print_readings:
            try:
                sys.stdout.write("%s %s\n" % (sensor, payload.decode()))
            except OSError:
                # Nobody reads them (EPIPE): that is no reason to stop measuring.
                self._print_readings = False
        if self._publisher is not None:
            self._outbox.append(self._topics.reading(sensor), payload)
            if self._outbox.dropped > self._dropped:
                if not self._dropped:
                    log.warning("the outbox is full: the oldest readings are dropped")
                self._dropped = self._outbox.dropped

    def _set_status(self, sensor, text):
        if self._publisher is not None:
            self._publisher.set_status(sensor, text)
        self._notifier.send("STATUS=" + self._state())

    def _state(self):
        state = self._supervisor.summary()
        if self._publisher is not None:
            server = self._publisher.server
            state += "; connected to " + server if server else "; no broker"
            state += "; %d readings wait" % len(self._outbox)
            if self._dropped:
                state += ", %d dropped" % self._dropped
        return state

    async def _watch(self):
        """Feeds the watchdog while every sensor meets its deadline."""
        period_ms = _CHECK_MS
        if self._notifier.watchdog_ms:
            period_ms = min(period_ms, self._notifier.watchdog_ms // 3)
        said = None
        while True:
            if self._supervisor.healthy() and self._notifier.watchdog_ms:
                self._notifier.send("WATCHDOG=1")
            state = self._state()
            if state != said:
                self._notifier.send("STATUS=" + state)
                said = state
            await asyncio.sleep_ms(period_ms)

    async def _obey(self, signals):
        while True:
            signal = await signals.next()
            if signal != libc.SIGHUP:
                return
            self._notifier.reloading()
            self._reload()
            self._notifier.send("READY=1\nSTATUS=" + self._state())

    def _reload(self):
        try:
            settings = config.load(self._path)
        except config.ConfigError as error:
            for message in error.messages:
                log.error(message)
            log.error("%s was not reloaded: the old configuration stays" % self._path)
            return
        self._apply(settings)
        log.info("%s reloaded" % self._path)


async def _keep_running(work):
    """Runs a coroutine for ever, even over a mistake in it."""
    while True:
        try:
            await work()
        except Exception as error:
            log.trace(error)
            log.error("internal error: %s" % log.reason(error))
        await asyncio.sleep_ms(_RESTART_MS)


async def _then(event, action):
    await event.wait()
    action()


def _unexpected(loop, context):
    log.trace(context["exception"])
    log.error("internal error: %s" % log.reason(context["exception"]))


def run(path):
    """`sensord run`: returns the exit code. Raises ConfigError."""
    settings = config.load(path)
    # Without it the whole heap becomes dirty before the first collection.
    gc.threshold(_GC_THRESHOLD_BYTES)
    return asyncio.run(Service(path, settings).run())
