# SPDX-License-Identifier: MIT
"""The templates by which Home Assistant gets a value out of a reading.

Source: Home Assistant's documentation of MQTT and of templating. A state "None" is unknown there.
"""

import json

from ..fields import BOOLEAN, NUMBER

_TRUTH = " | iif('ON', 'OFF', 'None') }}"


def json_value(field, kind):
    """The template for a field of a reading in JSON. A number, and what is true or false, keeps
    its state at a reading without the field; Home Assistant would warn of each such reading."""
    name = json.dumps(field)
    if kind == BOOLEAN:
        return "{{ '' if %s not in value_json else value_json[%s]%s" % (name, name, _TRUTH)
    return "{{ value_json[%s] | default(%s) }}" % (name, "''" if kind == NUMBER else "none")


def senml_value(name, member, factor=1):
    """The template for a record of a SenML pack: its name, the member of the record that has the
    value ("v", "vs" or "vb"), and the factor that the value was multiplied by. A pack leaves out
    what is unknown."""
    found = "value_json | selectattr('n', 'eq', %s) | map(attribute='%s') | list | first" % (
        json.dumps(name),
        member,
    )
    if member == "vb":
        return "{{ %s | default(none)%s" % (found, _TRUTH)
    if factor == 1:
        return "{{ %s | default(none) }}" % found
    # A unit of Home Assistant's own, with the digits that the factor has not cost.
    text = "{%% set v = %s | default(none) %%}{{ (v / %.15g) | round(9) if v is number else v }}"
    return text % (found, factor)
