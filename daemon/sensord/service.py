# SPDX-License-Identifier: MIT
"""The parts of the daemon and how they are connected: from the sensors to the broker.

supervisor -> _deliver -> metrics, actions, fields
                       -> outbox -> link -> broker
                       -> http, which has an outbox of its own -> server
"""

import asyncio

from . import log
from .clock import Clock
from .files import state
from .host import board, client_id, host_name
from .mqtt.link import Link
from .outbox.flusher import Flusher, open_outbox
from .outbox.record import JSON, SENML
from .output import info, senml
from .output.fields import Fields
from .output.metrics import Metrics
from .output.reading import encode, fields_text, head
from .supervisor import Supervisor

_SENSORS_STOP_MS = 500
# How long recordings that were read faster than they can be sent may take to arrive
_DELIVERY_MS = 60000
_DELIVERY_CHECK_MS = 20


class Service:
    """All parts of one daemon, running from construction to `stop()`."""

    def __init__(self, path, settings, on_status, trouble=None):
        """`settings` is the checked configuration at `path`; `on_status()` is called when a sensor
        or an action begins to work, fails or is gone. `trouble` is as in set_trouble()."""
        self._path = path
        self._trouble = trouble
        self._on_status = on_status
        self._settings = settings
        self._host = host_name()
        self._client_id = client_id(self._host)
        self._print_readings = True
        self._clock = Clock()
        outbox = settings["outbox"]
        self._heads = {JSON: head, SENML: senml.head}
        self._outbox = open_outbox(outbox, self._clock, self._heads)
        self._flusher = Flusher(self._outbox, self._clock, outbox["sync"])
        self._link = Link(self._host, self._client_id, self._outbox)
        self._supervisor = Supervisor(self._deliver, self._set_status)
        self._metrics = Metrics(self._outbox, self._link, self._supervisor)
        self._fields = Fields(self._fields_changed)
        self._actions = None
        self._home = None
        self._http = None
        self._field_topics = None
        self._apply(settings, None)
        self._measuring = asyncio.create_task(self._metrics.run())

    def reload(self, settings):
        """Switches to another checked configuration; the parts that are equal in both run on."""
        if settings["outbox"] != self._settings["outbox"]:
            log.warning("[outbox] has changed: restart the daemon for it")
        self._apply(settings, self._settings["mqtt"])

    def set_trouble(self, text):
        """The error in the file of the configuration, while an earlier one is in use; None:
        nothing."""
        if text != self._trouble:
            self._trouble = text
            self._fields_changed()

    def healthy(self):
        """Whether every sensor meets its deadline; sensors that do not are started again."""
        return self._supervisor.healthy()

    def summary(self):
        """One line for people: sensors, broker, outbox."""
        parts = [self._supervisor.summary()]
        if self._trouble is not None:
            parts.insert(0, "an earlier configuration is in use: " + self._trouble)
        for output in (self._link, self._http):
            delivery = output.summary() if output is not None else None
            if delivery is not None:
                parts.append(delivery)
        if self._outbox.trouble is not None:
            parts.append("outbox in memory: " + self._outbox.trouble)
        refused = self._metrics.commands_refused
        if refused:
            parts.append("%d command%s refused" % (refused, "s" * (refused != 1)))
        return "; ".join(parts)

    async def wait_for_end(self):
        """Returns when all sensors were recordings that have ended, and their readings are
        delivered."""
        await self._supervisor.ended.wait()
        for _ in range(_DELIVERY_MS // _DELIVERY_CHECK_MS):
            if not len(self._outbox) and not (self._http is not None and len(self._http)):
                return
            await asyncio.sleep_ms(_DELIVERY_CHECK_MS)

    async def stop(self):
        """Stops the sensors, makes the outputs safe, disconnects and closes the outbox."""
        self._measuring.cancel()
        await self._supervisor.stop(_SENSORS_STOP_MS)
        if self._actions is not None:
            self._actions.stop()
        http = asyncio.create_task(self._http.stop()) if self._http is not None else None
        await self._link.stop()
        self._flusher.close()
        if http is not None:
            await http

    def _apply(self, settings, mqtt_before):
        mqtt, sensors, actions = settings["mqtt"], settings["sensor"], settings["action"]
        self._settings = settings
        log.set_level(settings["journal"]["level"])
        self._print_readings = settings["journal"]["readings"]
        if self._print_readings is None:
            self._print_readings = mqtt is None and settings["http"] is None
        self._metrics.configure(settings["metrics"])
        self._fields.configure(sensors, settings["fields"])
        if mqtt != mqtt_before:
            self._end_home(mqtt, mqtt_before)
            self._link.configure(mqtt)
            if mqtt is not None:
                self._make_home(mqtt)
            self._field_topics = None
            if mqtt is not None and mqtt["topic_per_field"]:
                from .mqtt.field_topics import FieldTopics

                self._field_topics = FieldTopics(self._link.topics)
        self._apply_http(settings)
        self._apply_actions(actions)
        if self._home is not None:
            self._home.configure(sensors, actions)
        self._link.subscribe(self._wanted(actions))
        self._supervisor.apply(sensors, settings["declared"])

    def _apply_actions(self, configured):
        if self._actions is None:
            if not configured:
                return
            # Imported when needed: most configurations have no actions.
            from .actions.manager import Actions

            self._actions = Actions(
                self._path,
                self._post,
                self._link.set_state,
                self._set_status,
                self._metrics.count_refusal,
                lambda: self._link.server is not None,
            )
        self._actions.apply(configured)

    def _apply_http(self, settings):
        if self._http is None:
            if settings["http"] is None:
                return
            from .http.output import HTTPOutput

            self._http = HTTPOutput(settings["outbox"], self._clock, self._host)
            self._metrics.more = self._http.fields
        self._http.configure(settings["http"], settings["host"])

    def _make_home(self, mqtt):
        folder = self._settings["outbox"]["directory"]
        # Without it there may be something to take back, announced by an earlier run.
        if not (mqtt["home_assistant"] or state.exists(state.folder() + "/home_assistant")):
            return
        from .output.home_assistant import wiring

        room = self._settings["host"]["room"]
        self._home = wiring.make(
            self._link, self._fields, self._outbox, self._encode, self._host, room, mqtt, folder
        )
        if self._home is not None:
            self._link.on_connect = self._home.connected

    def _end_home(self, mqtt, before):
        if self._home is not None:
            self._link.on_connect = None
            if mqtt is None or mqtt["server"] != before["server"]:
                self._home.leave()
            else:
                self._home.close()
            self._home = None

    def _encode(self, topic, reading):
        """The payload of a reading that _deliver() gave to the announcements."""
        identifier, text, (boot_ns, real_ns, synchronized), kind = reading
        if not synchronized and self._clock.offset_ns is not None:
            # The clock was set in the meantime.
            real_ns, synchronized = boot_ns + self._clock.offset_ns, True
        return self._heads[kind](topic, real_ns, identifier, synchronized) + text

    def _wanted(self, actions):
        """The subscriptions: {topic: function of (message, retained)}."""
        topics = self._link.topics
        if topics is None:
            return {}
        wanted = {topics.command(name): self._command_of(name) for name in actions}
        if self._home is not None:
            wanted.update(self._home.subscriptions)
        return wanted

    def _command_of(self, name):
        def act(message, retained):
            if retained and self._settings["mqtt"]["retained_commands"] == "ignore":
                self._actions.retained(name, self._link.topics.command(name))
            else:
                self._actions.command(name, message)

        return act

    def _fields_changed(self):
        settings = self._settings
        self._link.set_info(
            info.message(
                board(), settings["host"], settings["sensor"], self._fields, trouble=self._trouble
            )
        )
        if self._home is not None:
            self._home.changed()

    def _deliver(self, sensor, fields):
        now = self._clock.now()
        if self._print_readings:
            log.data("%s %s" % (sensor, encode(fields, now[1]).decode()))
        self._metrics.count(fields)
        if self._actions is not None:
            self._actions.reading(sensor, fields)
        self._fields.reading(sensor, fields)
        if self._http is not None:
            self._http.reading(sensor, fields, now)
        mqtt = self._settings["mqtt"]
        if mqtt is None:
            return
        topic = self._link.topics.reading(sensor)
        if mqtt["format"] == "senml":
            kind, text = SENML, senml.fields_text(fields, self._fields.names_of(sensor))
        else:
            kind, text = JSON, fields_text(fields)
        added = self._append(self._outbox.append_reading, topic, text, now, kind)
        if added and self._home is not None:
            number, identifier = self._outbox.last
            self._home.reading(sensor, number, topic, (identifier, text, now, kind))
        if self._field_topics is not None:
            for topic, text in self._field_topics.messages(sensor, fields):
                self._append(self._outbox.append_value, topic, text, now)

    def _post(self, topic, payload):
        self._append(self._outbox.append, topic, payload)

    def _append(self, append, *message):
        try:
            append(*message)
        except ValueError as error:
            log.error("%s: %s" % (message[0], error))
            return False
        self._flusher.appended()
        return True

    def _set_status(self, name, text):
        self._link.set_status(name, text)
        if text is None and self._actions is not None:
            self._actions.gone(name)
        self._on_status()
