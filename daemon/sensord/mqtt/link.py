# SPDX-License-Identifier: MIT
"""Connects the daemon to its current broker; also usable while there is none."""

import asyncio

# From the bottom up: each import within another one takes 4 kB of stack, which the process keeps.
from . import capabilities, client, credentials, endings, sending, troubles  # noqa: F401, I001
from .publisher import Publisher
from .topics import Topics

STOP_MS = 1200  # for the waiting messages, and for a clean disconnect


class Link:
    """The host's messages to its broker, and its subscriptions there.

    `configure()` may change broker and topics at any time; messages and subscriptions stay.

    Attributes: topics, the Topics of the [mqtt] table, or None without one; on_connect, None or a
    function that is called with each connection; its argument is whether the broker goes on with
    the session of the one before.
    """

    def __init__(self, host, client_id, outbox, make_publisher=Publisher):
        """`host` is the name in the topics, `client_id` the identifier if the table has none.
        `make_publisher` takes the arguments of Publisher."""
        self._host = host
        self._client_id = client_id
        self._outbox = outbox
        self._make_publisher = make_publisher
        self._settings = None
        self._states = {}  # all retained messages: {(method of Topics, its arguments…): text}
        self._retained = {}  # the same by topic
        self._subscriptions = {}
        self._publisher = None
        self._replacing = None
        self._connects = 0  # of the publishers before this one
        self._refused = 0
        self._oversized = 0
        self.topics = None
        self.on_connect = None

    @property
    def server(self):
        """The broker that is connected, as "mqtt://host:port", or None."""
        return self._publisher.server if self._publisher is not None else None

    @property
    def connects(self):
        """How many connections were made since the start, with all settings together."""
        now = self._publisher.connects if self._publisher is not None else 0
        return self._connects + now

    @property
    def refused(self):
        """How many retained messages the brokers refused since the start."""
        now = self._publisher.sender.refused_states if self._publisher is not None else 0
        return self._refused + now

    @property
    def oversized(self):
        """How many messages were too large to be read since the start."""
        now = self._publisher.sender.oversized if self._publisher is not None else 0
        return self._oversized + now

    def configure(self, settings):
        """Switches to a checked [mqtt] table, or to None. Does nothing without a change."""
        if settings == self._settings:
            return
        before, self._settings = self._settings, settings
        if settings is None:
            self._rename(None)
        elif before is None or settings["topic"] != before["topic"]:
            self._rename(Topics(settings["topic"], self._host))
        if self._replacing is None or self._replacing.done():
            self._replacing = asyncio.create_task(self._replace())

    def _rename(self, topics):
        if topics is not None:
            # The current publisher keeps the old topics, and clears them at its broker.
            for topic in self._retained:
                self._set(topic, None)
        self.topics = topics
        self._retained = {}
        if topics is not None:
            for state, text in self._states.items():
                self._retained[state[0](topics, *state[1:])] = text

    async def _replace(self):
        """Replaces the publisher by one of the newest settings. One task for all changes: a task
        that waited for the one before it would keep it, and all before that, for ever."""
        while True:
            settings = self._settings
            if self._publisher is not None:
                # Waiting readings go to the new broker: two publishers would divide one outbox.
                await self._publisher.stop(STOP_MS, False)
                self._connects += self._publisher.connects
                self._refused += self._publisher.sender.refused_states
                self._oversized += self._publisher.sender.oversized
                self._publisher = None
            # Another change may have come meanwhile.
            if settings is self._settings:
                break
        if settings is not None:
            self._publisher = self._make_publisher(
                settings,
                self._client_id,
                self.topics,
                self._outbox,
                self._retained,
                self._subscriptions,
                self._connected,
            )

    def _connected(self, resumed):
        if self.on_connect is not None:
            self.on_connect(resumed)

    def set_status(self, name, text):
        """Whether a sensor or an action works, in words; None: there is none of that name."""
        self._set_state((Topics.sensor_status, name), text)

    def set_state(self, name, text):
        """The state of an action's output; None: there is no action of that name."""
        self._set_state((Topics.reading, name), text)

    def set_info(self, text):
        """Publishes the description of this host, JSON (bytes)."""
        self._set_state((Topics.host_info,), text)

    def _set_state(self, state, text):
        if text is None:
            # The topic is cleared once; under other topics there is nothing to clear.
            self._states.pop(state, None)
        else:
            self._states[state] = text
        if self.topics is not None:
            self._set(state[0](self.topics, *state[1:]), text)

    def _set(self, topic, text):
        self._retained[topic] = text
        if self._publisher is not None:
            self._publisher.announce(topic)

    def subscribe(self, wanted):
        """Subscribes to the topics of {topic: function of (message, retained)}, and no others.

        `message` is bytes; `retained` is whether the broker had kept it from before."""
        subscriptions, publisher = self._subscriptions, self._publisher
        for topic in list(subscriptions):
            if topic not in wanted:
                del subscriptions[topic]
                if publisher is not None:
                    publisher.ignore(topic)
        for topic, act in wanted.items():
            is_new = topic not in subscriptions
            subscriptions[topic] = act
            if is_new and publisher is not None:
                publisher.listen(topic)

    def post(self, topic, payload, retain=False, qos=0):
        """Publishes a message once, if there is a connection: for messages of no use later."""
        if self._publisher is not None:
            self._publisher.post(topic, payload, retain, qos)

    def try_post(self, topic, payload, on_ack=None):
        """Publishes a retained message once with QoS 1, if there is a connection; `on_ack(topic)`
        is called when the broker has it. Returns why it cannot be sent to this broker, or None."""
        if self._publisher is None:
            return None
        return self._publisher.try_post(topic, payload, on_ack)

    async def wait_ready(self):
        """Waits until another message may be sent; returns whether there is a connection."""
        return self._publisher is not None and await self._publisher.wait_ready()

    def summary(self):
        """For example "connected to mqtt://broker:1883; 0 readings wait", or None without a
        broker in the configuration."""
        if self._publisher is None:
            return None
        outbox = self._outbox
        text = "connected to " + self.server if self.server else "no broker"
        text += "; %d readings wait" % len(outbox)
        if outbox.on_disk:
            text += " on disk"
        if outbox.dropped:
            text += ", %d dropped" % outbox.dropped
        refused = outbox.refused + self.refused
        if refused:
            text += ", %d refused by the broker" % refused
        return text

    async def stop(self):
        """Sends the waiting messages, if connected, and disconnects; takes at most STOP_MS."""
        if self._replacing is not None:
            await self._replacing
        if self._publisher is not None:
            await self._publisher.stop(STOP_MS, True)
