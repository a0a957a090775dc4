# SPDX-License-Identifier: MIT
"""The windows and frequency bands of a condition monitor, from its settings."""

_FIRST_EDGE_HZ = 10  # where the range of ISO 20816-1 begins


def window_samples(window_ms, rate_hz):
    """How many samples a window has: a power of two that lasts at least `window_ms`."""
    wanted = window_ms * rate_hz / 1000
    samples = 64
    while samples < wanted:
        samples *= 2
    return samples


def band_edges(settings):
    """The frequencies in Hz between which the bands lie: those of the settings, or else octaves
    from 10 Hz to half the rate."""
    if settings["bands"] is not None:
        return settings["bands"]
    rate_hz = settings["rate"]
    edges = []
    edge = _FIRST_EDGE_HZ
    while edge < 0.4 * rate_hz:
        edges.append(edge)
        edge *= 2
    return edges + [rate_hz / 2]


def band_names(edges_hz):
    """The fields of the bands between these frequencies."""
    return ["band_%g_%g_hz_m_s2" % pair for pair in zip(edges_hz, edges_hz[1:])]
