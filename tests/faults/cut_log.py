# SPDX-License-Identifier: MIT
"""Cuts a log at every byte of its last two segments: cut_log.py LOG FOLDER

Each time the outbox has to hand out every whole record in order and nothing else, and then take a
new message. Prints at how many bytes it cut.
"""

import os
import sys

from sensord.outbox import Outbox
from sensord.outbox.folder import FolderStorage


def read(path):
    with open(path, "rb") as file:
        return file.read()


def lay_out(folder, files):
    try:
        for name in os.listdir(folder):
            os.remove(folder + "/" + name)
    except OSError:
        # The folder is not there the first time.
        os.mkdir(folder)
    for name, data in files:
        with open(folder + "/" + name, "wb") as file:
            file.write(data)


def messages(folder):
    """The messages that an outbox in a folder hands out."""
    disk = FolderStorage(folder, 262144, True)
    outbox = Outbox(1 << 20, None, disk)
    assert outbox.trouble is None, outbox.trouble
    found = []
    while True:
        entry = outbox.take()
        if entry is None:
            break
        found.append(bytes(entry[2]))
    outbox.append("t", b"new")
    assert bytes(outbox.take()[2]) == b"new"
    disk.close()
    return found


def main(log, folder):
    files = [(name, read(log + "/" + name)) for name in sorted(os.listdir(log))]
    files = [(name, data) for name, data in files if name.endswith(".log")]
    lay_out(folder, files)
    everything = messages(folder)
    cuts = 0
    before = len(everything)
    for last in (len(files) - 1, len(files) - 2):
        name, data = files[last]
        for size in range(len(data) - 1, -1, -1):
            lay_out(folder, files[:last] + [(name, data[:size])])
            found = messages(folder)
            assert found == everything[: len(found)], (name, size)
            # One byte less costs at most one reading.
            assert before - 1 <= len(found) <= before, (name, size, before, len(found))
            before = len(found)
            cuts += 1
    print(cuts)


main(sys.argv[1], sys.argv[2])
