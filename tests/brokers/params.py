# SPDX-License-Identifier: MIT
"""Parameters of tests on brokers."""

import pytest


def of_kind(kind, *values, name, part):
    """Parameters of one test; those of a kind of broker and a part run one after the other, so
    that each broker is started once."""
    group = pytest.mark.xdist_group(f"{kind.__name__} {part}")
    return pytest.param(kind, *values, marks=group, id=f"{kind.__name__}-{name}")


def setting(limits):
    """Limits as in a broker's configuration, for the first column of a table."""
    return ", ".join(f"`{name} {value}`" for name, value in limits.items())
