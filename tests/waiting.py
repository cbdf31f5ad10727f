"""Looking again until it is so, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Seen = TypeVar("Seen")


def until(look: Callable[[], Seen], seconds: float = 5, fits: Callable[[Seen], object] = bool) -> None:
    """Look until what is seen fits; fails after `seconds` with what was seen last."""
    deadline = time.monotonic() + seconds
    while not fits(seen := look()):
        assert time.monotonic() < deadline, f"not within {seconds} s; last seen: {seen!r}"
        time.sleep(0.005)
