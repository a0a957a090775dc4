# SPDX-License-Identifier: MIT
"""The fields of a sensor as they are published: renamed, and one for each statistic."""

from ..field import NUMBER, Field
from .statistics import LAST, suffixes


def rounded(value, digits):
    """A number with so many digits behind the point."""
    found = float("%.*f" % (digits, value))
    # Not -0.
    return found + 0.0


def published_name(tables, field):
    """The name that a field has on the wire."""
    return tables.get(field, {}).get("name") or field


def published_names(settings, field, is_sum=False):
    """The names of all fields on the wire that a numeric field of a sensor becomes."""
    name = published_name(settings["values"], field)
    found = [name + suffix for _, suffix in suffixes(settings.get("statistics") or [LAST])]
    return [name] + found if is_sum and name not in found else found


def published(settings, declared):
    """The Fields of the readings, of those that the input declares."""
    found = []
    for field in declared:
        name = published_name(settings["values"], field.name)
        names = [name]
        if field.kind in (NUMBER, None):
            names = published_names(settings, field.name, field.is_sum)
        # A new name may have another ending than the quantity's unit.
        quantity = field.quantity if name == field.name else None
        for one in names:
            found.append(Field(one, None, field.kind, quantity, field.options))
    return found


def tables_by_published_name(settings):
    """{name on the wire: [sensor.NAME.values.FIELD] table} of all tables of a sensor."""
    tables = {}
    for field, table in settings["values"].items():
        # Also of a text, which has no statistics, and of a sum.
        for name in published_names(settings, field, True):
            tables[name] = table
    return tables
