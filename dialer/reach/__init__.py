"""Whom to call now: the reach model (PACING.md §6), the index policy that orders the list by it, and the proof from the log."""

from dialer.reach.attempts import (
    LANDLINE,
    MOBILE,
    NEVER,
    NOT_KNOWN,
    Attempts,
    Candidates,
    Roll,
    age_band,
    age_bands,
    homes,
    one_attempt,
)
from dialer.reach.model import ReachModel
from dialer.reach.slots import DayKind, HourSlot, Moments, hour_slot

__all__ = [
    "LANDLINE",
    "MOBILE",
    "NEVER",
    "NOT_KNOWN",
    "Attempts",
    "Candidates",
    "DayKind",
    "HourSlot",
    "Moments",
    "ReachModel",
    "Roll",
    "age_band",
    "age_bands",
    "homes",
    "hour_slot",
    "one_attempt",
]
