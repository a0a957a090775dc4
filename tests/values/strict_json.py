# SPDX-License-Identifier: MIT
"""Runs in MicroPython: for each line of a file in hexadecimal, the value of the document, written
again as JSON, or "refused" and the reason."""

import binascii
import sys


def text(string):
    parts = ["\\u{:x};".format(ord(c)) for c in string]  # noqa: UP032
    return '"' + "".join(parts) + '"'


def written(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return text(value)
    if isinstance(value, int):
        return "%d" % value
    if isinstance(value, float):
        return "%.14g" % value
    if isinstance(value, list):
        return "[" + ",".join([written(item) for item in value]) + "]"
    return "{" + ",".join([text(key) + ":" + written(value[key]) for key in sorted(value)]) + "}"


def main():
    from sensord.files.strict_json import JSONError, loads

    with open(sys.argv[1]) as file:
        for line in file:
            try:
                print(written(loads(binascii.unhexlify(line.strip()))))
            except JSONError as error:
                print("refused", repr(str(error)))


if __name__ == "__main__":
    main()
