"""Phone numbers that cannot exist (DOMAIN.md §2.9), each drawn once, and the ways clerks have typed them."""

from __future__ import annotations

import random

_MOBILE = ("090", "070")
_ZENKAKU = str.maketrans("0123456789-", "0123456789-")


class NumberPool:
    """Hands out synthetic numbers: 090-0NNN-NNNN, 070-0NNN-NNNN, 03-0NNN-NNNN, 050-0NNN-NNNN, never one twice."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._taken: set[str] = set()

    def mobile(self) -> str:
        return self._draw(self._rng.choice(_MOBILE))

    def landline(self) -> str:
        return self._draw("03")

    def ip(self) -> str:
        return self._draw("050")

    def _draw(self, prefix: str) -> str:
        while True:
            digits = f"{prefix}0{self._rng.randrange(10**7):07d}"
            if digits not in self._taken:
                self._taken.add(digits)
                return to_e164(digits)


def to_e164(digits: str) -> str:
    return f"+81{digits[1:]}"


def national(e164: str) -> str:
    return f"0{e164.removeprefix('+81')}"


def typed(e164: str, rng: random.Random) -> str:
    """The number as a clerk may have typed it over the years."""
    digits = national(e164)
    head = 2 if digits.startswith("03") else 3
    parts = (digits[:head], digits[head:-4], digits[-4:])
    hyphenated = "-".join(parts)
    way = rng.random()
    if way < 0.70:
        return hyphenated
    if way < 0.82:
        return digits
    if way < 0.90:
        return f"{parts[0]}({parts[1]}){parts[2]}"
    if way < 0.96:
        return hyphenated.translate(_ZENKAKU)
    return f"{hyphenated} 呼出"
