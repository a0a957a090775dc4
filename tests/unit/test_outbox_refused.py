# SPDX-License-Identifier: MIT
"""The file of refused messages: bounded, and whole after a loss of power."""

import os

from sensord.outbox.refused import ALL, DROP, SEND, Refused, ask, parse, payload_of, pending, read

INTERPRETERS = ("sensord", "stock")
FOLDER = "/tmp/sensord-refused-%s" % os.urandom(4).hex()
FILE = FOLDER + "/refused"


def clean(max_bytes=10000):
    try:
        os.mkdir(FOLDER)
    except OSError:
        for name in os.listdir(FOLDER):
            os.remove(FOLDER + "/" + name)
    return Refused(FOLDER, max_bytes)


def entries():
    return [parse(line) for line in read(FILE)]


def test_what_is_added_is_found_again():
    refused = clean()
    refused.add("a/b", b'{"x": "\xc3\xa9\\n"}', "too large")
    refused.add("c", b"\xff\x00", "no")
    first, second = entries()
    assert (first["number"], first["topic"], first["reason"]) == (1, "a/b", "too large")
    assert payload_of(first) == b'{"x": "\xc3\xa9\\n"}' and payload_of(second) == b"\xff\x00"
    again = Refused(FOLDER)
    assert again.kept == 2
    again.add("d", b"", "no")
    assert [entry["number"] for entry in entries()] == [1, 2, 3]


def test_the_file_is_bounded():
    refused = clean(5000)
    lost = 0
    for n in range(200):
        lost += refused.add("t", b"%d" % n, "no")
        assert os.stat(FILE)[6] <= 5000
    kept = [int(payload_of(entry)) for entry in entries()]
    assert kept == list(range(200 - len(kept), 200)) and lost == 200 - len(kept)
    assert refused.kept == len(kept) > 15


def test_one_that_is_larger_than_the_bound_is_kept_alone():
    refused = clean(1000)
    refused.add("t", b"a", "no")
    refused.add("t", b"x" * 3000, "no")
    refused.add("t", b"b", "no")
    assert [len(payload_of(entry)) for entry in entries()] == [1]


def test_requests():
    refused = clean()
    for n in range(5):
        refused.add("t%d" % n, b"%d" % n, "no")
    sent = []
    assert refused.obey(lambda *message: sent.append(message)) == (0, 0)
    assert ask(FOLDER, SEND, ["2", "4"]) and pending(FOLDER)
    assert not ask(FOLDER, DROP, ["1"])
    assert refused.obey(lambda *message: sent.append(message)) == (2, 0)
    assert sent == [("t1", b"1"), ("t3", b"3")] and not pending(FOLDER)
    ask(FOLDER, DROP, ["1"])
    assert refused.obey(None) == (0, 1)
    ask(FOLDER, SEND, [ALL])
    assert refused.obey(lambda *message: sent.append(message)) == (2, 0)
    assert refused.kept == 0 and entries() == []


def test_damage():
    """A line that was cut, or is no entry, takes no other along."""
    refused = clean()
    refused.add("t", b"1", "no")
    with open(FILE, "ab") as file:
        file.write(b'not json\n[1]\n{"number": 7}\n{"number": 8, "topic": "x", "payload": "cut')
    again = Refused(FOLDER)
    again.add("t", b"2", "no")
    assert [entry["number"] for entry in entries()] == [1, None, None, 7, 8]
    assert [payload_of(entry) for entry in entries()] == [b"1", b"", b"", b"", b"2"]
    sent = []
    for junk in (b"", b"\xff", b"eat all", b"send"):
        with open(FOLDER + "/refused.request", "wb") as file:
            file.write(junk)
        assert again.obey(None) == (0, 0) and again.kept == 5
    ask(FOLDER, SEND, [ALL])
    again.obey(lambda *message: sent.append(message))
    assert sent == [("t", b"1"), ("t", b"2")]
