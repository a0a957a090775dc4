# SPDX-License-Identifier: MIT
"""The files of the outbox are as docs/outbox-format.md says.

The decoder here is made from that page alone, whose tables it reads: without these tests the page
could be wrong, or a later version could fail to read an outbox that a board has on its card.
"""

import datetime
import json
import pathlib
import re
import shutil
import signal
import zlib

import pytest
from counting import TOPIC, Counter, printed
from support import TOP, free_port, wait_until

PAGE = (TOP / "docs/outbox-format.md").read_text()
SAMPLE = TOP / "tests/data/outbox/0.1.0"
MESSAGES = [tuple(m) for m in json.loads((SAMPLE.parent / "0.1.0.json").read_text())]

HEADER_BYTES = 60
HEAD_BYTES = 41
MARKER = bytes.fromhex("C55D")
MAX_BODY_BYTES = 65536
PLAIN, JSON, SENML = 0, 1, 2
SYNCHRONIZED = 0x80


def layout(section):
    """{field: (offset, bytes, type)} of a section's table; without those of any length."""
    text = PAGE[PAGE.index(f"\n## {section}\n") + 1 :]
    text = text[: text.index("\n## ")]
    rows = re.findall(r"^\| (\d+) \| (\d+) \| (bytes|unsigned|signed) \| (\w+) \|", text, re.M)
    return {field: (int(offset), int(size), kind) for offset, size, kind, field in rows}


HEADER = layout("Segment header")
HEAD = layout("Record")


def fields(table, data):
    """{field: value} of bytes that a table describes."""
    found = {}
    for field, (offset, size, kind) in table.items():
        part = data[offset : offset + size]
        signed = kind == "signed"
        found[field] = part if kind == "bytes" else int.from_bytes(part, "little", signed=signed)
    return found


def header(data):
    """The fields of a segment's header, with None for those that are not set; None without one."""
    found = fields(HEADER, data)
    if found["magic"] != b"SNSDOUT1" or found["header_crc"] != zlib.crc32(data[:24]):
        return None
    for field, name in (
        ("acknowledged", "acknowledged_complement"),
        ("count", "count_complement"),
        ("offset_ns", "offset_complement"),
    ):
        _, size, _ = HEADER[field]
        mask = (1 << 8 * size) - 1
        if found[field] & mask != ~found[name] & mask:
            found[field] = None
    return found


def record(data, offset):
    """The fields of the whole record at an offset, or None."""
    head = data[offset : offset + HEAD_BYTES]
    if len(head) < HEAD_BYTES:
        return None
    found = fields(HEAD, head)
    if found["marker"] != MARKER or found["head_crc"] != zlib.crc32(head[6:]):
        return None
    body = data[offset + HEAD_BYTES : offset + HEAD_BYTES + found["length"]]
    if not found["topic_length"] <= found["length"] <= MAX_BODY_BYTES:
        return None
    if len(body) < found["length"] or found["body_crc"] != zlib.crc32(body):
        return None
    found["topic"] = body[: found["topic_length"]].decode()
    found["text"] = body[found["topic_length"] :].decode()
    return found


def records(data):
    """(the header or None, the whole records) of a segment."""
    if len(data) < HEADER_BYTES:
        return None, []
    begin = header(data)
    offset = 0 if begin is None else HEADER_BYTES
    found = []
    while offset >= 0:
        entry = record(data, offset)
        if entry is not None:
            found.append(entry)
            offset += HEAD_BYTES + entry["length"]
        else:
            offset = data.find(MARKER, offset + 1)
    return begin, found


