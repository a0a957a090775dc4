# SPDX-License-Identifier: MIT
"""Clusters of uint8 vectors."""

from array import array
from collections.abc import Iterator

from typing_extensions import Buffer

def cluster(
    values: Buffer,
    centroids: array[int] | bytearray,
    features: int,
    max_iter: int = 10,
    stop_changes: int = 0,
) -> array[int]:
    """k-means, from 1 to 254 centroids, which are moved. The cluster of each sample."""

def cluster_iter(
    values: Buffer,
    centroids: array[int] | bytearray,
    assignments: array[int] | bytearray,
    features: int,
    max_iter: int = 10,
    stop_changes: int = 0,
) -> Iterator[int]:
    """The same, a round a step: how many assignments changed."""

def euclidean_argmin(vectors: Buffer, point: Buffer, /) -> tuple[int, int]:
    """The index of the nearest vector, and the square of its distance."""
