# SPDX-License-Identifier: MIT
"""The configuration of type = "exec"."""

from ...rights import COMMANDS
from ...schema.compound import Command, Renames
from ...schema.values import Duration

DOC = (
    "A command's output: a number is the field value, the members of a JSON object are fields; an "
    "object within another gives names joined with _. The output must be whole, at most 16 KiB."
)

KEYS = {
    "command": Command("The program and its arguments. It prints a number or a JSON object."),
    "rename": Renames(
        'Other names for fields, such as {id = "device"}; "" leaves a field out. The names time '
        "and id are the reading's own: a field of that name is left out unless renamed.",
        None,
    ),
    "timeout": Duration("How long it may take.", 100, 3600000, 10000),
    "interval": Duration("How often a reading is made.", 100, 86400000, 60000),
}

RIGHTS = (COMMANDS,)


def fields(_settings):
    return None
