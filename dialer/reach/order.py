"""The order of a list for this hour: who is worth calling now rather than later, and a small share drawn by chance.

Of every person the number that reaches them likeliest, of every household its best person. The chances come from the model,
what waiting is worth from `worth.py`, the prices of the hours ahead from `prices.py`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np

from casefile.clock import jst
from dialer.reach.ahead import ShiftAhead
from dialer.reach.attempts import Candidates
from dialer.reach.book import ReachBook
from dialer.reach.choice import SHARE, choose
from dialer.reach.prices import SAMPLE, shadow_prices
from dialer.reach.slots import Flags, Floats, Ints, Moments
from dialer.reach.worth import in_order, worth

LOOKED_AT = 3_000
"""Weighed against later are the people likeliest to be reached now, so many or ten times as many as are wanted: calling
somebody is never worth more than the chance to reach them."""
FAR_BETTER_TODAY, FAR_BETTER_THIS_WEEK = 1.5, 2.5
"""Where operators would sit idle, somebody of whom waiting is worth more is called all the same, unless an hour to come is
better by so much: a person whose evening is far better waits for the evening."""
_DIGITS = 5
"""Chances are rounded before they decide, so that machines that add in another order decide alike."""
_SCRAMBLE = 2_654_435_761
_DAYS_AHEAD = 7


@dataclass(frozen=True, slots=True)
class Listed:
    """`place`: of the candidate among those handed in. `p_live`, `p_right_party`: now. The rest as in `choice.Pick`."""

    place: int
    p_live: float
    p_right_party: float
    propensity: float
    eligible: int
    by_chance: bool


@dataclass(slots=True)
class _Priced:
    """Prices of the slots of one campaign, by hours since 1970."""

    hour: int
    prices: dict[int, float]


class Weigher:
    """Keeps each campaign's prices from one look at its list to the next."""

    def __init__(self, book: ReachBook, rng: random.Random) -> None:
        self._book = book
        self._rng = rng
        self._priced: dict[UUID, _Priced] = {}

    @property
    def book(self) -> ReachBook:
        """What is known of everybody."""
        return self._book

    def turn_to(self, book: ReachBook) -> None:
        """Another night has passed."""
        self._book = book

    def listed(
        self,
        campaign_id: UUID,
        candidates: Candidates,
        first: Sequence[bool],
        at: datetime,
        hours: Sequence[datetime],
        calls_an_hour: float,
        person_month: int,
        limit: int,
    ) -> list[Listed]:
        """Whom to call now, at most `limit`, best first; whoever should wait for a far better hour is not among them.

        `first`: broken promises, before all others. `hours`: the starts of the hours of calling to come, this one first.
        `person_month`: calls the caps allow a person in a month. Candidates stand in the order of the list.
        """
        if not len(candidates) or not hours:
            return []
        live, right = (chance.round(_DIGITS) for chance in self._book.model.chances(candidates, at))
        day = jst(at).toordinal()
        left = np.maximum(person_month - self._book.spent.this_month(candidates.person, day), 0)
        people = _best_numbers(candidates, right)
        ahead = self._ahead(campaign_id, candidates[people], left[people], hours, calls_an_hour)
        before = np.asarray(first, np.int64)[people]
        likeliest = people[np.lexsort((people, -right[people], -before))][: max(LOOKED_AT, 10 * limit)]
        likeliest = likeliest[left[likeliest] > 0]
        worths, waits = self._worths(candidates[likeliest], right[likeliest], left[likeliest], day, hours, ahead)
        order: Ints = in_order(worths.round(_DIGITS), np.asarray(first, np.int64)[likeliest], likeliest)
        order = _one_of_each(candidates.household[likeliest], order[~waits[order]])
        found = []
        for pick in choose(order.astype(np.int64), SHARE, self._rng, limit):
            place = int(likeliest[pick.place])
            found.append(
                Listed(place, float(live[place]), float(right[place]), pick.propensity, pick.eligible, pick.by_chance)
            )
        return found

    def _worths(
        self, people: Candidates, now: Floats, left: Ints, day: int, hours: Sequence[datetime], ahead: ShiftAhead
    ) -> tuple[Floats, Flags]:
        """What calling each now is worth, and who waits even if nobody else is there to be called."""
        model, today = self._book.model, self._book.spent.today(people.person, day)
        slots = Moments.at(hours, self._book.calendar)
        later = model.chances_by_slot(people, slots)[1][:, 1:]
        strength = model.strength(people, hours[0])
        worths = worth(now, later, left.astype(np.int64), ahead, tried_today=today, strength=strength)
        of_today = later[:, slots.day[1:] == day]
        waits = (of_today.max(axis=1, initial=0) > FAR_BETTER_TODAY * now) | (
            later.max(axis=1, initial=0) > FAR_BETTER_THIS_WEEK * now
        )
        return worths, waits & (worths <= 0)

    def _ahead(
        self,
        campaign_id: UUID,
        people: Candidates,
        left: Ints,
        hours: Sequence[datetime],
        calls_an_hour: float,
    ) -> ShiftAhead:
        """The hours to come with their prices, looked at anew every hour."""
        ahead = ShiftAhead.of(hours, calls_an_hour)
        known = self._priced.get(campaign_id)
        if known is None or known.hour != int(ahead.hour[0]):
            known = self._priced[campaign_id] = self._look(known, people, left, hours, ahead)
        return ahead.priced(np.array([known.prices.get(int(hour), 0.0) for hour in ahead.hour]))

    def _look(
        self, known: _Priced | None, people: Candidates, left: Ints, hours: Sequence[datetime], ahead: ShiftAhead
    ) -> _Priced:
        mixed = np.argsort(people.person.astype(np.int64) * _SCRAMBLE % 2**32, kind="stable")
        mixed = mixed[left[mixed] > 0]
        stride = max(1, len(mixed) // SAMPLE)
        some = mixed[::stride]
        if not len(some):
            return _Priced(int(ahead.hour[0]), {})
        chances = self._book.model.chances_by_slot(people[some], Moments.at(hours, self._book.calendar))[1]
        # These stand for all: a list as long as the sample has a room as much smaller.
        smaller = ShiftAhead(ahead.hour, ahead.band, ahead.capacity * len(some) / len(mixed), ahead.price)
        before = None
        if known is not None and known.prices:
            usual = float(np.mean(list(known.prices.values())))
            before = np.array([known.prices.get(int(hour), usual) for hour in ahead.hour])
        strength = self._book.model.strength(people[some], hours[0])
        prices = shadow_prices(chances, left[some].astype(np.int64), smaller, strength=strength, before=before)
        return _Priced(int(ahead.hour[0]), dict(zip(ahead.hour.tolist(), prices.tolist(), strict=True)))


def _best_numbers(candidates: Candidates, right: Floats) -> Ints:
    """Of every person the place of the number that reaches them likeliest; of equals the first."""
    order = np.lexsort((np.arange(len(right)), -right, candidates.person))
    person = candidates.person[order]
    return np.sort(order[np.append(True, person[1:] != person[:-1])])


def _one_of_each(household: Ints, order: Ints) -> Ints:
    """The first of every household, in order."""
    _, first = np.unique(household[order], return_index=True)
    return order[np.sort(first)]
