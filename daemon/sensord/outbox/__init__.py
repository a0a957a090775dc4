# SPDX-License-Identifier: MIT
"""Readings on their way to the broker: kept in order until acknowledged, whatever is killed."""

from .queue import Outbox

__all__ = ("Outbox",)
