# SPDX-License-Identifier: MIT
"""The kinds of input: one folder each, and no code outside it depends on a kind.

schema.py   the part that needs no hardware; imports nothing that needs Linux
    DOC                     text for the manual
    KEYS                    {key: kind of value} beside `type` and `values`
    fields(settings)        the Fields of its readings; None if they depend on the hardware
    keys(table)             further keys, which depend on the table; optional
    contradictions(settings)  yields (key, text) for values that do not go together; optional
    claims(settings)        yields (key, what no other table may use), such as
                            ("pin", "pin GPIO17"), or "camera " + schema.devices.ANY for
                            whichever there is; optional
    RIGHTS                  what the service must be allowed to use, of rights.py; optional
    rights(settings)        those of them that a sensor needs; optional

sensor.py   class Sensor
    Sensor(settings)        the checked settings of its table, with its name as "name"
    deadline_ms             how long it may live without a beat
    first_ms                how long its first reading takes, for who waits for it; optional for
                            one with the keys timeout, or window and interval
    await run(output)       makes readings until it is cancelled; returns when a recording has
                            ended; raises Fault or OSError when it cannot go on

        output.reading(fields)    (name, value) of each field; Invalid for a value that is none
        output.beat()             it lives
        output.carry              a dict that outlives the sensor: counts, over faults and reloads
        output.note               None, or a text that the status has as long as it stands
        output.is_stopping        whether the sensor ends with this run: the last reading is due

recorder.py optional: class Recorder, see commands/record.py

estimate.py optional: what `sensord check` tells about the time that a sensor takes
    estimate(settings)      yields (whether it is a warning, text)

The type in the configuration is the folder's name, but for those in _FOLDERS.
"""

from .. import contents
from ..errors import Fault
from ..values.field import BOOLEAN, NUMBER, TEXT, Field, Invalid

__all__ = ("BOOLEAN", "NUMBER", "TEXT", "Fault", "Field", "Invalid")

# The types with another name than their folder's.
_FOLDERS = {"exec": "command", "gpio": "counter", "w1": "onewire"}


def _types(module):
    """The types of the kinds that have a module of that name, sorted."""
    types = {folder: kind for kind, folder in _FOLDERS.items()}
    folders = contents.packages_with("inputs", module)
    return sorted([types.get(folder, folder) for folder in folders])


def types():
    """The types that [sensor.NAME] may have, sorted."""
    return _types("schema")


def recordable():
    """The types that `sensord record` can record, sorted."""
    return _types("recorder")


def is_type(kind):
    """Whether there is such a type."""
    folder = _FOLDERS.get(kind, kind)
    # "command" is a folder, and its type is exec.
    if folder == kind and kind in _FOLDERS.values():
        return False
    return contents.has("inputs/" + folder, "schema")


def _module(kind, name):
    # Imported when needed: a daemon without a microphone does not load the sound code.
    return contents.load("inputs.%s.%s" % (_FOLDERS.get(kind, kind), name))


def schema(kind):
    """The schema module of an existing type."""
    return _module(kind, "schema")


def create(settings):
    """The Sensor of a checked [sensor.NAME] table."""
    if settings.get("sample") is not None:
        settings = dict(settings)
        settings["interval"] = settings["sample"]
    return _module(settings["type"], "sensor").Sensor(settings)


def recorder(settings, path):
    """The Recorder of a checked [sensor.NAME] table, to a file or folder."""
    return _module(settings["type"], "recorder").Recorder(settings, path)


def estimates(settings):
    """Yields (whether it is a warning, text) about the time that a sensor takes."""
    kind = settings["type"]
    if contents.has("inputs/" + _FOLDERS.get(kind, kind), "estimate"):
        yield from _module(kind, "estimate").estimate(settings)


def recording_suffix(kind):
    """How the names of a type's recordings end, such as ".wav"; "/" for a folder."""
    return _module(kind, "recorder").SUFFIX


def rights(settings):
    """The rights that the service needs for a sensor; none for a recording."""
    if settings.get("replay") is not None:
        return ()
    found = schema(settings["type"])
    return found.rights(settings) if hasattr(found, "rights") else getattr(found, "RIGHTS", ())


def all_rights():
    """The rights of all types."""
    found = []
    for kind in types():
        found += getattr(schema(kind), "RIGHTS", ())
    return found


def fields(settings):
    """The Fields of a sensor's readings, or () if only the readings show them."""
    return schema(settings["type"]).fields(settings) or ()
