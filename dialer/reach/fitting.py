"""The nightly rebuild: a city's weeks, shares and effects from its own calls, by expectation and maximisation.

Whether somebody was near is hidden where nobody answered; so is the habit of every number. Each round asks how likely each
habit is for each number under the beliefs so far, and then what beliefs make the calls most likely under that. Always from
the first beliefs, so that the same calls give the same city. A large city is learned from a part of its households.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

import numpy as np

from dialer.reach.attempts import AGES, ANSWERED, DEAD, LINES, NO_ANSWER, NOTHING, PRESENT, Attempts
from dialer.reach.effects import LEVELS, Effects
from dialer.reach.fitting_sample import Sample, sampled
from dialer.reach.habits import (
    BANDS,
    HABITS,
    KINDS,
    RIGHT,
    WILLING,
    Beliefs,
    Features,
    band_of,
    first_beliefs,
    templates,
)
from dialer.reach.memory import logsumexp, softmax
from dialer.reach.slots import HOURS, SLOTS, Floats, Ints
from dialer.reach.telling import Told, bounded, near_at, told_by_persons, told_by_results, willing_at

ROUNDS = 20
_DEGREES = len(WILLING)
# Pseudo-calls or pseudo-numbers behind what is believed at first.
_SHAPE_WEIGHT, _LEVEL_WEIGHT = 12.0, 6.0
_SHARE_WEIGHT, _FEATURE_WEIGHT = 30.0, 40.0
_RIGHT_WEIGHT, _SAME_WEIGHT = 30.0, 25.0
_EFFECT_WEIGHT = 300.0
_TOGETHER = np.array([0.0, 0.25, 0.5, 0.75, 1.0])


def fitted(attempts: Attempts, half_life_days: float) -> Beliefs:
    """What the calls say of the city; the first beliefs where there are none. `attempts` in order of time."""
    *_, beliefs = rounds(attempts, half_life_days)
    return beliefs


def rounds(attempts: Attempts, half_life_days: float) -> Iterator[Beliefs]:
    """The same one round at a time, for those who have something else to do in between; each is better than the one before."""
    beliefs = replace(first_beliefs(), half_life_days=half_life_days)
    yield beliefs
    tells = attempts.tells
    told = attempts[np.flatnonzero((tells != NOTHING) & (tells != DEAD))]
    if not len(told):
        return
    sample = sampled(told, half_life_days)
    for round_no in range(ROUNDS):
        beliefs = _better(beliefs, sample, choose_together=round_no % 5 == 4)
        yield beliefs


def _better(beliefs: Beliefs, sample: Sample, *, choose_together: bool) -> Beliefs:
    """One round."""
    effects = beliefs.effects.of(sample.levels)
    by_persons, rights = told_by_persons(beliefs, sample.attempts)
    told = sample.by_number(told_by_results(beliefs, sample.attempts, effects) + by_persons)
    others = _told_by_others(beliefs, sample, told)
    before = (beliefs.log_shares + beliefs.features.of(*sample.features)).astype(np.float32)
    if choose_together:
        beliefs = replace(beliefs, together=_together(sample, before, told, others))
    habits = softmax(before + told + np.float32(beliefs.together) * others)
    persons = _persons(beliefs, sample, rights)
    near, expected, there = _near(beliefs, sample, habits, effects)
    return replace(
        beliefs,
        near=near,
        log_shares=_log_shares(habits),
        features=_features(sample, habits),
        right_near=_right_near(beliefs, sample, habits, persons),
        right_shares=_right_shares(sample, persons),
        effects=_effects(beliefs.effects, sample, expected, there),
    )


# -- what is likely under the beliefs -----------------------------------------------------------------------------------


def _told_by_others(beliefs: Beliefs, sample: Sample, told: Told) -> Told:
    """Numbers × HABITS: what the household's other numbers tell about its kind."""
    shares = beliefs.log_shares.reshape(KINDS, _DEGREES)
    within = (shares - np.log(np.exp(shares).sum(axis=1, keepdims=True))).astype(np.float32)
    kinds = logsumexp(told.reshape(-1, KINDS, _DEGREES) + within, axis=2)
    return np.repeat(sample.by_others(kinds), _DEGREES, axis=1)


