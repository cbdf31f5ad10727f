"""Looking again until it fits, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Seen = TypeVar("Seen")


def poll(look: Callable[[], Seen], fits: Callable[[Seen], object], within: float = 5.0) -> None:
    """Look until it fits; fails after `within` seconds with what was seen last."""
    deadline = time.monotonic() + within
    while not fits(seen := look()):
        assert time.monotonic() < deadline, seen
        time.sleep(0.05)
