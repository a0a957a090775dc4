# SPDX-License-Identifier: MIT
"""The outbox on disks that fail: it loses no whole reading and delivers no false one.

Without this a power cut at the wrong byte costs readings that were written long before, or makes
the board publish values that no sensor measured.
"""

import os

from linux.libc import getpid
from sensord.outbox.folder import FolderStorage
from sensord.outbox.outbox import SILENT_MS, Outbox
from sensord.outbox.record import JSON, SENML
from sensord.output import senml
from sensord.output.reading import head

INTERPRETERS = ("sensord", "stock")
FOLDER = "/tmp/sensord-outbox-%d" % getpid()
SEGMENT_BYTES = 600
ROOM = 1 << 16
HEADS = {JSON: head, SENML: senml.head}


class FakeClock:
    """A clock that a test sets."""

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
    """An outbox below FOLDER; `start()` opens it again as the next run of the daemon does."""

    def __init__(self, tmpfs=False, sync_always=False, room=ROOM):
        self.tmpfs, self.sync_always, self.room = tmpfs, sync_always, room
        self.clock = FakeClock()
        self.outbox = None
        self.session = 0
        self.start()

    def start(self):
        """Opens it as after a kill -9: nothing was closed."""
        self.end()
        self.session += 1
        disk = FolderStorage(FOLDER + "/disk", SEGMENT_BYTES, True)
        tmpfs = FolderStorage(FOLDER + "/tmpfs", SEGMENT_BYTES, False) if self.tmpfs else None
        self.outbox = Outbox(
            self.room, tmpfs, disk, self.sync_always, self.session, self.clock, HEADS
        )
        self.storages = (disk, tmpfs) if tmpfs else (disk,)
        return self.outbox

    def end(self):
        if self.outbox is not None:
            for storage in self.storages:
                storage.close()

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


def test_the_next_start_finds_the_readings_of_a_killed_daemon():
    """A crash must not cost the readings that wait."""
    for tmpfs in (False, True):
        with Box(tmpfs) as box:
            fill(box.outbox, 0, 50)
            outbox = box.start()
            assert len(outbox) == 50 and "50 readings" in outbox.warnings[0], outbox.warnings
            fill(outbox, 50, 60)
            assert take_all(outbox) == list(range(60))


def test_a_restart_sends_only_the_last_few_acknowledged_readings_again():
    """A broker must not get a day of readings a second time."""
    with Box() as box:
        fill(box.outbox, 0, 100)
        for _ in range(90):
            box.outbox.acknowledge(box.outbox.take()[0])
        assert 10 <= len(box.start()) < 10 + 40
        again = take_all(box.outbox)
        assert again == list(range(100 - len(again), 100))


def test_acknowledged_readings_leave_the_disk():
    """The disk must not fill with readings that have arrived."""
    with Box() as box:
        fill(box.outbox, 0, 1000)
        assert take_all(box.outbox, True) == list(range(1000))
        assert len(files()) <= 1
        box.outbox.close()
        assert files() == [] and len(box.start()) == 0


def test_cut_at_every_byte_of_the_last_segment():
    """A power cut must not cost readings that were whole on the disk."""
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
            write(name, whole)
        assert before == 30


def test_a_flipped_bit_costs_no_more_than_its_reading():
    """A worn card must not cost a segment, nor publish a wrong value."""
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


def test_damage_in_a_sealed_segment_is_counted_and_skipped():
    """Readings behind the damage must not wait for ever."""
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


def test_files_that_are_no_segments_are_named_and_left_alone():
    """A wrong `directory` must not cost the files that are in it."""
    with Box() as box:
        fill(box.outbox, 0, 5)
        write(FOLDER + "/disk/notes.txt", b"mine")
        write(FOLDER + "/disk/0000000777.log", b"also mine, and as long as a header is " * 4)
        os.mkdir(FOLDER + "/disk/0000000778.log")
        outbox = box.start()
        assert take_all(outbox, True) == list(range(5))
        warnings = "\n".join(outbox.warnings)
        assert "notes.txt" in warnings and "0000000777.log" in warnings
        assert read(FOLDER + "/disk/notes.txt") == b"mine"
        assert read(FOLDER + "/disk/0000000777.log").startswith(b"also mine")


