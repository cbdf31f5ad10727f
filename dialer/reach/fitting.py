"""The nightly rebuild: a city's weeks, shares and effects from its own calls, by expectation and maximisation.

Whether somebody was near is hidden where nobody answered; so is the habit of every number. Each round asks how likely each
habit is for each number under the beliefs so far, and then what beliefs make the calls most likely under that. Always from
the first beliefs, so that the same calls give the same city. A large city is learned from a part of its households.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from itertools import product

import numpy as np

from dialer.reach.attempts import AGES, ANSWERED, DEAD, HOMES, LINES, NO_ANSWER, NOTHING, PRESENT, Attempts
from dialer.reach.effects import LEVELS, Effects
from dialer.reach.fitting_sample import Sample, sampled
from dialer.reach.habits import (
    BANDS,
    DEGREES,
    FIRST_DEAD,
    HABITS,
    KIN,
    KINDS,
    RIGHT,
    Beliefs,
    Segments,
    band_of,
    first_beliefs,
    from_margins,
    kin_of,
    templates,
    told_of_margins,
    usual_by_age,
)
from dialer.reach.memory import Told, logsumexp, softmax
from dialer.reach.slots import HOURS, SLOTS, Floats, Ints
from dialer.reach.telling import bounded, near_at, told_by_persons, told_by_results, willing_at

ROUNDS = 12
# Pseudo-calls or pseudo-numbers behind what is believed at first.
_SHAPE_WEIGHT, _LEVEL_WEIGHT = 12.0, 6.0
_SHARE_WEIGHT, _SEGMENT_WEIGHT, _ON_TOP_WEIGHT = 60.0, 120.0, 150.0
_RIGHT_WEIGHT, _SAME_WEIGHT = 30.0, 25.0
_EFFECT_WEIGHT = 300.0
_DEAD_WEIGHT = 100.0
_STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)


def fitted(attempts: Attempts, half_life_days: float) -> Beliefs:
    """What the calls say of the city; the first beliefs where there are none. `attempts` in order of time."""
    *_, beliefs = rounds(attempts, half_life_days)
    return beliefs


def rounds(attempts: Attempts, half_life_days: float) -> Iterator[Beliefs]:
    """The same one round at a time, for those who have something else to do in between; each is better than the one before."""
    beliefs = replace(first_beliefs(), half_life_days=half_life_days, dead=_dead(attempts))
    yield beliefs
    tells = attempts.tells
    told = attempts[np.flatnonzero((tells != NOTHING) & (tells != DEAD))]
    if not len(told):
        return
    sample = sampled(told, half_life_days)
    for round_no in range(ROUNDS):
        beliefs = _better(beliefs, sample, choose_together=round_no % 5 == 4)
        yield beliefs


def _dead(attempts: Attempts) -> Floats:
    """By line, the share of numbers that were found not in use."""
    dead = attempts.tells == DEAD
    tried = _numbers_by_line(attempts[np.flatnonzero(attempts.tells != NOTHING)])
    return np.asarray(
        (_numbers_by_line(attempts[np.flatnonzero(dead)]) + _DEAD_WEIGHT * FIRST_DEAD) / (tried + _DEAD_WEIGHT)
    )


def _numbers_by_line(attempts: Attempts) -> Ints:
    phone, first = np.unique(attempts.whom.phone, return_index=True)
    return np.bincount(attempts.whom.line[first], minlength=LINES) if len(phone) else np.zeros(LINES, np.int64)


def _better(beliefs: Beliefs, sample: Sample, *, choose_together: bool) -> Beliefs:
    """One round."""
    effects = beliefs.effects.of(sample.levels)
    by_persons, rights = told_by_persons(beliefs, sample.attempts)
    told = sample.by_number(told_by_results(beliefs, sample.attempts, effects) + by_persons)
    others = sample.by_others(told_of_margins(told, beliefs.log_shares))
    before = (beliefs.log_shares + beliefs.segments.of(sample.whom)).astype(np.float32)
    if choose_together:
        together, alike = _together(sample, before, told, others)
        beliefs = replace(beliefs, together=together, alike=alike)
    habits = softmax(before + told + from_margins(others, beliefs.together, beliefs.alike))
    persons = _persons(beliefs, sample, rights)
    near, expected, there = _near(beliefs, sample, habits, effects)
    return replace(
        beliefs,
        near=near,
        log_shares=_log_shares(habits),
        segments=_segments(sample, habits),
        right_near=_right_near(beliefs, sample, habits, persons),
        right_shares=_right_shares(sample, persons),
        effects=_effects(beliefs.effects, sample, expected, there),
    )


# -- what is likely under the beliefs -----------------------------------------------------------------------------------


def _together(sample: Sample, before: Told, told: Told, others: Told) -> tuple[float, float]:
    """How far others count: what makes the calls of each number likeliest, seen from those of its household's others."""
    shared = np.flatnonzero(sample.has_others)
    if not len(shared):
        return first_beliefs().together, first_beliefs().alike
    before, told, others = before[shared], told[shared], others[shared]

    def likely(steps: tuple[float, float]) -> float:
        expected = before + from_margins(others, *steps)
        return float((logsumexp(expected + told, axis=1) - logsumexp(expected, axis=1)).sum())

    return max(product(_STEPS, _STEPS), key=likely)


