# SPDX-License-Identifier: MIT
"""Pictures in files: PGM (P5) and PPM (P6) with 8 bits, as in netpbm's pgm(5) and ppm(5)."""

_LONGEST_HEADER = 1024
_MOST_PIXELS = 4096 * 4096
FORMATS = {b"P5": "GREY", b"P6": "RGB3"}
CHANNELS = {"GREY": 1, "RGB3": 3}
SUFFIX = {"GREY": ".pgm", "RGB3": ".ppm"}


class PnmError(Exception):
    """A file cannot be read; the text is the rest of a sentence that begins with its name."""


def _tokens(head):
    """The first four words of a header, without its comments, and the offset of the pixels."""
    words = []
    at = 0
    while len(words) < 4:
        while head[at : at + 1].isspace():
            at += 1
        if head[at : at + 1] == b"#":
            while at < len(head) and head[at] != 10:
                at += 1
            continue
        start = at
        while at < len(head) and not head[at : at + 1].isspace():
            at += 1
        if start == at:
            raise PnmError("is damaged: its header ends early")
        words.append(head[start:at])
    return words, at + 1


def read(path):
    """(format, (width, height), pixels): "GREY" or "RGB3", and a memoryview of the bytes.

    PnmError if it is no such picture or cut short; OSError.
    """
    with open(path, "rb") as file:
        head = file.read(_LONGEST_HEADER)
        if head[:2] not in FORMATS:
            raise PnmError("is no PGM or PPM picture (P5, P6)")
        (kind, *numbers), start = _tokens(head)
        if kind not in FORMATS:
            raise PnmError("is no PGM or PPM picture (P5, P6)")
        if not all(n.isdigit() for n in numbers):
            raise PnmError("is damaged: its header has no numbers")
        width, height, most = [int(n) for n in numbers]
        if most != 255:
            raise PnmError("has values up to %d: only 255 is read" % most)
        if not 0 < width * height <= _MOST_PIXELS:
            raise PnmError("has a size of %d x %d" % (width, height))
        n_bytes = width * height * CHANNELS[FORMATS[kind]]
        # Before memory is taken for pixels that are not there.
        if file.seek(0, 2) < start + n_bytes:
            raise PnmError("is cut short")
        pixels = bytearray(n_bytes)
        file.seek(start)
        if file.readinto(pixels) != n_bytes:
            raise PnmError("is cut short")
    return FORMATS[kind], (width, height), memoryview(pixels)


def write(path, kind, size, pixels):
    """Writes a picture of `kind`, "GREY" or "RGB3". OSError."""
    header = "%s\n%d %d\n255\n" % ("P5" if kind == "GREY" else "P6", size[0], size[1])
    with open(path, "wb") as file:
        file.write(header.encode())
        file.write(pixels)
