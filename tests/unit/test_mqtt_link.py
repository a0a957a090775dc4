# SPDX-License-Identifier: MIT
"""Whatever happens to broker and configuration, each broker gets the states of now."""

import asyncio
import gc

from sensord.mqtt.link import Link

INTERPRETERS = ("sensord", "stock")

FIRST = {"topic": "a/{host}/{sensor}", "server": 1}
OTHER_SERVER = {"topic": "a/{host}/{sensor}", "server": 2}
OTHER_TOPIC = {"topic": "b/{host}/{sensor}", "server": 2}


class StubOutbox:
    on_disk = False
    dropped = refused = 0

    def __len__(self):
        return 3


class StubSender:
    refused_states = oversized = 0


class StubPublisher:
    """Notes what it is told; connected from the beginning."""

    made = []

    def __init__(self, settings, client_id, topics, outbox, retained, subscriptions, on_connect):
        self.settings, self.client_id, self.topics = settings, client_id, topics
        self.retained, self.subscriptions = retained, subscriptions
        self.at_start = dict(retained)
        self.server = "mqtt://broker-%d:1883" % settings["server"]
        self.connects = 1
        self.sender = StubSender()
        self.told = []
        StubPublisher.made.append(self)
        on_connect(False)

    def announce(self, topic):
        self.told.append((topic, self.retained.get(topic)))

    def listen(self, topic):
        self.told.append(("listen", topic))

    def ignore(self, topic):
        self.told.append(("ignore", topic))

    def post(self, *message):
        self.told.append(message)

    async def stop(self, timeout_ms, drain):
        self.told.append(("stop", drain))


def run(scenario):
    """The publishers that `scenario(link)`, an async function, led to."""
    StubPublisher.made = []
    link = Link("pi", "id", StubOutbox(), StubPublisher)
    asyncio.run(scenario(link))
    return StubPublisher.made


async def settle():
    for _ in range(5):
        await asyncio.sleep_ms(0)


def test_a_state_set_before_there_is_a_broker_is_retained():
    async def scenario(link):
        link.set_status("noise", "ok")
        link.set_state("fan", "ON")
        link.set_info(b"{}")
        link.post("t", "lost: there is no connection")
        assert link.topics is None and link.server is None and link.summary() is None
        link.configure(FIRST)
        await settle()
        assert link.server == "mqtt://broker-1:1883"
        assert link.summary() == "connected to mqtt://broker-1:1883; 3 readings wait"

    (publisher,) = run(scenario)
    assert publisher.at_start == {
        "a/pi/noise/status": "ok",
        "a/pi/fan": "ON",
        "a/pi/info": b"{}",
    }
    assert publisher.told == [] and publisher.client_id == "id"


def test_a_change_is_announced_and_what_is_gone_is_taken_back():
    async def scenario(link):
        link.configure(FIRST)
        await settle()
        link.set_status("noise", "no data")
        link.set_status("noise", None)

    (publisher,) = run(scenario)
    assert publisher.told == [("a/pi/noise/status", "no data"), ("a/pi/noise/status", None)]
    # The next connection takes it back too: this one may have broken.
    assert publisher.retained == {"a/pi/noise/status": None}


def test_the_same_settings_keep_the_connection():
    async def scenario(link):
        link.configure(FIRST)
        await settle()
        link.configure(dict(FIRST))
        await settle()

    assert [p.told for p in run(scenario)] == [[]]


def test_another_broker_gets_every_state():
    async def scenario(link):
        link.configure(FIRST)
        await settle()
        link.set_status("noise", "ok")
        link.configure(OTHER_SERVER)
        # In the same reload, while the first broker is still connected.
        link.set_status("door", None)
        await settle()

    first, second = run(scenario)
    assert first.told[1:] == [("a/pi/door/status", None), ("stop", False)]
    assert second.at_start == {"a/pi/noise/status": "ok", "a/pi/door/status": None}


def test_other_topics_leave_nothing_under_the_old_ones():
    async def scenario(link):
        link.configure(FIRST)
        await settle()
        link.set_status("noise", "ok")
        link.configure(OTHER_TOPIC)
        link.set_status("door", "ok")
        await settle()

    first, second = run(scenario)
    assert ("a/pi/noise/status", None) in first.told
    # Later messages have a topic that is none of the old publisher's.
    assert "b/pi/door/status" not in first.retained
    assert second.at_start == {"b/pi/noise/status": "ok", "b/pi/door/status": "ok"}


def test_connections_are_counted_over_all_brokers():
    """sensord_mqtt_connects_total is a counter: a reload must not make it fall."""
    counts = []

    async def scenario(link):
        for settings in (FIRST, OTHER_SERVER, None, FIRST):
            link.configure(settings)
            await settle()
            counts.append(link.connects)
        StubPublisher.made[-1].connects += 4
        counts.append(link.connects)

    assert len(run(scenario)) == 3
    assert counts == [1, 2, 2, 3, 7]


def test_reloads_in_a_row_connect_to_the_last_broker_only():
    async def scenario(link):
        for settings in (FIRST, OTHER_TOPIC, OTHER_SERVER):
            link.configure(settings)
        await settle()
        assert link.server == "mqtt://broker-2:1883"

    (publisher,) = run(scenario)
    assert publisher.settings is OTHER_SERVER and publisher.topics.reading("x") == "a/pi/x"


def test_subscriptions_are_those_that_are_wanted():
    async def scenario(link):
        link.subscribe({"x": "before"})
        link.configure(FIRST)
        await settle()
        link.subscribe({"x": "after", "y": "new"})
        link.subscribe({"y": "new"})

    (publisher,) = run(scenario)
    assert publisher.told == [("listen", "y"), ("ignore", "x")] or publisher.told == [
        ("ignore", "x"),
        ("listen", "y"),
    ]
    assert publisher.subscriptions == {"y": "new"}


def test_a_connection_is_told():
    told = []

    async def scenario(link):
        link.on_connect = told.append
        link.configure(FIRST)
        await settle()

    run(scenario)
    assert told == [False]


def test_the_end_sends_what_waits():
    async def scenario(link):
        link.configure(FIRST)
        await link.stop()

    (publisher,) = run(scenario)
    assert publisher.told == [("stop", True)]


def test_changes_that_follow_each_other_quickly():
    """The last one counts, and one publisher is made for all of them."""

    async def scenario(link):
        for i in range(10):
            link.configure({"topic": "t%d/{host}" % i, "server": i})
        await settle()
        for i in range(10, 20):
            link.configure({"topic": "t%d/{host}" % i, "server": i})
        await settle()
        assert link.server == "mqtt://broker-19:1883"
        assert link.connects == 2

    first, last = run(scenario)
    assert first.settings["server"] == 9 and first.told[-1] == ("stop", False)
    assert last.settings["server"] == 19 and last.topics is not None


def test_reloads_leave_nothing_behind():
    """A board whose configuration is reloaded for years keeps its memory."""

    async def used(link, changes):
        for i in range(changes):
            link.configure((FIRST, OTHER_TOPIC)[i % 2])
            await settle()
            StubPublisher.made.clear()
        gc.collect()
        return gc.mem_alloc()

    async def scenario(link):
        before = await used(link, 50)
        after = await used(link, 400)
        # Each change once left 1 kB: all those before it.
        assert after - before < 8192, after - before

    run(scenario)
