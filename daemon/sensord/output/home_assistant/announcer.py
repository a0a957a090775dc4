# SPDX-License-Identifier: MIT
"""Publishes the announcements, and takes back those of what is gone."""

import asyncio
import binascii
import random
import time

from ... import log
from ..fields import SETTLE_MS
from .announced import MOST

# After Home Assistant starts, the hosts of a fleet answer at random times within this.
_BIRTH_DELAY_MS = 10000
# How long Home Assistant may take until it listens to the topics of new entities: some time, and
# more for each.
_LISTENS_MS, _LISTENS_MS_EACH = 2000, 10
_POLL_MS = 500
# A broker that does not take the first announcement is asked so often; each may end a connection.
_MOST_REFUSALS = 3
_ANSWER_MS, _ANSWER_POLL_MS, _STAYS_MS, _AGAIN_MS = 10000, 50, 1000, 60000
_CRC_BITS = 0x3FFFFFFF  # a small integer also on 32 bit
HOST = "-"  # instead of a sensor's name in the list


class HomeAssistant:
    """Announces entities to each broker, after a change, and when Home Assistant starts.

    Attribute: subscriptions, {topic: function of (message, retained)} for Link.subscribe().
    """

    def __init__(self, link, announced, node, entities=None, repeats=None, birth_topic=None):
        """`announced` is the list of what the broker retains, an Announced, and `node` the
        identifier of the device for it. Without `entities` everything in the list is taken
        back."""
        self._link = link
        self._list = announced
        self._node = node
        self._entities = entities
        self._repeats = repeats
        self._names = ()  # of the sensors and actions
        self._sent = {}  # {topic: checksum of the message} that the broker has
        self._clearing = {}  # {topic: name} that were taken back, without an answer so far
        self._must_save = False
        self._accepted = False  # whether the broker took an announcement
        self._refusals = 0
        self._done = None  # the version of the entities that the broker has
        self._due_ms = None
        self._told = None
        self._wake = asyncio.Event()
        self.subscriptions = {birth_topic: self._on_birth} if birth_topic else {}
        self._task = asyncio.create_task(self._run())

    def configure(self, sensors, actions):
        """The sensors and actions there are, {name: settings}."""
        self._names = list(sensors) + list(actions)
        if self._entities is not None:
            self._entities.configure(sensors, actions)
        if self._repeats is not None:
            self._repeats.forget(sensors)
        self._refusals = 0
        self._outputs = [n for n, settings in actions.items() if settings["publish"] is None]
        self._announce_in(SETTLE_MS)

    def changed(self):
        """The fields have changed."""
        self._announce_in(0)

    def reading(self, sensor, number, topic, reading):
        """A reading was added to the outbox; see Repeats."""
        if self._repeats is not None:
            self._repeats.reading(sensor, number, topic, reading)

    def connected(self, resumed):
        """There is a new connection to a broker; `resumed`: with the session of the one before,
        so that the broker has, or gets, all that was sent on that."""
        if not resumed:
            self._accepted = False
            self._forget_sent()
        self._announce_in(0)

    def _forget_sent(self):
        self._sent = {}
        self._list.topics.update(self._clearing)
        self._clearing = {}
        self._done = None

    def _on_birth(self, message, retained):
        if message == b"online" and not retained:
            self._refusals = 0
            self._forget_sent()
            self._announce_in(random.getrandbits(16) * _BIRTH_DELAY_MS // 65536)

    def _announce_in(self, delay_ms):
        due_ms = time.ticks_add(time.ticks_ms(), delay_ms)
        if self._due_ms is None or time.ticks_diff(due_ms, self._due_ms) < 0:
            self._due_ms = due_ms
            self._wake.set()

    async def _run(self):
        while True:
            await self._wait_until_due()
            self._due_ms = None
            # Without a connection the next one makes it due again.
            if self._link.server is not None:
                try:
                    await self._announce()
                except Exception as error:
                    # The next change tries again.
                    log.error(log.mistake(error))

    async def _wait_until_due(self):
        while True:
            self._wake.clear()
            if self._must_save:
                self._save()
            if self._repeats is not None and self._repeats.due and self._link.server is not None:
                self._repeats.send()
                wait_ms = _POLL_MS
            else:
                wait_ms = None
            if self._due_ms is not None:
                left_ms = time.ticks_diff(self._due_ms, time.ticks_ms())
                if left_ms <= 0:
                    return
                wait_ms = left_ms if wait_ms is None else min(wait_ms, left_ms)
            if wait_ms is None:
                await self._wake.wait()
                continue
            try:
                await asyncio.wait_for_ms(self._wake.wait(), wait_ms)
            except asyncio.TimeoutError:
                # Something may be due.
                continue

    def _version(self):
        return self._entities.version if self._entities is not None else 0

    async def _announce(self):
        entities = self._entities
        if self._version() == self._done:
            return
        if entities is not None and not self._accepted and not await self._ask():
            return
        # All of one moment: the fields may grow while messages are sent.
        version, wanted = self._version(), self._wanted()
        stale = self._stale(wanted)
        if any(topic not in self._list.topics for topic in wanted):
            # Before they are sent: a power cut in between leaves nothing that nobody knows of.
            self._list.topics.update(wanted)
            self._save()
        await self._take_back(stale)
        if entities is not None and not await self._send(wanted):
            return
        self._done = version

    async def _ask(self):
        """Sends one announcement alone; returns whether the broker took it. One that lacks the
        right may end the connection at each, also after it has answered."""
        if self._refusals == _MOST_REFUSALS:
            return False
        for name, topic, message in self._entities.messages():
            if topic not in self._list.topics:
                self._list.topics[topic] = name
                self._save()
            if not await self._link.wait_ready():
                return False
            answer = []
            connects = self._link.connects
            if self._link.try_post(topic, message, answer.append) is not None:
                # It is too large, or known to be refused: _send() tells that.
                return True
            if await self._stands(connects, answer):
                self._sent[topic] = binascii.crc32(message) & _CRC_BITS
                self._accepted, self._refusals = True, 0
                return True
            self._refuse(topic)
            return False
        return True

    async def _stands(self, connects, answer):
        """Whether `answer` gets an element, and the connection stays after that."""
        left_ms = _ANSWER_MS
        while left_ms > 0:
            await asyncio.sleep_ms(_ANSWER_POLL_MS)
            if self._link.server is None or self._link.connects != connects:
                return False
            left_ms -= _ANSWER_POLL_MS
            if answer:
                left_ms = min(left_ms, _STAYS_MS)
        return bool(answer)

    def _refuse(self, topic):
        self._refusals += 1
        if self._refusals < _MOST_REFUSALS:
            self._announce_in(_AGAIN_MS)
            return
        log.error(
            "entities are not announced to Home Assistant: the broker does not take %s; do its "
            "rights allow that?" % topic
        )

    def _wanted(self):
        """{topic: name} of all that the broker is to retain."""
        topics, wanted = self._link.topics, {}
        if self._entities is None:
            return wanted
        wanted[topics.host_status()] = wanted[topics.host_info()] = HOST
        for name in self._names:
            wanted[topics.sensor_status(name)] = name
        for name in self._outputs:
            wanted[topics.reading(name)] = name
        for name, topic in self._entities.topics():
            if len(wanted) == MOST:
                self._tell("those beyond %d" % MOST)
                break
            wanted[topic] = name
        return wanted

    def _own_topics(self):
        """The topics that the link goes on to use when nothing is announced any more."""
        topics = self._link.topics
        own = [topics.host_status(), topics.host_info()]
        own += [topics.sensor_status(name) for name in self._names]
        return own + [topics.reading(name) for name in self._outputs]

    def _stale(self, wanted):
        """The topics in the list that the broker is not to retain any more."""
        listed, entities = self._list.topics, self._entities
        if entities is None:
            for topic in self._own_topics():
                listed.pop(topic, None)
            return list(listed)
        nulls = set(entities.null_topics())
        return [
            topic
            for topic, name in listed.items()
            if topic not in wanted
            and topic not in nulls
            and not (entities.is_own(topic) and entities.may_return(name))
        ]

    async def _take_back(self, stale):
        for topic in stale:
            if not await self._link.wait_ready():
                return
            self._clearing[topic] = self._list.topics.pop(topic)
            self._sent.pop(topic, None)
            self._link.try_post(topic, b"", self._taken_back)
            await asyncio.sleep_ms(0)
        if self._entities is None and not self._list.topics and not self._clearing:
            self._list.remove()

    def _taken_back(self, topic):
        self._clearing.pop(topic, None)
        if not self._clearing:
            self._must_save = True
            self._wake.set()

    async def _send(self, wanted):
        """Sends what the broker does not have; returns whether the connection lasted."""
        changed, refused, count = set(), 0, 0
        for name, topic, message in self._entities.messages():
            # In turns with the readings.
            await asyncio.sleep_ms(0)
            checksum = binascii.crc32(message) & _CRC_BITS
            if topic not in wanted or self._sent.get(topic) == checksum:
                continue
            if not await self._link.wait_ready():
                return False
            reason = self._link.try_post(topic, message)
            if reason is not None:
                refused += 1
                self._tell("%s: %s" % (topic, reason), refused)
            self._sent[topic] = checksum
            changed.add(name)
            count += 1
        if self._repeats is not None:
            for name in changed:
                self._repeats.want(name, _LISTENS_MS + _LISTENS_MS_EACH * count)
        return True

    def _tell(self, trouble, number=1):
        # The first one stands for all, once.
        if number == 1 and trouble != self._told:
            self._told = trouble
            log.warning("entities are not announced to Home Assistant: " + trouble)

    def _save(self):
        self._must_save = False
        before = self._list.trouble
        if self._entities is None and not self._list.topics and not self._clearing:
            self._list.remove()
        else:
            self._list.topics.update(self._clearing)
            self._list.save(self._node)
            for topic in self._clearing:
                del self._list.topics[topic]
        trouble = self._list.trouble
        if trouble is not None and (before is None or log.reason(before) != log.reason(trouble)):
            log.warning(
                "Home Assistant: the list of what is announced cannot be saved: %s"
                % log.reason(trouble)
            )

    def close(self):
        """Ends it; what was announced stays at the broker."""
        self._task.cancel()
        if self._must_save:
            self._save()

    def leave(self):
        """Ends it, and takes everything back from a broker that the daemon leaves."""
        self._task.cancel()
        if self._link.server is None:
            return
        own = set(self._own_topics())
        for topic in self._list.topics:
            if topic not in own:
                # Without an acknowledgement, which would wait in memory for each.
                self._link.post(topic, b"", True, 0)
        self._list.topics = {}
        self._list.save(self._node)