def test_a_file_that_is_too_large_for_a_segment_is_left_alone():
    """200 GB of nothing, which take no room on a disk, held up each start for an hour."""
    with Box() as box:
        fill(box.outbox, 0, 3)
        path = FOLDER + "/disk/0000000077.log"
        with open(path, "wb") as file:
            file.seek(200 * 1024 * 1024 * 1024)
            file.write(b"\0")
        outbox = box.start()
        assert [warning for warning in outbox.warnings if "0000000077.log" in warning]
        assert take_all(outbox) == [0, 1, 2] and os.stat(path)[6] > 1 << 37


def test_a_file_name_that_is_not_utf8_is_ignored():
    """One such file must not keep the daemon from starting."""
    with Box() as box:
        fill(box.outbox, 0, 5)
        name = (FOLDER + "/disk/").encode() + b"\xff.log"
        write(name, b"mine")
        outbox = box.start()
        assert take_all(outbox) == list(range(5)) and "xff.log" in "".join(outbox.warnings)
        os.remove(name)


def test_two_daemons_do_not_share_a_folder():
    """Both would send, and remove, the readings of the other."""
    with Box() as box:
        fill(box.outbox, 0, 5)
        other = Outbox(ROOM, None, FolderStorage(FOLDER + "/disk", SEGMENT_BYTES, True))
        assert "another sensord" in other.trouble
        fill(other, 5, 10)
        assert take_all(other) == list(range(5, 10))
        assert take_all(box.outbox) == list(range(5))


def test_the_disk_is_used_only_while_the_broker_does_not_answer():
    """An SD card wears out if it is written to all day."""
    with Box(True) as box:
        outbox = box.outbox
        for i in range(1000):
            fill(outbox, i, i + 1)
            outbox.check(500)
            take_all(outbox, True)
        assert outbox.written_bytes == 0 and len(files("tmpfs")) <= 1
        fill(outbox, 0, 40)
        for _ in range(SILENT_MS // 500):
            assert not outbox.on_disk
            outbox.check(500)
        outbox.check(500)
        assert outbox.on_disk and files("tmpfs") == [] and outbox.written_bytes > 0
        fill(outbox, 40, 80)
        assert take_all(outbox, True) == list(range(80))
        written = outbox.written_bytes
        fill(outbox, 80, 81)
        assert not outbox.on_disk and outbox.written_bytes - written < 200


def test_with_sync_always_only_readings_on_disk_are_sent():
    """A reading that has been sent must survive a power cut."""
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


def test_a_full_outbox_drops_and_counts_the_oldest():
    """A broker that is away for a week must not fill the disk."""
    with Box(room=8192) as box:
        fill(box.outbox, 0, 1000)
        assert sum([len(read(FOLDER + "/disk/" + name)) for name in files()]) <= 8192
        kept = take_all(box.outbox)
        assert kept == list(range(1000 - len(kept), 1000)) and box.outbox.dropped == 1000 - len(
            kept
        )


def test_a_folder_that_can_be_used_only_later():
    """A disk that is mounted late must not cost the readings on it."""
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


def test_ids_are_the_same_after_a_restart():
    """A database knows a second copy by its id."""
    with Box() as box:
        box.outbox.append_reading("t", b', "x": 1}', box.clock.now())
        first = box.outbox.take()[2]
        again = box.start().take()[2]
        assert first == again and b'"id": "00000001-1", "time_synchronized": false' in first
        box.outbox.append_reading("t", b', "x": 1}', box.clock.now())
        assert b'"id": "00000002-1"' in box.outbox.take()[2]


def test_times_from_before_the_clock_was_set_are_corrected():
    """A board without a clock would date its first readings 1970."""
    with Box() as box:
        box.outbox.append_reading("t", b', "x": 1}', box.clock.now())
        assert b'"1970-01-01T00:00:05.000Z"' in box.outbox.take()[2]
        box.outbox.correct_times(FakeClock.boot, 1700000000000000000)
        # The next run reads the correction from the segment.
        for outbox in (box.outbox, box.start()):
            outbox.rewind()
            payload = outbox.take()[2]
            assert payload.startswith(b'{"time": "2023-11-14T22:13:25.000Z", "id": '), payload
            assert b"time_synchronized" not in payload


def test_times_of_another_boot_are_not_corrected():
    """They would get a wrong time that looks right."""
    with Box() as box:
        box.outbox.append_reading("t", b', "x": 1}', box.clock.now())
        box.outbox.correct_times(b"another boot's..", 1700000000000000000)
        assert b'"time_synchronized": false' in box.outbox.take()[2]
