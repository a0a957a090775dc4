# SPDX-License-Identifier: MIT
"""The kinds of input: one folder each, and nothing outside it knows of them.

schema.py   what is known of it without its hardware; imports nothing that needs Linux
    DOC                     text for the manual
    KEYS                    {key: kind of value} beside `type` and `values`
    fields(settings)        the Fields of its readings; None where only the hardware tells
    keys(table)             further keys, of what the table says; optional
    contradictions(settings)  yields (key, text) for values that do not go together; optional
    claims(settings)        yields (key, what no other table may use), such as
                            ("pin", "pin GPIO17"), or "camera " + schema.devices.ANY for
                            whichever there is; optional

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
        output.is_stopping        whether it is cancelled for good: the last reading is due

recorder.py optional: class Recorder, see commands/record.py

The type in the configuration is the folder's name, but for those in _TYPES.
"""

from .. import contents
from ..errors import Fault
from ..values.field import BOOLEAN, NUMBER, TEXT, Field, Invalid

__all__ = ("BOOLEAN", "NUMBER", "TEXT", "Fault", "Field", "Invalid")

# What users know under another name than the folder.
_TYPES = {"command": "exec", "counter": "gpio", "onewire": "w1"}


def _types(module):
    folders = contents.packages_with("inputs", module)
    return {_TYPES.get(folder, folder): folder for folder in folders}


def types():
    """The types that [sensor.NAME] may have, sorted."""
    return sorted(_types("schema"))


def recordable():
    """The types that `sensord record` can record, sorted."""
    return sorted(_types("recorder"))


def _module(kind, name):
    # Imported when needed: a daemon without a microphone does not load the sound code.
    return contents.load("inputs.%s.%s" % (_types("schema")[kind], name))


def schema(kind):
    """The schema module of a type. KeyError if there is no such type."""
    return _module(kind, "schema")


def create(settings):
    """The Sensor of a checked [sensor.NAME] table."""
    return _module(settings["type"], "sensor").Sensor(settings)


def recorder(settings, path):
    """The Recorder of a checked [sensor.NAME] table, to a file or folder."""
    return _module(settings["type"], "recorder").Recorder(settings, path)


def recording_suffix(kind):
    """How the names of a type's recordings end, such as ".wav"; "/" for a folder."""
    return _module(kind, "recorder").SUFFIX


def fields(settings):
    """The Fields that a sensor's readings are known to have, or () where only they tell."""
    return schema(settings["type"]).fields(settings) or ()