def _together(sample: Sample, before: Told, told: Told, others: Told) -> float:
    """How far others count: what makes the calls of each number likeliest, seen from those of its household's others."""
    shared = np.flatnonzero(sample.has_others)
    if not len(shared):
        return 0.5
    before, told, others = before[shared], told[shared], others[shared]
    likely = [
        float((logsumexp(before + told + step * others, axis=1) - logsumexp(before + step * others, axis=1)).sum())
        for step in _TOGETHER.astype(np.float32)
    ]
    return float(_TOGETHER[int(np.argmax(likely))])


def _persons(beliefs: Beliefs, sample: Sample, rights: Told) -> Floats:
    """Pairs of person and number × RIGHT: how likely each v is."""
    shares = beliefs.right_shares[sample.pair_line, sample.pair_age]
    weights = shares * np.exp(sample.by_pair(rights))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


# -- what beliefs make it likely ----------------------------------------------------------------------------------------


def _near(beliefs: Beliefs, sample: Sample, habits: Told, effects: Floats) -> tuple[Floats, Floats, Floats]:
    """c anew, the answers expected of each call under the old beliefs, and how likely somebody was near."""
    attempts, tells = sample.attempts, sample.tells
    near = near_at(beliefs, attempts)
    willing = willing_at(effects)
    weight = habits.reshape(-1, KINDS, _DEGREES)[sample.number]
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


def _features(sample: Sample, habits: Told) -> Features:
    """A level's shares against those of all, shrunk to them where few numbers have it."""
    overall = habits.mean(axis=0, dtype=np.float64) + 1e-9
    overall /= overall.sum()
    line, age, district, tax = sample.features

    def ratio(level: Ints, count: int) -> Floats:
        sums = _summed(habits, level.astype(np.int64), count)
        shares = (sums + _FEATURE_WEIGHT * overall) / (sums.sum(axis=1, keepdims=True) + _FEATURE_WEIGHT)
        return np.asarray(np.log(shares / overall))

    return Features(ratio(line, LINES), ratio(age, AGES), ratio(district, _levels(district)), ratio(tax, _levels(tax)))


def _right_near(beliefs: Beliefs, sample: Sample, habits: Told, persons: Floats) -> Floats:
    """g anew: of those who answered somebody else, who would have been the right one had he been the one near."""
    heard = sample.heard
    whom, slot = sample.attempts.whom[heard], sample.attempts.when.slot[heard]
    same = beliefs.right_near[whom.line, band_of(slot)]
    v = (persons @ RIGHT)[sample.pair[heard]][:, None]
    right = (sample.attempts.right_party[heard] == 1)[:, None]
    kinds = habits.reshape(-1, KINDS, _DEGREES).sum(axis=2)[sample.number[heard]] * sample.left[heard][:, None]
    bands = whom.line.astype(np.int64) * BANDS + band_of(slot)
    seen = _summed(kinds * np.where(right, 1.0, same * (1 - v) / (1 - v * same)), bands, LINES * BANDS)
    tried = _summed(kinds, bands, LINES * BANDS)
    first = first_beliefs().right_near
    found = (seen.reshape(first.shape) + _SAME_WEIGHT * first) / (tried.reshape(first.shape) + _SAME_WEIGHT)
    return np.asarray(np.clip(found, 0.02, 0.99))


def _right_shares(sample: Sample, persons: Floats) -> Floats:
    """By line, then by line and age; only those of whom something is known count."""
    heard = sample.pair_heard
    line, age = sample.pair_line[heard].astype(np.int64), sample.pair_age[heard].astype(np.int64)
    first = first_beliefs().right_shares[:, 0]
    by_line = _summed(persons[heard], line, LINES) + _RIGHT_WEIGHT * first
    by_line /= by_line.sum(axis=1, keepdims=True)
    both = _summed(persons[heard], line * AGES + age, LINES * AGES).reshape(LINES, AGES, len(RIGHT))
    both = both + _RIGHT_WEIGHT * by_line[:, None, :]
    return np.asarray(both / both.sum(axis=2, keepdims=True))


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


assert HABITS == KINDS * _DEGREES
