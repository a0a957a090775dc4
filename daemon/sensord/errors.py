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

# <asm-generic/errno-base.h> and <asm-generic/errno.h>
ENOENT = 2
EAGAIN = 11
EACCES = 13
EEXIST = 17
ENODEV = 19
EISCONN = 106


class ConfigError(Exception):
    """The errors in a configuration. `messages` is a list of "FILE:LINE: MESSAGE"; `exit_code`
    is what the program ends with."""

    exit_code = EX_CONFIG

    def __init__(self, messages):
        super().__init__("\n".join(messages))
        self.messages = messages


class Fault(Exception):
    """Why a sensor cannot measure, in words for its user."""
