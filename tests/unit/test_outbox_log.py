# SPDX-License-Identifier: MIT
"""The outbox's log on a failing disk: no intact reading is lost, no false one is delivered.

Otherwise a power cut at the wrong byte costs readings that were written long before, or makes the
board publish readings that no sensor measured.
"""

import os

from linux.libc import getpid
from sensord.outbox.folder import FolderPlace
from sensord.outbox.queue import AWAY_MS, Outbox

INTERPRETERS = ("sensord", "stock")
FOLDER = "/tmp/sensord-outbox-%d" % getpid()
SEGMENT_BYTES = 600
ROOM = 1 << 16


class FakeClock:
    """A clock that is synchronized when a test says so."""

    boot = b"0123456789abcdef"

    def __init__(self):
        self.boot_ns = 5000000000
        self.real_ns = 0
        self.right = False
        self.offset_ns = None

    def now(self):
        return self.boot_ns, self.real_ns + self.boot_ns, self.right


def remove(folder):
    for entry in list(os.ilistdir(folder)):
        path = "%s/%s" % (folder, entry[0])
        if entry[1] == 0x4000:
            remove(path)
        else:
            os.remove(path)
    os.rmdir(folder)


class Box:
    """An outbox in FOLDER, which can be opened again, as by a new run of the daemon."""

    def __init__(self, fast=False, always=False, room=ROOM):
        self.fast, self.always, self.room = fast, always, room
        self.clock = FakeClock()
        self.outbox = None
        self.session = 0
        self.start()

    def start(self):
        """Starts as after a kill -9: nothing was saved at the end."""
        self.end()
        self.session += 1
        disk = FolderPlace(FOLDER + "/disk", SEGMENT_BYTES, True)
        fast = FolderPlace(FOLDER + "/fast", SEGMENT_BYTES, False) if self.fast else None
        self.outbox = Outbox(self.room, fast, disk, self.always, self.session, self.clock)
        self.places = (disk, fast) if fast else (disk,)
        return self.outbox

    def end(self):
        if self.outbox is not None:
            for place in self.places:
                place.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
        remove(FOLDER)


def fill(outbox, first, last):
    for i in range(first, last):
        outbox.append("t", b"%d" % i)


def take_all(outbox, acknowledge=False):
    taken = []
    while True:
        entry = outbox.take()
        if entry is None:
            return taken
        taken.append(int(entry[2]))
        if acknowledge:
            outbox.acknowledge(entry[0])


def files(name="disk"):
    return sorted(f for f in os.listdir("%s/%s" % (FOLDER, name)) if f.endswith(".log"))


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def test_readings_of_a_killed_daemon_are_there_after_the_next_start():
    for fast in (False, True):
        with Box(fast) as box:
            fill(box.outbox, 0, 50)
            outbox = box.start()
            assert len(outbox) == 50 and "50 readings" in outbox.found[0], outbox.found
            fill(outbox, 50, 60)
            assert take_all(outbox) == list(range(60))


def test_acknowledged_readings_are_not_sent_again_except_the_last_few():
    with Box() as box:
        fill(box.outbox, 0, 100)
        for _ in range(90):
            box.outbox.acknowledge(box.outbox.take()[0])
        assert 10 <= len(box.start()) < 10 + 40
        again = take_all(box.outbox)
        assert again == list(range(100 - len(again), 100))


def test_acknowledged_readings_leave_the_disk():
    with Box() as box:
        fill(box.outbox, 0, 1000)
        assert take_all(box.outbox, True) == list(range(1000))
        assert len(files()) <= 1
        box.outbox.close()
        assert files() == [] and len(box.start()) == 0


def test_cut_at_every_byte_of_the_last_segment():
    with Box() as box:
        fill(box.outbox, 0, 30)
        name = FOLDER + "/disk/" + files()[-1]
        whole = read(name)
        before = 0
        for size in range(len(whole) + 1):
            write(name, whole[:size])
            taken = take_all(box.start())
            assert taken == list(range(len(taken))), (size, taken)
            assert len(taken) >= before, (size, taken)
            before = len(taken)
            # A damaged segment stays as it is: nothing is acknowledged, nothing appended.
            write(name, whole)
        assert before == 30


def test_a_flipped_bit_costs_no_more_than_its_reading():
    with Box() as box:
        fill(box.outbox, 0, 9)
        name = FOLDER + "/disk/" + files()[-1]
        whole = read(name)
        for at in range(len(whole)):
            for bit in (0, 3, 7):
                write(name, whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :])
                taken = take_all(box.start())
                assert len(taken) >= 8 and taken == sorted(set(taken)), (at, bit, taken)
                assert set(taken) <= set(range(9))


def test_damage_in_a_sealed_segment_is_counted_and_passed_over():
    with Box() as box:
        fill(box.outbox, 0, 30)
        box.outbox.close()
        name = FOLDER + "/disk/" + files()[0]
        whole = bytearray(read(name))
        whole[150] ^= 1
        write(name, whole)
        outbox = box.start()
        assert len(outbox) == 30
        taken = take_all(outbox)
        assert len(taken) == 29 and outbox.damaged == 1 and len(outbox) == 29