def _persons(beliefs: Beliefs, sample: Sample, rights: Told) -> Floats:
    """Pairs of person and number × RIGHT: how likely each v is."""
    whom = sample.pair_whom
    shares = beliefs.right_shares[whom.line, whom.age, whom.home]
    weights = shares * np.exp(sample.by_pair(rights))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


# -- what beliefs make it likely ----------------------------------------------------------------------------------------


def _near(beliefs: Beliefs, sample: Sample, habits: Told, effects: Floats) -> tuple[Floats, Floats, Floats]:
    """c anew, the answers expected of each call under the old beliefs, and how likely somebody was near."""
    attempts, tells = sample.attempts, sample.tells
    near = near_at(beliefs, attempts)
    willing = willing_at(effects)
    weight = habits.reshape(-1, KINDS, DEGREES)[sample.number]
    kinds = weight.sum(axis=2)
    expected = np.einsum("nkw,nk,nw->n", weight, near, willing)
    there = np.where(sample.shows_presence[:, None], kinds, np.float32(0))
    missed = np.flatnonzero(tells == NO_ANSWER)
    c, u = near[missed][:, :, None], willing[missed][:, None, :]
    there[missed] = (weight[missed] * (c * (1 - u) / (1 - c * u))).sum(axis=2)
    hours = attempts.whom.line.astype(np.int64) * SLOTS + attempts.when.slot
    seen = _summed(there * sample.left[:, None], hours, LINES * SLOTS)
    tried = _summed(kinds * sample.left[:, None], hours, LINES * SLOTS)
    anew = _shrunk(seen.reshape(LINES, SLOTS, KINDS), tried.reshape(LINES, SLOTS, KINDS))
    return anew, expected, there.sum(axis=1)


def _shrunk(seen: Floats, tried: Floats) -> Floats:
    """Towards the week known from elsewhere, at the level of this city on such days."""
    week = templates()
    by_day = (LINES, 3, HOURS, KINDS)
    level = (seen.reshape(by_day).sum(axis=2) + _LEVEL_WEIGHT) / (
        (tried * week).reshape(by_day).sum(axis=2) + _LEVEL_WEIGHT
    )
    usual = bounded(week * np.repeat(level, HOURS, axis=1))
    return bounded((seen + _SHAPE_WEIGHT * usual) / (tried + _SHAPE_WEIGHT))


def _log_shares(habits: Told) -> Floats:
    first = np.exp(first_beliefs().log_shares)
    counts = habits.sum(axis=0, dtype=np.float64) + _SHARE_WEIGHT * first
    return np.asarray(np.log(counts / counts.sum()))


def _segments(sample: Sample, habits: Told) -> Segments:
    """Each line shrunk to the city, each household to its line, each age to its household; districts and taxes to the rest."""
    whom = sample.whom
    overall = habits.mean(axis=0, dtype=np.float64) + 1e-9
    overall /= overall.sum()
    counts = _summed(habits, kin_of(whom), KIN).reshape(LINES, HOMES, AGES, HABITS)
    by_line = _shares(counts.sum(axis=(1, 2)), overall)
    by_home = _shares(counts.sum(axis=2), by_line[:, None, :])
    by_age = _normed(by_home[:, :, None, :] * usual_by_age())
    kin = _shares(counts, by_age)

    def ratio(level: Ints) -> Floats:
        usual = _summed(kin.reshape(KIN, HABITS)[kin_of(whom)], level.astype(np.int64), _levels(level))
        found = _summed(habits, level.astype(np.int64), _levels(level))
        return np.asarray(np.log((found + _ON_TOP_WEIGHT * overall) / (usual + _ON_TOP_WEIGHT * overall)))

    return Segments(np.log(kin / overall).reshape(KIN, HABITS), ratio(whom.district), ratio(whom.tax))


