# SPDX-License-Identifier: MIT
"""Reads mutated recordings: sound, motion and pictures; see fuzzing.py for its command line.

Any exception but the format's own is a failure, more data than the file has, and a recording that
reads otherwise than it was written.
"""

import builtins
import io
import random

import fuzzing
from fuzzing import Choices
from mutations import mutated

from sensord.files import npy, pnm, state, wav

WORDS = (
    b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x01\0", b"fmt ", b"data", b"LIST", b"RIFF", b"WAVE",
    b"'<i2'",
    b"'<f4'", b"'>i2'", b"(3, 3)", b"(3,)", b"()", b"(9999999999, 3)", b"(0, 0)", b"True", b",",
    b"'",
    b"P5", b"P6", b"#", b"\n", b" ", b"255", b"65535", b"4096", b"99999999999", b"-1", b"{", b"}",
)  # fmt: skip
_files = {}


class Stored(io.BytesIO):
    """A file that is kept when it is closed."""

    def __init__(self, path):
        super().__init__()
        self._path = path

    def close(self):
        _files[self._path] = self.getvalue()

    def __exit__(self, *_):
        self.close()


def _open(path, mode="r"):
    return Stored(path) if "w" in mode else io.BytesIO(_files[path])


builtins.open = _open


def written():
    """A recording of each kind, made by the writers."""
    sound = wav.Writer("sound", 16000)
    sound.write(bytes(range(100)))
    sound.close()
    for path, kind, columns in (("motion", "<i2", 3), ("features", "<f4", 4)):
        rows = npy.Writer(path, kind, columns)
        rows.write(bytes(range(96)))
        rows.close()
    pnm.write("grey", "GREY", (5, 4), bytes(range(20)))
    pnm.write("colour", "RGB3", (3, 2), bytes(range(18)))
    return [_files[path] for path in ("sound", "motion", "features", "grey", "colour")]


WHOLE = written()
KINDS = len(WHOLE)


def make():
    kind = random.getrandbits(8) % KINDS
    how = random.getrandbits(8)
    return bytes((kind, how)) + (WHOLE[kind] if how == 0 else mutated(WHOLE[kind], WORDS))


def check_sound(data):
    file = io.BytesIO(data)
    try:
        rate, size = wav.read_header(file)
    except wav.WavError:
        return None
    assert 0 < rate < 1 << 32 and 0 <= size < 1 << 32 and size % 2 == 0, (rate, size)
    return file.read()[:size]


def check_rows(data, kind):
    _files["in"] = data
    try:
        reader = npy.Reader("in", kind)
    except npy.NpyError:
        return None
    assert reader.columns > 0 and reader.rows >= 0
    buffer, got = bytearray(64), b""
    while True:
        rows = reader.readinto(buffer)
        if rows == 0:
            break
        got += buffer[: rows * reader.row_bytes]
        assert len(got) <= len(data), "more rows than there is room for"
    reader.close()
    return got


def check_picture(data):
    _files["in"] = data
    try:
        kind, size, pixels = pnm.read("in")
    except pnm.PnmError:
        return None
    assert len(pixels) == size[0] * size[1] * pnm.CHANNELS[kind] <= len(data), (
        "more than the file has"
    )
    return bytes(pixels)


def check_state(data):
    _files["in"] = data
    try:
        state.load("in")
    except ValueError:
        return


def check(data):
    choices = Choices(data)
    kind, how, data = choices.byte() % KINDS, choices.byte(), data[2:]
    check_state(data)
    if kind == 0:
        found = check_sound(data)
    elif kind < 3:
        found = check_rows(data, ("<i2", "<f4")[kind - 1])
    else:
        found = check_picture(data)
    if how == 0 and data == WHOLE[kind]:
        size = (100, 96, 96, 20, 18)[kind]
        assert found == bytes(range(size)), "it does not read as it was written"
    return found is not None


fuzzing.main("recordings", make, check)
