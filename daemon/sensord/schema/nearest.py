# SPDX-License-Identifier: MIT
"""The word that was probably meant."""


def distance(a, b):
    """How many letters must be added, dropped, changed or swapped to make `a` of `b`."""
    before, last = None, list(range(len(b) + 1))
    for i in range(len(a)):
        row = [i + 1]
        for j in range(len(b)):
            cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] != b[j]))
            if i and j and a[i] == b[j - 1] and a[i - 1] == b[j]:
                cost = min(cost, before[j - 1] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]


def nearest(name, known):
    """The known name that `name` most likely was meant to be, or None."""
    # Of one or two letters each is as near as the other.
    best, best_distance = None, 1 + len(name) // 3 if len(name) > 2 else 0
    for candidate in sorted(known):
        d = distance(name.lower(), candidate.lower())
        # More than half of the letters must stay: "host" is no "qos".
        if d <= best_distance and 2 * d < max(len(name), len(candidate)):
            best, best_distance = candidate, d - 1
    return best


def suggestion(name, known):
    """'did you mean "…"?', or what there is."""
    meant = nearest(name, known)
    if meant is not None:
        return 'did you mean "%s"?' % meant
    return "known: " + (", ".join(sorted(known)) or "none")
