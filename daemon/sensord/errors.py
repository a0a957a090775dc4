# SPDX-License-Identifier: MIT
"""The errors that all parts share: exit codes, errno numbers, Fault."""

# <sysexits.h>
EX_OK = 0
EX_USAGE = 64
EX_DATAERR = 65
EX_NOINPUT = 66
EX_UNAVAILABLE = 69
EX_SOFTWARE = 70
EX_CANTCREAT = 73
EX_CONFIG = 78

# <errno.h>: those that the interpreter's errno module may lack
ENOENT = 2
EEXIST = 17
ENODEV = 19


class Fault(Exception):
    """Why a sensor cannot measure, in words for its user."""
