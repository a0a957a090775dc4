# SPDX-License-Identifier: MIT
"""The login that a broker takes is found, and a lesser one is not kept without need."""

from sensord.mqtt import v5, v311
from sensord.mqtt.capabilities import Capabilities
from sensord.mqtt.stream import SILENCE

INTERPRETERS = ("sensord", "stock")


def capabilities(version="auto", qos=1, retain=None, will=True):
    return Capabilities({"version": version, "qos": qos, "retain": retain, "will": will})


def found(known, takes, attempts=60):
    """Logs in until one login is kept; `takes(known)` is None, or the code of the refusal ("" for
    none). Returns how many logins it took."""
    for n in range(1, attempts + 1):
        answer = takes(known)
        if answer is None:
            if known.taken():
                return n
        else:
            protocol = v5 if known.version == "5" else v311
            known.refused(answer if answer != "" else None, protocol)
    raise AssertionError("no login was found")


def login(known):
    return known.version, known.qos, known.retain, known.will


def test_a_broker_that_takes_everything_gets_everything():
    known = capabilities()
    assert found(known, lambda k: None) == 1
    assert login(known) == ("5", 1, True, True)


def test_each_lesser_login_without_a_word():
    for takes, wanted in (
        (lambda k: not k.retain, ("3.1.1", 1, False, True)),
        (lambda k: not k.will, ("3.1.1", 1, True, False)),
        (lambda k: not k.qos, ("3.1.1", 0, True, True)),
        (lambda k: not k.qos and not k.retain, ("3.1.1", 0, False, True)),
        (lambda k: not k.qos and not k.will, ("3.1.1", 0, False, False)),
    ):
        known = capabilities("3.1.1")
        count = found(known, lambda k: None if takes(k) else "")  # noqa: B023
        assert login(known) == wanted and count <= 10, (login(known), count)


def test_a_broker_of_the_older_version():
    for answer in (0x84, ""):
        known = capabilities()
        found(known, lambda k: None if k.version == "3.1.1" else answer)  # noqa: B023
        assert login(known) == ("3.1.1", 1, True, True)


def test_a_broker_that_says_nothing_to_the_newer_version():
    """amqtt drops such a CONNECT."""
    known = capabilities()
    assert found(known, lambda k: None if k.version == "3.1.1" else SILENCE) == 4
    assert login(known) == ("3.1.1", 1, True, True)


def test_one_version_is_kept_if_it_is_asked_for():
    known = capabilities("5")
    for _ in range(20):
        known.refused(None, v5)
        known.refused(v5.VERSION_REFUSED, v5)
    assert login(known) == ("5", 1, True, True)


def test_a_proxy_that_closes_for_a_while():
    """The first login that is taken may be a lesser one: the full one counts."""
    for closed in range(30):
        known = capabilities()
        count = [closed]

        def takes(_, count=count):
            count[0] -= 1
            return "" if count[0] >= 0 else None

        found(known, takes)
        assert login(known) == ("5", 1, True, True), closed


def test_codes_lower_what_they_name():
    known = capabilities()

    def takes(k):
        if k.qos:
            return v5.QOS_REFUSED
        return v5.RETAIN_REFUSED if k.retain else None

    assert found(known, takes) == 3
    assert login(known) == ("5", 0, False, True)


def test_the_keys_are_a_bound():
    known = capabilities("3.1.1", qos=0, retain=False, will=False)
    assert login(known) == ("3.1.1", 0, False, False)
    for _ in range(5):
        known.refused(None, v311)
        assert login(known) == ("3.1.1", 0, False, False)


def test_other_refusals_change_nothing():
    """A wrong password is no reason to lower the QoS."""
    known = capabilities()
    for _ in range(10):
        assert not known.refused(0x86, v5)
    assert login(known) == ("5", 1, True, True)
