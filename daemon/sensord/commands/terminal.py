# SPDX-License-Identifier: MIT
"""Prints for the commands: results to standard output, words to a person to standard error."""

import sys

from ..visible import visible


def show(line):
    """Writes a line of the result."""
    sys.stdout.write(visible(line) + "\n")


def tell(text):
    """Writes a message, behind the program's name."""
    sys.stderr.write("sensord: %s\n" % visible(text))
