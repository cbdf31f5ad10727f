"""The nightly rebuild: a city's weeks, shares and effects from its own calls."""

from __future__ import annotations

from dialer.reach.attempts import Attempts
from dialer.reach.habits import Beliefs


def fitted(beliefs: Beliefs, attempts: Attempts) -> Beliefs:  # noqa: ARG001
    """What the calls say of the city."""
    return beliefs
