"""What a message may weigh, and the error for one that weighs more; imported by processes that load no torch."""

from __future__ import annotations

from dataclasses import dataclass


class WireError(ValueError):
    """A value cannot cross, or bytes that arrived are no message; the text says what was refused."""


@dataclass(frozen=True)
class Limits:
    """What a message may weigh at most."""

    size: int = 256 * 2**20
    """Bytes of a whole message."""
    nodes: int = 50_000
    """Values in the tree."""
    depth: int = 16
    """Containers within containers."""
    arrays: int = 2_000
    """Arrays in one message."""
    ndim: int = 8
    """Axes of an array."""


LIMITS = Limits()
