"""Identifiers handed in: ordered by time, drawn from a given source of randomness."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid5

_STABLE = UUID("8f7ad9a0-6b1c-5c39-9a53-0d4a7a3f2c11")


class Ids(Protocol):
    """Whoever creates a row asks one of these for its key."""

    def new(self) -> UUID:
        """A fresh UUID, later ones sorting after earlier ones."""
        ...


class TimeOrderedIds:
    """Version 7 UUIDs (RFC 9562 §5.7): 48 bits of milliseconds, then randomness.

    With a virtual clock and a seeded generator the sequence is the same at every run.
    """

    def __init__(self, now: Callable[[], datetime], rng: random.Random | None = None) -> None:
        self._now = now
        self._rng = rng or random.SystemRandom()
        self._last = 0

    def new(self) -> UUID:
        milliseconds = int(self._now().timestamp() * 1000)
        # Twelve bits of counter keep the order inside one millisecond.
        stamp = max(milliseconds << 12, self._last + 1)
        self._last = stamp
        milliseconds, counter = stamp >> 12, stamp & 0xFFF
        value = (milliseconds & (1 << 48) - 1) << 80
        value |= 0x7 << 76 | counter << 64 | 0b10 << 62 | self._rng.getrandbits(62)
        return UUID(int=value)


def stable_id(*parts: object) -> UUID:
    """The same UUID for the same parts, so that importing a file twice names the same rows."""
    return uuid5(_STABLE, "\x1f".join(str(part) for part in parts))
