"""What happens on one line after it is dialed, as a list of beats: times as in the reference world of PACING.md §2.

Post-dial delay U(1.5, 4.5) s; a person answers after lognormal(mean 9 s, cv 0.6) of ringing, a machine after
lognormal(mean 15 s, cv 0.3); failures come U(0.5, 2.5) s after the delay; otherwise it rings until the ring limit.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Literal

from callflow.events import Detected
from rehearsal.city.model import Line, LineFate
from rehearsal.habits import LineHabit

_CONGESTED = 0.004
_BUSY = {True: 0.02, False: 0.04}
_TOLD_AFTER_ANSWER = 0.10
"""Announcements that come with an answer signal, as some carriers send them."""
_GUARD_SECONDS = 28.0
_FATES = {LineFate.DEAD: ("05", "1"), LineFate.CHANGED: ("06", "22"), LineFate.SUSPENDED: ("09", "announcement")}


@dataclass(frozen=True, slots=True)
class Beat:
    """One thing that is going to happen on a line."""

    what: Literal["ring", "answer", "heard", "end"]
    detected: Detected | None = None
    cause: str = ""
    result: str | None = None
    by_resident: bool = False


Story = list[tuple[float, Beat]]


def story_of(
    rng: random.Random, line: Line | None, habit: LineHabit | None, answer_chance: float, ring_seconds: int
) -> Story:
    """The beats of one ring, seconds from the dial on, in order. A person who is heard has no end planned yet."""
    delay = rng.uniform(1.5, 4.5)
    if rng.random() < _CONGESTED:
        return [(rng.uniform(0.3, 1.2), Beat("end", cause="34", result="12"))]
    if line is None or habit is None or line.fate in _FATES:
        return _no_line(rng, line, delay)
    if line.fate is LineFate.FAX:
        answered = delay + rng.uniform(2, 5)
        return [
            (delay, Beat("ring")),
            (answered, Beat("answer")),
            (answered + rng.uniform(0.8, 1.3), Beat("heard", Detected.FAX, result="10")),
        ]
    failed = _failure(rng, line, habit, delay)
    if failed:
        return failed
    if line.guard:
        return _guarded(rng, delay, answer_chance)
    return _rings(rng, line, delay, answer_chance, ring_seconds)


def _no_line(rng: random.Random, line: Line | None, delay: float) -> Story:
    result, cause = _FATES[line.fate if line and line.fate in _FATES else LineFate.DEAD]
    told = delay + rng.uniform(0.5, 2.5)
    if rng.random() >= _TOLD_AFTER_ANSWER:
        return [(told, Beat("end", cause=cause, result=result))]
    return [
        (told, Beat("answer")),
        (told + rng.uniform(0.8, 1.4), Beat("heard", Detected.ANNOUNCEMENT, result=result)),
        (told + 20.0, Beat("end", cause=cause, result=result)),
    ]


def _failure(rng: random.Random, line: Line, habit: LineHabit, delay: float) -> Story | None:
    at = delay + rng.uniform(0.5, 2.5)
    fate = rng.random()
    for share, result, cause in (
        (_BUSY[line.mobile], "02", "17"),
        (habit.off, "07", "20"),
        (habit.rejects, "08", "21"),
    ):
        if fate < share:
            return [(at, Beat("end", cause=cause, result=result))]
        fate -= share
    return None


def _rings(rng: random.Random, line: Line, delay: float, answer_chance: float, ring_seconds: int) -> Story:
    story: Story = [(delay, Beat("ring"))]
    if rng.random() < answer_chance:
        seconds = _lognormal(rng, 9.0, 0.6)
        if seconds < ring_seconds:
            answered = delay + seconds
            heard = answered + rng.uniform(0.3, 1.1)
            return [*story, (answered, Beat("answer")), (heard, Beat("heard", Detected.PERSON))]
    elif line.machine:
        seconds = _lognormal(rng, 15.0, 0.3)
        if seconds < ring_seconds:
            answered = delay + seconds
            heard = answered + rng.uniform(0.8, 1.4)
            return [
                *story,
                (answered, Beat("answer")),
                (heard, Beat("heard", Detected.MACHINE, result="04")),
                (answered + 60.0, Beat("end", cause="16", result="04", by_resident=True)),
            ]
    return [*story, (delay + ring_seconds, Beat("end", cause="19", result="03"))]


def _guarded(rng: random.Random, delay: float, answer_chance: float) -> Story:
    """防犯通話録音装置: it answers and speaks first; then the bell rings, and a person may still come."""
    answered = delay + rng.uniform(0.8, 2.0)
    told = answered + rng.uniform(0.6, 1.2)
    story: Story = [(delay, Beat("ring")), (answered, Beat("answer")), (told, Beat("heard", Detected.RECORDING_GUARD))]
    seconds = 5.0 + _lognormal(rng, 9.0, 0.6)
    if rng.random() < answer_chance and seconds < _GUARD_SECONDS:
        return [*story, (answered + seconds, Beat("heard", Detected.PERSON))]
    return [*story, (answered + _GUARD_SECONDS, Beat("end", cause="16", result="14", by_resident=True))]


def _lognormal(rng: random.Random, mean: float, cv: float) -> float:
    """A draw with the given mean and coefficient of variation."""
    variance = math.log(1 + cv * cv)
    return rng.lognormvariate(math.log(mean) - variance / 2, math.sqrt(variance))
