# SPDX-License-Identifier: MIT
"""Mutations of binary formats, for the fuzzers that run in our interpreter."""

import random


def mutated(data, words, most=8):
    """A copy of `data` (bytes) with one to `most` changes: bits flipped, ends cut, parts removed,
    repeated or swapped, and one of `words`, which have a meaning in the format, inserted."""
    data = bytearray(data)
    for _ in range(random.getrandbits(8) % most + 1):
        if not data:
            break
        kind, at = random.getrandbits(3), random.getrandbits(16) % len(data)
        if kind < 3:
            data[at] ^= 1 << random.getrandbits(3)
        elif kind == 3:
            data = data[:at]
        elif kind == 4:
            data = data[:at] + data[at + random.getrandbits(5) :]
        elif kind == 5:
            data = data[:at] + data[at // 2 : at // 2 + 60] + data[at:]
        elif kind == 6:
            word = words[random.getrandbits(8) % len(words)]
            data[at : at + len(word)] = word
        else:
            data = data[at:] + data[:at]
    return bytes(data)
