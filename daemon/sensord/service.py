# SPDX-License-Identifier: MIT
"""The daemon: wires sensors, outbox and publisher together and obeys signals and systemd."""

import asyncio
import gc
import hashlib

from linux import libc
from linux.files import read_text
from linux.signals import Signals

from . import config, log
from .clock import Clock
from .errors import EX_OK
from .notify import Notifier
from .outbox.flusher import Flusher, open_outbox
from .outbox.record import JSON, SENML
from .output import senml
from .output.metrics import Metrics, write_textfile
from .output.reading import encode, fields_text, head
from .publisher import Publisher, Topics
from .supervisor import Supervisor

_GC_THRESHOLD_BYTES = 65536
_CHECK_MS = 5000
_STOP_MS = 1200
_SENSORS_STOP_MS = 500
# How long recordings that were read faster than they can be sent may take to arrive
_DELIVERY_MS = 60000
_DELIVERY_CHECK_MS = 20


def host_name():
    return read_text("/proc/sys/kernel/hostname") or "localhost"


def board():
    """What this machine is, such as "Raspberry Pi Zero 2 W Rev 1.0", or None."""
    model = read_text("/proc/device-tree/model")
    return model.rstrip("\0") if model else None


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
        self._clock = Clock()
        self._outbox = None
        self._flusher = None
        self._metrics = Metrics()
        self._connects = 0
        self._publisher = None
        self._replacing = None
        self._topics = None
        self._statuses = {}  # of sensors and actions, by name
        self._states = {}  # of outputs, by name
        self._retained = {}  # both, by topic, for the publisher
        self._subscriptions = {}
        self._actions = None
        self._home = None
        self._print_readings = True
        self._supervisor = Supervisor(self._deliver, self._set_status)

    async def run(self):
        """Runs until SIGTERM or SIGINT, or until all recordings ended; returns the exit code."""
        asyncio.get_event_loop().set_exception_handler(_unexpected)
        signals = Signals(libc.SIGTERM, libc.SIGINT, libc.SIGHUP)
        outbox = self._settings["outbox"]
        self._outbox = open_outbox(outbox, self._clock, {JSON: head, SENML: senml.head})
        self._flusher = Flusher(self._outbox, self._clock, outbox["sync"])
        self._apply(self._settings, None)
        watch = asyncio.create_task(self._watch())
        measure = asyncio.create_task(self._publish_metrics())
        done = asyncio.create_task(self._obey(signals))
        ended = asyncio.create_task(self._end_with_recordings(done.cancel))
        self._notifier.send("READY=1\nSTATUS=" + self._state())
        gc.collect()
        try:
            await done
        except asyncio.CancelledError:
            # All recordings have ended.
            pass
        watch.cancel()
        measure.cancel()
        ended.cancel()
        self._notifier.send("STOPPING=1")
        await self._supervisor.stop(_SENSORS_STOP_MS)
        if self._actions is not None:
            self._actions.stop()
        if self._replacing is not None:
            await self._replacing
        if self._publisher is not None:
            await self._publisher.stop(_STOP_MS, True)
        self._flusher.close()
        return EX_OK

    async def _end_with_recordings(self, end):
        await self._supervisor.ended.wait()
        for _ in range(_DELIVERY_MS // _DELIVERY_CHECK_MS):
            if not len(self._outbox):
                break
            await asyncio.sleep_ms(_DELIVERY_CHECK_MS)
        end()

    def _apply(self, settings, old):
        log.set_level(settings["journal"]["level"])
        self._print_readings = settings["journal"]["readings"]
        if self._print_readings is None:
            self._print_readings = settings["mqtt"] is None
        if old is not None and settings["outbox"] != old["outbox"]:
            log.warning("[outbox] has changed: restart the daemon for it")
        mqtt = settings["mqtt"]
        if old is None or mqtt != old["mqtt"]:
            # Before the publisher is another one: this one can still take things back.
            self._apply_home_assistant(mqtt)
            if mqtt is not None:
                self._topics = Topics(mqtt["topic"], host_name())
                self._rename()
            self._replacing = asyncio.create_task(self._replace_publisher(mqtt, self._replacing))
        self._settings = settings
        self._apply_actions(settings["action"])
        if self._home is not None:
            self._home.configure(settings["sensor"], settings["action"])
        self._subscribe(settings["action"])
        self._supervisor.apply(settings["sensor"])

    def _apply_actions(self, configured):
        if self._actions is None:
            if not configured:
                return
            # Imported when needed: most configurations act on nothing.
            from .actions.manager import Actions

            self._actions = Actions(self._post, self._set_state, self._set_status)
        self._actions.apply(configured)

    def _apply_home_assistant(self, mqtt):
        wanted = mqtt is not None and mqtt["home_assistant"]
        if self._home is not None:
            # Its topics may be others now; what stays is announced anew.
            self._home.withdraw()
            self._home = None
        if wanted:
            from .output.home_assistant import Announcement, HomeAssistant

            host = host_name()
            announcement = Announcement(
                Topics(mqtt["topic"], host), host, mqtt["client_id"] or client_id(host), board()
            )
            self._home = HomeAssistant(announcement, lambda: self._publisher)

    def _subscribe(self, actions):
        """Listens to what others may say, and to nothing else any more."""
        if self._topics is None:
            return
        wanted = {self._topics.command(name): self._command_of(name) for name in actions}
        if self._home is not None:
            wanted.update(self._home.subscriptions)
        for topic in list(self._subscriptions):
            if topic not in wanted:
                del self._subscriptions[topic]
                if self._publisher is not None:
                    self._publisher.ignore(topic)
        for topic, act in wanted.items():
            is_new = topic not in self._subscriptions
            self._subscriptions[topic] = act
            if is_new and self._publisher is not None:
                self._publisher.listen(topic)

    def _command_of(self, name):
        return lambda message: self._actions.command(name, message)

    async def _replace_publisher(self, mqtt, before):
        if before is not None:
            await before
        if self._publisher is not None:
            # What waits is for the new broker; two publishers at one outbox would share it out.
            await self._publisher.stop(_STOP_MS, False)
            self._connects += self._publisher.connects
            self._publisher = None
        if mqtt is not None:
            self._publisher = Publisher(
                mqtt,
                client_id(host_name()),
                self._topics,
                self._outbox,
                self._retained,
                self._subscriptions,
            )

    def _deliver(self, sensor, fields):
        now = self._clock.now()
        if self._print_readings:
            log.data("%s %s\n" % (sensor, encode(fields, now[1]).decode()))
        self._metrics.count(sensor, fields)
        if self._actions is not None:
            self._actions.reading(sensor, fields)
        if self._home is not None:
            self._home.reading(sensor, fields)
        mqtt = self._settings["mqtt"]
        if mqtt is None:
            return
        is_senml = mqtt["format"] == "senml"
        text = senml.fields_text(fields) if is_senml else fields_text(fields)
        kind = SENML if is_senml else JSON
        self._add(self._outbox.append_reading, self._topics.reading(sensor), text, now, kind)

    def _add(self, append, *message):
        try:
            append(*message)
        except ValueError as error:
            log.error("%s: %s" % (message[0], error))
        self._flusher.appended()

    def _rename(self):
        """The topics are others now."""
        self._retained.clear()
        self._subscriptions.clear()
        for name, text in self._statuses.items():
            self._retained[self._topics.sensor_status(name)] = text
        for name, text in self._states.items():
            self._retained[self._topics.reading(name)] = text

    def _keep(self, topic, text):
        """Publishes a message that the broker keeps; None takes it back."""
        self._retained[topic] = text
        if self._publisher is not None:
            self._publisher.announce(topic)

    def _set_status(self, name, text):
        self._statuses[name] = text
        if self._topics is not None:
            self._keep(self._topics.sensor_status(name), text)
        if text is None and self._actions is not None:
            self._actions.gone(name)
        self._notifier.send("STATUS=" + self._state())

    def _set_state(self, name, text):
        self._states[name] = text
        if self._topics is not None:
            self._keep(self._topics.reading(name), text)

    def _post(self, topic, payload):
        self._add(self._outbox.append, topic, payload)

    def _state(self):
        state = self._supervisor.summary()
        if self._publisher is not None:
            server = self._publisher.server
            state += "; connected to " + server if server else "; no broker"
            state += "; %d readings wait" % len(self._outbox)
            if self._outbox.on_disk:
                state += " on disk"
            if self._outbox.dropped:
                state += ", %d dropped" % self._outbox.dropped
        if self._outbox.trouble is not None:
            state += "; outbox in memory: " + self._outbox.trouble
        return state

    async def _publish_metrics(self):
        trouble = None
        while True:
            settings = self._settings["metrics"]
            await asyncio.sleep_ms(settings["interval"])
            publisher = self._publisher
            connects = self._connects + (publisher.connects if publisher else 0)
            fields = self._metrics.fields(self._outbox, connects, self._supervisor.restarts)
            if publisher is not None:
                publisher.post(self._topics.host_metrics(), encode(fields))
            if settings["textfile"] is not None:
                before, trouble = trouble, None
                try:
                    write_textfile(settings["textfile"], fields)
                except OSError as error:
                    trouble = log.reason(error)
                    if trouble != before:
                        log.error("[metrics] textfile: " + trouble)

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
        self._apply(settings, self._settings)
        log.info("%s reloaded" % self._path)


def _unexpected(loop, context):
    log.trace(context["exception"])
    log.error("internal error: %s" % log.reason(context["exception"]))


def run(path):
    """`sensord run`: returns the exit code. Raises ConfigError."""
    settings = config.load(path)
    # Without it the whole heap becomes dirty before the first collection.
    gc.threshold(_GC_THRESHOLD_BYTES)
    return asyncio.run(Service(path, settings).run())