def test_foreign_files_are_named_and_left_alone():
    with Box() as box:
        fill(box.outbox, 0, 5)
        write(FOLDER + "/disk/notes.txt", b"mine")
        write(FOLDER + "/disk/0000000777.log", b"also mine, and as long as a header is " * 4)
        os.mkdir(FOLDER + "/disk/0000000778.log")
        outbox = box.start()
        assert take_all(outbox, True) == list(range(5))
        told = "\n".join(outbox.found)
        assert "notes.txt" in told and "0000000777.log" in told
        assert read(FOLDER + "/disk/notes.txt") == b"mine"
        assert read(FOLDER + "/disk/0000000777.log").startswith(b"also mine")


def test_two_daemons_do_not_share_a_folder():
    with Box() as box:
        fill(box.outbox, 0, 5)
        other = Outbox(ROOM, None, FolderPlace(FOLDER + "/disk", SEGMENT_BYTES, True))
        assert "another sensord" in other.trouble
        fill(other, 5, 10)
        assert take_all(other) == list(range(5, 10))
        assert take_all(box.outbox) == list(range(5))


def test_the_disk_is_used_only_while_the_broker_does_not_answer():
    with Box(True) as box:
        outbox = box.outbox
        for i in range(1000):
            fill(outbox, i, i + 1)
            outbox.check(500)
            take_all(outbox, True)
        assert outbox.written == 0 and len(files("fast")) <= 1
        fill(outbox, 0, 40)
        for _ in range(AWAY_MS // 500):
            assert not outbox.on_disk
            outbox.check(500)
        outbox.check(500)
        assert outbox.on_disk and files("fast") == [] and outbox.written > 0
        fill(outbox, 40, 80)
        assert take_all(outbox, True) == list(range(80))
        written = outbox.written
        fill(outbox, 80, 81)
        assert not outbox.on_disk and outbox.written - written < 200


def test_always_offers_only_what_is_on_disk():
    with Box(True, True) as box:
        outbox = box.outbox
        fill(outbox, 0, 3)
        assert outbox.take() is None and not outbox.waiting.is_set()
        paths, number = outbox.unsynced()
        assert FOLDER + "/disk" in paths and len(paths) == 2
        fill(outbox, 3, 4)
        outbox.synced(number)
        assert outbox.waiting.is_set() and take_all(outbox) == [0, 1, 2]
        assert outbox.unsynced()[1] == 4


def test_when_full_the_oldest_go_and_are_counted():
    with Box(room=8192) as box:
        fill(box.outbox, 0, 1000)
        assert sum([len(read(FOLDER + "/disk/" + name)) for name in files()]) <= 8192
        kept = take_all(box.outbox)
        assert kept == list(range(1000 - len(kept), 1000)) and box.outbox.dropped == 1000 - len(
            kept
        )


def test_a_folder_that_cannot_be_made_and_comes_later():
    with Box() as box:
        fill(box.outbox, 0, 5)
        box.end()
        os.rename(FOLDER + "/disk", FOLDER + "/elsewhere")
        write(FOLDER + "/disk", b"")
        outbox = box.start()
        assert outbox.trouble and FOLDER in outbox.trouble
        fill(outbox, 5, 10)
        assert take_all(outbox) == list(range(5, 10))
        os.remove(FOLDER + "/disk")
        os.rename(FOLDER + "/elsewhere", FOLDER + "/disk")
        for _ in range(30):
            outbox.check(500)
        assert outbox.trouble is None and outbox.on_disk
        outbox.rewind()
        assert sorted(take_all(outbox)) == list(range(10))


def test_identifiers_are_the_same_after_a_restart():
    with Box() as box:
        box.outbox.append_reading("t", b', "x": 1}', box.clock.now())
        first = box.outbox.take()[2]
        again = box.start().take()[2]
        assert first == again and b'"id": "00000001-1", "time_synchronized": false' in first
        box.outbox.append_reading("t", b', "x": 1}', box.clock.now())
        assert b'"id": "00000002-1"' in box.outbox.take()[2]


def test_the_time_of_before_the_clock_was_set_is_corrected():
    with Box() as box:
        box.outbox.append_reading("t", b', "x": 1}', box.clock.now())
        assert b'"1970-01-01T00:00:05.000Z"' in box.outbox.take()[2]
        box.outbox.clock_set(FakeClock.boot, 1700000000000000000)
        # Also in the next run, which reads it from the log.
        for outbox in (box.outbox, box.start()):
            outbox.rewind()
            payload = outbox.take()[2]
            assert payload.startswith(b'{"time": "2023-11-14T22:13:25.000Z", "id": '), payload
            assert b"time_synchronized" not in payload


def test_the_time_of_another_boot_cannot_be_corrected():
    with Box() as box:
        box.outbox.append_reading("t", b', "x": 1}', box.clock.now())
        box.outbox.clock_set(b"another boot's..", 1700000000000000000)
        assert b'"time_synchronized": false' in box.outbox.take()[2]
