# SPDX-License-Identifier: MIT
"""Sound in files: RIFF WAVE with 16-bit PCM of one channel."""

import struct

_FORMAT_PCM = 1
_FORMAT_EXTENSIBLE = 0xFFFE
_HEADER_BYTES = 44
_MOST_BYTES = (1 << 32) - _HEADER_BYTES  # sizes have 32 bits


class WavError(Exception):
    """A file cannot be read; the text is the rest of a sentence that begins with its name."""


def read_header(file):
    """(rate in Hz, bytes of samples) of a file open at its start; reads up to the first sample.

    Raises WavError if it is no such sound.
    """
    # RIFF: chunks of an id, a size and as many bytes, padded to an even number
    head = file.read(12)
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        raise WavError("not a .wav file")
    rate = None
    while True:
        chunk = file.read(8)
        if len(chunk) < 8:
            raise WavError("no samples in it")
        size = int.from_bytes(chunk[4:8], "little")
        if chunk[:4] == b"fmt " and 16 <= size <= 128:
            rate = _rate(file.read(size + (size & 1)))
        elif chunk[:4] == b"data":
            if rate is None:
                raise WavError("samples before their format")
            return rate, size & ~1
        else:
            file.seek(size + (size & 1), 1)


def _rate(data):
    if len(data) < 16:
        raise WavError("cut short")
    kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", data)
    if kind not in (_FORMAT_PCM, _FORMAT_EXTENSIBLE) or bits != 16:
        raise WavError("its samples must be 16-bit PCM")
    if channels != 1:
        raise WavError("it has %d channels: only mono is read" % channels)
    if not rate:
        raise WavError("its rate is 0 Hz")
    return rate


class Writer:
    """A new sound. keep() and close() complete its header, so that a crash after keep() loses only
    the samples since then."""

    def __init__(self, path, rate_hz):
        """OSError if it cannot be made."""
        self._file = open(path, "wb")
        self._rate_hz = rate_hz
        self._bytes = 0
        self._file.write(self._header())

    def _header(self):
        return struct.pack(
            "<4sI4s4sIHHIIHH4sI",
            b"RIFF",
            _HEADER_BYTES - 8 + self._bytes,
            b"WAVE",
            b"fmt ",
            16,
            _FORMAT_PCM,
            1,
            self._rate_hz,
            2 * self._rate_hz,
            2,
            16,
            b"data",
            self._bytes,
        )

    def write(self, samples):
        """Appends samples, int16, as bytes. OSError; ValueError when the format holds no more."""
        if self._bytes + len(samples) > _MOST_BYTES:
            raise ValueError("a .wav file holds no more than 4 GiB")
        self._file.write(samples)
        self._bytes += len(samples)

    def keep(self):
        self._file.seek(0)
        self._file.write(self._header())
        self._file.seek(0, 2)

    def close(self):
        self.keep()
        self._file.close()
