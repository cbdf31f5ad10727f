"""A fixed ratio's arithmetic: pure, which the reference world compiles too."""

from __future__ import annotations


def lines_for(ratio: float, ready: int) -> int:
    """Lines wanted for so many ready operators."""
    return int(ratio * ready + 0.5)
