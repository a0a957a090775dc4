# SPDX-License-Identifier: MIT
"""A benchmark's results: one object for each goal, as a table and as JSON."""

import json

_DIGITS = 4
# Times are compared within a run: an absolute one tells the machine, not whether ours is fast.
# Only the steps of a value have a budget in time, as nobody else has the same steps.
_UNITS = ("kB", "bytes a call", "ratio", "times", "us a sample")


def result(name, value, unit, goal, peer, peer_value, better="lower"):
    """One goal and whether it is met: an upper limit, or with better="higher" a lower one.

    `peer` says what was measured beside it; `peer_value` is the peer's figure in `unit`, or, where
    `value` is a ratio, in the unit that `peer` names. ValueError for an absolute time.
    """
    if unit not in _UNITS:
        raise ValueError(f"{name}: a goal's unit is one of {', '.join(_UNITS)}, not {unit}")
    return {
        "name": name,
        "value": _rounded(value),
        "unit": unit,
        "better": better,
        "goal": _rounded(goal),
        "met": value <= goal if better == "lower" else value >= goal,
        "peer": peer,
        "peer_value": _rounded(peer_value),
    }


def _rounded(value):
    return value if isinstance(value, int) else float(f"{value:.{_DIGITS}g}")


def write(results, path):
    path.write_text(json.dumps(results, indent=2) + "\n")


def table(results):
    """The results as aligned text, one line each."""
    rows = [("", "value", "goal", "unit", "met", "beside it")]
    for r in results:
        met = "yes" if r["met"] else "NO"
        rows.append((r["name"], f"{r['value']:g}", f"{r['goal']:g}", r["unit"], met, r["peer"]))
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    lines = []
    for name, value, goal, unit, met, peer in rows:
        lines.append(
            f"{name:<{widths[0]}}  {value:>{widths[1]}}  {goal:>{widths[2]}}  "
            f"{unit:<{widths[3]}}  {met:<{widths[4]}}  {peer}"
        )
    return "\n".join(lines)