def _shares(counts: Floats, towards: Floats) -> Floats:
    return np.asarray((counts + _SEGMENT_WEIGHT * towards) / (counts.sum(axis=-1, keepdims=True) + _SEGMENT_WEIGHT))


def _right_near(beliefs: Beliefs, sample: Sample, habits: Told, persons: Floats) -> Floats:
    """g anew: of those who answered somebody else, who would have been the right one had he been the one near."""
    heard = sample.heard
    whom, slot = sample.attempts.whom[heard], sample.attempts.when.slot[heard]
    same = beliefs.right_near[whom.line, band_of(slot)]
    v = (persons @ RIGHT)[sample.pair[heard]][:, None]
    right = (sample.attempts.right_party[heard] == 1)[:, None]
    kinds = habits.reshape(-1, KINDS, DEGREES).sum(axis=2)[sample.number[heard]] * sample.left[heard][:, None]
    bands = whom.line.astype(np.int64) * BANDS + band_of(slot)
    seen = _summed(kinds * np.where(right, 1.0, same * (1 - v) / (1 - v * same)), bands, LINES * BANDS)
    tried = _summed(kinds, bands, LINES * BANDS)
    first = first_beliefs().right_near
    found = (seen.reshape(first.shape) + _SAME_WEIGHT * first) / (tried.reshape(first.shape) + _SAME_WEIGHT)
    return np.asarray(np.clip(found, 0.02, 0.99))


def _right_shares(sample: Sample, persons: Floats) -> Floats:
    """By line, then home, then age; only those of whom something is known count."""
    heard = sample.pair_heard
    whom, persons = sample.pair_whom[heard], persons[heard]
    line = whom.line.astype(np.int64)
    by_line = _normed(_summed(persons, line, LINES) + _RIGHT_WEIGHT * first_beliefs().right_shares[:, 0, 0])
    by_home = _summed(persons, line * HOMES + whom.home, LINES * HOMES).reshape(LINES, HOMES, len(RIGHT))
    by_home = _normed(by_home + _RIGHT_WEIGHT * by_line[:, None, :])
    level = (line * AGES + whom.age) * HOMES + whom.home
    by_all = _summed(persons, level, LINES * AGES * HOMES).reshape(LINES, AGES, HOMES, len(RIGHT))
    return _normed(by_all + _RIGHT_WEIGHT * by_home[:, None, :, :])


def _normed(counts: Floats) -> Floats:
    return np.asarray(counts / counts.sum(axis=-1, keepdims=True))


def _effects(effects: Effects, sample: Sample, expected: Floats, there: Floats) -> Effects:
    """Answers over answers expected without the effect, at each level but the first, shrunk to 1."""
    answered = (sample.tells == ANSWERED) * sample.left
    expected = expected * sample.left
    found = {}
    for each in fields(Effects):
        level, old = getattr(sample.levels, each.name).astype(np.int64), getattr(effects, each.name)
        got = np.bincount(level, answered, LEVELS[each.name])
        usual = np.bincount(level, expected, LEVELS[each.name]) / old
        new = (got + _EFFECT_WEIGHT) / (usual + _EFFECT_WEIGHT)
        new[0] = 1.0
        found[each.name] = np.clip(new, 0.4, 1.6)
    found["line"] = _not_busy(sample, there)
    # Nobody answers the more readily for having been called in vain; and an answer must never count against a number.
    found["tries"] = np.minimum.accumulate(np.minimum(found["tries"], 1.0))
    return Effects(**found)


def _not_busy(sample: Sample, there: Floats) -> Floats:
    """By line: how often it was free when somebody was near."""
    line = sample.attempts.whom.line.astype(np.int64)
    busy = np.bincount(line, (sample.tells == PRESENT) * sample.left, LINES)
    near = np.bincount(line, there * sample.left, LINES)
    return np.asarray(1 - busy / (near + _EFFECT_WEIGHT))


def _summed(rows: Floats, group: Ints, groups: int) -> Floats:
    """Rows added up by group."""
    columns = [np.bincount(group, rows[:, column], groups) for column in range(rows.shape[1])]
    return np.stack(columns, axis=1)


def _levels(column: Ints) -> int:
    return int(column.max(initial=0)) + 1


assert HABITS == KINDS * DEGREES
