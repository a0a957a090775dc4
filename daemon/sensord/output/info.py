# SPDX-License-Identifier: MIT
"""Describes a host and its quantities, for overviews of many: one retained JSON object."""

import json

from .. import __version__
from .fields import NUMBER


def _interval_s(settings):
    interval_ms = settings.get("interval") or settings.get("hop")
    return "%g" % (interval_ms / 1000) if interval_ms else "null"


def _field(name, quantity, unit):
    return '%s: {"unit": %s, "quantity": %s}' % (
        json.dumps(name),
        json.dumps(unit),
        json.dumps(quantity),
    )


def _sensor(name, settings, fields_of_all):
    fields = []
    kinds = fields_of_all.of(name)
    for field in sorted(kinds):
        known = fields_of_all.quantity(name, field) if kinds[field] == NUMBER else None
        if known is None:
            fields.append(_field(field, None, None))
        else:
            fields.append(_field(field, known.name, known.unit))
    return '%s: {"type": %s, "interval_s": %s, "fields": {%s}}' % (
        json.dumps(name),
        json.dumps(settings["type"]),
        _interval_s(settings),
        ", ".join(fields),
    )


def message(board, host, sensors, fields, web=None, trouble=None):
    """The object as JSON, bytes.

    `board` is the model of the machine or None, `host` the checked [host] table, `sensors`
    {name: settings}, `fields` a Fields, `web` is the address of the web page or None, `trouble`
    what is wrong with the configuration's file while an earlier one is in use, or None.
    """
    # In parts: as one object a large configuration's message takes several times its size.
    parts = [
        '"version": ' + json.dumps(__version__),
        '"board": ' + json.dumps(board),
        '"web": ' + json.dumps(web),
    ]
    for key in ("organisation", "location", "room"):
        parts.append('"%s": %s' % (key, json.dumps(host[key])))
    if trouble is not None:
        parts.append('"trouble": ' + json.dumps(trouble))
    known = [_sensor(name, sensors[name], fields) for name in sorted(sensors)]
    parts.append('"sensors": {%s}' % ", ".join(known))
    return ("{%s}" % ", ".join(parts)).encode()
