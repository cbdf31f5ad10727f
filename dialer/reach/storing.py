"""What is believed of a city as JSON, so that an engine that starts anew need not learn it again at once."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from dialer.reach.effects import LEVELS, Effects
from dialer.reach.habits import HABITS, Beliefs, Segments, first_beliefs
from dialer.reach.slots import Floats

FORM = 3
"""Changes with every change of what the numbers mean; beliefs of another form are learned anew."""
_DIGITS = 6
_ARRAYS = ("near", "log_shares", "right_near", "right_shares", "dead")


def to_json(beliefs: Beliefs) -> dict[str, Any]:
    """Plain lists of numbers."""
    return {
        "form": FORM,
        **{name: _plain(getattr(beliefs, name)) for name in _ARRAYS},
        "segments": {each.name: _plain(getattr(beliefs.segments, each.name)) for each in fields(Segments)},
        "effects": {each.name: _plain(getattr(beliefs.effects, each.name)) for each in fields(Effects)},
        "together": beliefs.together,
        "alike": beliefs.alike,
        "half_life_days": beliefs.half_life_days,
    }


def from_json(stored: dict[str, Any]) -> Beliefs | None:
    """None for what another version wrote."""
    if stored.get("form") != FORM:
        return None
    first = first_beliefs()
    arrays = {name: np.array(stored[name]) for name in _ARRAYS}
    effects = {name: np.array(stored["effects"][name]) for name in LEVELS}
    segments = {each.name: np.array(stored["segments"][each.name]) for each in fields(Segments)}
    fitting = all(arrays[name].shape == getattr(first, name).shape for name in _ARRAYS)
    if not fitting or any(table.shape[1:] != (HABITS,) for table in segments.values()):
        return None
    return Beliefs(
        **arrays,
        segments=Segments(**segments),
        effects=Effects(**effects),
        together=stored["together"],
        alike=stored["alike"],
        half_life_days=stored["half_life_days"],
    )


def _plain(array: Floats) -> Any:
    return np.asarray(array, np.float64).round(_DIGITS).tolist()