def message(entry, offset_ns):
    """(topic, payload) as they are published."""
    kind = entry["kind"] & ~SYNCHRONIZED
    if kind == PLAIN:
        return entry["topic"], entry["text"]
    ns, trusted = entry["real_ns"], bool(entry["kind"] & SYNCHRONIZED)
    if not trusted and offset_ns is not None:
        ns, trusted = entry["boot_ns"] + offset_ns, True
    seconds, milliseconds = divmod(ns // 1000000, 1000)
    identifier = f"{entry['session']:08x}-{entry['sequence']}"
    if kind == JSON:
        time = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
        head = f'{{"time": "{time:%Y-%m-%dT%H:%M:%S}.{milliseconds:03}Z", "id": "{identifier}"'
        head += "" if trusted else ', "time_synchronized": false'
    else:
        assert kind == SENML
        name = re.sub(r"[^A-Za-z0-9:./_-]", "_", entry["topic"])
        head = f'[{{"bn":"{name}/","bt":{seconds}.{milliseconds:03},"n":"id","vs":"{identifier}"}}'
        head += "" if trusted else ',{"n":"time_synchronized","vb":false}'
    return entry["topic"], head + entry["text"]


def decode(*folders):
    """The messages that wait in an outbox; of two folders the first is the tmpfs."""
    paths = {}
    for folder in reversed(folders):
        for path in pathlib.Path(folder).iterdir():
            if re.fullmatch(r"\d{10}\.log", path.name):
                paths[path.name] = path
    waiting = []
    for name in sorted(paths):
        begin, found = records(paths[name].read_bytes())
        begin = begin or {"acknowledged": None, "offset_ns": None}
        for entry in found[begin["acknowledged"] or 0 :]:
            waiting.append(message(entry, begin["offset_ns"]))
    return waiting


def test_the_page_accounts_for_every_byte():
    """A gap in a table is a field that another program cannot read."""
    for table, size in ((HEADER, HEADER_BYTES), (HEAD, HEAD_BYTES)):
        end = 0
        for offset, length, _ in table.values():
            assert offset == end
            end += length
        assert end == size


def test_the_page_describes_an_outbox_of_0_1_0():
    """It has damage, an unfinished copy, and readings from before the clock was set."""
    assert decode(SAMPLE) == MESSAGES


def test_the_daemon_sends_an_outbox_of_0_1_0(tmp_path, broker, subscriber, daemon):
    """An upgrade must not cost the readings that wait on the card."""
    shutil.copytree(SAMPLE, tmp_path / "outbox")
    server = f'server = "mqtt://127.0.0.1:{broker.port}"'
    daemon(f'[mqtt]\n{server}\n[sensor.board]\ntype = "system"\n')
    topics = {topic for topic, _ in MESSAGES}
    for topic in topics:
        subscriber.wait_for(topic, sum(topic == name for name, _ in MESSAGES))
    sent = [(topic, payload) for topic, payload, *_ in subscriber.messages if topic in topics]
    assert sent == MESSAGES


@pytest.mark.parametrize("format", ["json", "senml"])
def test_the_page_describes_what_the_daemon_writes(tmp_path, daemon, format):
    """On the disk, and in the tmpfs before that."""
    counter = Counter(tmp_path)
    running = daemon(counter.config(free_port(), mqtt=f'format = "{format}"'))
    running.wait_for_message("readings wait on disk")
    on_disk = len(printed(running.output()))
    wait_until(lambda: counter.count() > on_disk + 20, 20, "readings on the disk")
    running.process.send_signal(signal.SIGKILL)
    running.process.wait()
    waiting = decode(tmp_path / "runtime/outbox", tmp_path / "outbox")
    assert {topic for topic, _ in waiting} == {TOPIC}
    values = [value(payload) for _, payload in waiting]
    # The last may have been printed and not been written yet.
    made = printed(running.output())
    assert values in (made, made[:-1]) and len(values) > on_disk
    boot_id = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    for path in (tmp_path / "outbox").glob("*.log"):
        begin, found = records(path.read_bytes())
        assert begin["boot_id"].hex() == boot_id.replace("-", "")
        assert begin["count"] in (None, len(found))


def value(payload):
    """The number that the Counter gave to a reading in JSON or SenML."""
    reading = json.loads(payload)
    if isinstance(reading, dict):
        return reading["value"]
    return next(entry["v"] for entry in reading if entry.get("n") == "value")
