# SPDX-License-Identifier: MIT
"""What a board gets at each broker: the rows of the third table of docs/brokers.md.

A scenario is a function of (broker, version, folder) that returns the words of its cell; its
docstring is the name of the row.
"""

import time

from brokers.raw import Raw
from brokers.trial import Trial, large_sensor, sensord_speaks
from support import wait_until

YES = "yes"
LAMP = '[action.lamp]\npublish = "probe/lamp"\n'


def delivers(broker, version, folder):
    """readings arrive, all and in order"""
    with Trial(broker, version, folder) as trial:
        wait_until(lambda: trial.last() >= 30, 20, trial.trouble("30 readings"))
        trial.nothing_is_lost()
    return YES


def transports(broker, version, folder):
    """over TLS and WebSocket"""
    found = []
    for kind in ("tls", "ws", "wss"):
        if kind not in broker.kinds or not sensord_speaks(kind):
            continue
        with Trial(broker, version, folder, kind) as trial:
            wait_until(lambda t=trial: t.last() >= 10, 20, trial.trouble("10 readings"))
            trial.nothing_is_lost()
        found.append({"tls": "TLS", "ws": "WebSocket", "wss": "WebSocket with TLS"}[kind])
    return ", ".join(found) or None


def automatic(broker, version, folder):
    """without `version`: it speaks"""
    if version != broker.versions[-1]:
        return None
    with Trial(broker, None, folder) as trial:
        # A broker that answers nothing is given time.
        trial.wait_for_new(60)
        return trial.version()


def states(broker, version, folder):
    """a new subscriber gets `status`, `info` and the status of a sensor"""
    with Trial(broker, version, folder) as trial:
        trial.wait_for_new()
        # The description follows when all sensors have told what they measure.
        time.sleep(5)
        found = [trial.state(name) for name in ("status", "info", "count/status")]
        assert found[0] in ("online", None) and (found[1] is None or found[1]["version"]), found
    missing = [
        name for name, state in zip(("status", "info", "count/status"), found, strict=True)
        if not state
    ]  # fmt: skip
    return YES if not missing else "not " + ", ".join(missing)


def will(broker, version, folder):
    """`offline` is published when sensord is killed"""
    with Trial(broker, version, folder) as trial:
        trial.wait_for_new()
        trial.daemon.process.kill()
        topic = f"sensord/{trial.name}/status"
        wait_until(lambda: "offline" in trial.reader.payloads(topic), 20, trial.trouble("offline"))
        assert trial.state("status") == "offline"
    return YES


def command(broker, version, folder):
    """a command switches an action"""
    with Trial(broker, version, folder, more=LAMP) as trial:
        trial.wait_for_new()
        with Raw(broker, "3.1.1", f"commander-{trial.name}", user="reader") as commander:
            commander.publish(f"sensord/{trial.name}/lamp/set", "ON")
        topic = f"sensord/{trial.name}/lamp"
        wait_until(lambda: "ON" in trial.reader.payloads(topic), 10, trial.trouble("ON"))
    return YES


def command_meanwhile(broker, version, folder):
    """a command given while the connection is broken"""
    with Trial(broker, version, folder, more=LAMP) as trial:
        trial.wait_for_new()
        trial.cut()
        time.sleep(1)
        with Raw(broker, "3.1.1", f"commander-{trial.name}", user="reader") as commander:
            commander.publish(f"sensord/{trial.name}/lamp/set", "ON")
        trial.connect()
        trial.wait_for_new()
        time.sleep(2)
        return "arrives" if "ON" in trial.reader.payloads(f"sensord/{trial.name}/lamp") else "lost"


def broken(broker, version, folder):
    """the connection breaks three times: nothing lost, in order"""
    with Trial(broker, version, folder) as trial:
        for _ in range(3):
            trial.wait_for_new()
            trial.cut()
            time.sleep(1)
            trial.connect()
        trial.wait_for_new()
        trial.nothing_is_lost()
    return YES


def restarted(broker, version, folder):
    """the broker is killed and started again: nothing lost, in order"""
    with Trial(broker, version, folder) as trial:
        trial.wait_for_new()
        trial.cut()
        # Every message that the broker has acknowledged must have left it.
        time.sleep(1)
        connects = trial.reader.connects
        broker.kill()
        time.sleep(1)
        broker.start()
        wait_until(lambda: trial.reader.connects > connects, 20, "the reader is back")
        time.sleep(1)
        trial.connect()
        trial.wait_for_new()
        trial.nothing_is_lost()
        assert trial.state("status") == "online"
    return YES


def denied(broker, version, folder):
    """one sensor's readings are denied: the others arrive"""
    more = '[sensor.denied]\ntype = "system"\ninterval = "300 ms"\n'
    with Trial(broker, version, folder, more=more) as trial:
        time.sleep(20)
        before = trial.last()
        trial.wait_for_new(40)
        trial.nothing_is_lost()
        assert trial.last() > before
        assert trial.calm(10) == 0, trial.trouble("it connects again and again")()
        # How the user learns of it.
        messages = trial.daemon.messages()
    named = f"sensord/{trial.name}/denied" in messages
    return "yes; they are set aside and named" if named else "yes; they are lost unseen"


def large(broker, version, folder):
    """a reading of 12 kB"""
    with Trial(broker, version, folder, more=large_sensor(folder, 12000)) as trial:
        topic = f"sensord/{trial.name}/large"
        wait_until(
            lambda: [r for r in trial.reader.readings(topic) if r.get("n") == 5], 20,
            trial.trouble("the fifth reading"),
        )  # fmt: skip
        trial.nothing_is_lost()
        came = any(len(r["text"] or "") == 12000 for r in trial.reader.readings(topic))
    return "arrives" if came else "is lost"


def quiet(broker, version, folder):
    """keepalive of 5 s and a reading an hour: the connection stays"""
    more = '[sensor.slow]\ntype = "system"\ninterval = "1 h"\n'
    with Trial(broker, version, folder, more=more) as trial:
        trial.wait_for_new()
        trial.daemon.stop()
        text = trial.daemon.config.read_text().replace("100 ms", "1 h")
        trial.daemon = type(trial.daemon)(trial.folder, text)
        trial.daemon.wait_for_message("connected to", 20)
        again = trial.calm(20)
    return YES if not again else f"{again} connections in 20 s"


def twins(broker, version, folder):
    """two boards with one client_id"""
    with Trial(broker, version, folder) as one:
        with Trial(broker, version, folder, mqtt="") as two:
            two.daemon.stop()
            text = two.daemon.config.read_text().replace(
                f'client_id = "{two.name}"', f'client_id = "{one.name}"'
            )
            two.daemon = type(two.daemon)(two.folder, text)
            time.sleep(40)
            before = [each.last() for each in (one, two)]
            counts = [each.connects() for each in (one, two)]
            time.sleep(15)
            both = counts == [each.connects() for each in (one, two)] and all(
                each.last() > last + 50 for each, last in zip((one, two), before)
            )
            named = [each.daemon.messages() for each in (one, two)]
    assert max(counts) <= 12, f"{counts} connections in 40 s: {named[0][-500:]}"
    if both:
        return "both stay connected"
    assert all("client_id" in text for text in named), named
    return "in turns, ever more slowly; the journal names client_id"


SCENARIOS = (
    delivers, transports, automatic, states, will, command, command_meanwhile, broken, restarted,
    denied, large, quiet, twins,
)  # fmt: skip
