# SPDX-License-Identifier: MIT
"""numpy's file format, for recordings of motion (int16, N x 3) and for features (N x n).

numpy/lib/format.py: the magic \\x93NUMPY, a version, the length of the header, the header as a
Python dict in text, then the numbers, row by row.
"""

import struct

_MAGIC = b"\x93NUMPY"
_ALIGNMENT = 64
_LONGEST_HEADER = 4096
_BYTES = {"<i2": 2, "<f4": 4}


class NpyError(Exception):
    """A file cannot be read; the text is the rest of a sentence that begins with its name."""


def _value(header, key):
    """The text of a value in the header: up to the comma that is not within parentheses."""
    start = header.find("'%s':" % key)
    if start < 0:
        raise NpyError("is damaged: its header has no %s" % key)
    text = header[start + len(key) + 3 :].strip()
    end = text.find(")") + 1 if text.startswith("(") else text.find(",")
    return text[:end] if end > 0 else text.rstrip("}")


def _shape(text):
    numbers = [part.strip() for part in text.strip("()").split(",")]
    numbers = [part for part in numbers if part]
    if not all(part.isdigit() for part in numbers):
        raise NpyError("is damaged: its shape is %s" % text)
    return tuple(int(part) for part in numbers)


class Reader:
    """An open array of two dimensions, read row by row.

    Attributes: columns; rows, the number in the header; `truncated`, whether the file has fewer.
    """

    def __init__(self, path, dtype, columns=None):
        """Raises NpyError for another dtype ("<i2", "<f4") or number of columns; OSError."""
        self._file = open(path, "rb")
        try:
            found, self.rows, self.columns = self._read_header()
            if found != dtype:
                raise NpyError("has numbers of type %s, not %s" % (found, dtype))
            if columns is not None and self.columns != columns:
                raise NpyError("has %d columns, not %d" % (self.columns, columns))
        except NpyError:
            self._file.close()
            raise
        self.row_bytes = _BYTES[dtype] * self.columns
        self._left = self.rows
        self.truncated = False

    def _read_header(self):
        start = self._file.read(8)
        if len(start) < 8 or start[:6] != _MAGIC:
            raise NpyError("is empty" if not start else "is no .npy file")
        size = self._file.read(2 if start[6] == 1 else 4)
        length = int.from_bytes(size, "little")
        header = self._file.read(length) if length <= _LONGEST_HEADER else b""
        if len(header) < max(length, 1):
            raise NpyError("is damaged: its header is cut short")
        header = "".join([chr(c) if c < 0x80 else "?" for c in header])
        if "True" in _value(header, "fortran_order"):
            raise NpyError("is stored column by column: save it with numpy.ascontiguousarray()")
        shape = _shape(_value(header, "shape"))
        if len(shape) != 2 or not shape[1]:
            raise NpyError("has the shape %s: it must have rows and columns" % (shape,))
        dtype = _value(header, "descr").strip("'\"")
        if dtype not in _BYTES:
            raise NpyError("has numbers of type %s: int16 and float32 are known" % dtype)
        return dtype, shape[0], shape[1]

    def readinto(self, buffer):
        """Fills a buffer of bytes with whole rows; returns how many, 0 at the end."""
        wanted = min(len(buffer) // self.row_bytes, self._left)
        n = self._file.readinto(memoryview(buffer)[: wanted * self.row_bytes]) if wanted else 0
        rows = n // self.row_bytes
        self._left -= rows
        if rows < wanted:
            self.truncated = True
            self._left = 0
        return rows

    def close(self):
        self._file.close()


def _header(dtype, rows, columns):
    # Leaves room for more digits, as the number of rows is not known at the start.
    shape = "(%s, %d)" % (rows, columns)
    text = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (dtype, shape)
    spare = _ALIGNMENT * 2 - len(_MAGIC) - 4 - len(text) - 1
    return (
        _MAGIC
        + b"\x01\x00"
        + struct.pack("<H", len(text) + spare + 1)
        + (text + " " * spare + "\n").encode()
    )


class Writer:
    """A new array of two dimensions, written row by row. keep() and close() complete its header,
    so that a crash after keep() loses only the rows since then."""

    def __init__(self, path, dtype, columns):
        self._file = open(path, "wb")
        self._dtype, self._columns = dtype, columns
        self.rows = 0
        self._file.write(_header(dtype, 0, columns))

    def write(self, data):
        """Appends whole rows, as an array or as bytes."""
        data = bytes(data)
        self._file.write(data)
        self.rows += len(data) // (_BYTES[self._dtype] * self._columns)

    def keep(self):
        self._file.seek(0)
        self._file.write(_header(self._dtype, self.rows, self._columns))
        self._file.seek(0, 2)

    def close(self):
        self.keep()
        self._file.close()
