"""The campaigns that run on a floor: each with its terms, its pacer, what its calls have taken so far, and its stock."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from casefile.clock import jst_date
from dialer.messages import CampaignsRunning, CampaignTerms, Candidate
from dialer.pacing import Pacer, ProgressivePacer, RoomPacer, Timings
from dialer.reach.level import Level

PacerFor = Callable[[CampaignTerms, Timings], Pacer]
Span = Literal["answer", "release", "talk", "wrapup"]
"""What is timed: dial → person, dial → line free without one, talk, wrap-up (PACING.md §7)."""


def by_mode(terms: CampaignTerms, timings: Timings) -> Pacer:
    """プレディクティブ dials ahead within the day's budget of 放棄呼; every other mode only for an operator who is free."""
    if terms.mode != "predictive":
        return ProgressivePacer()
    return RoomPacer(
        terms.target_abandonment, timings, live_answers=terms.live_answers_today, abandoned=terms.abandoned_today
    )


def one_to_one(_: CampaignTerms, __: Timings) -> Pacer:
    """Whatever the mode, only for an operator who is free."""
    return ProgressivePacer()


@dataclass(slots=True)
class Running:
    """One campaign. `reason`: why its pacer decided as it did, in one line."""

    terms: CampaignTerms
    timings: Timings
    pacer: Pacer
    day: date
    stock: deque[Candidate] = field(default_factory=deque)
    good_until: datetime | None = None
    ask_at: datetime | None = None
    asked: bool = False
    reason: str = ""
    level: Level = field(default_factory=Level)
    """How its list answers today, beside what was expected when its stock was brought."""

    @property
    def dials_ahead(self) -> bool:
        """Whether more may ring than operators are free."""
        return self.terms.mode == "predictive"


class RunningCampaigns:
    """By campaign, in the order in which they are told of."""

    def __init__(self, pacer_for: PacerFor) -> None:
        self._pacer_for = pacer_for
        self._running: dict[UUID, Running] = {}
        self.time_wrapups = False
        """Whether any of them does."""

    def __iter__(self) -> Iterator[Running]:
        return iter(self._running.values())

    def get(self, campaign_id: UUID | None) -> Running | None:
        return None if campaign_id is None else self._running.get(campaign_id)

    def terms(self, campaign_id: UUID | None) -> CampaignTerms | None:
        running = self.get(campaign_id)
        return running.terms if running else None

    def told(self, event: CampaignsRunning) -> None:
        """Keep stock and pacer of those that go on as they were; what is paced otherwise from now on begins anew."""
        self._running = {terms.campaign_id: self._take_up(terms, event.at) for terms in event.campaigns}
        self.time_wrapups = any(terms.timed_wrapup for terms in event.campaigns)

    def _take_up(self, terms: CampaignTerms, at: datetime) -> Running:
        known = self._running.get(terms.campaign_id)
        if known is None:
            timings = Timings.from_samples(
                answer=terms.past.answer, release=terms.past.release, talk=terms.past.talk, wrapup=terms.past.wrapup
            )
            return Running(terms, timings, self._pacer_for(terms, timings), jst_date(at))
        if _pacing_of(terms) != _pacing_of(known.terms):
            known.pacer = self._pacer_for(terms, known.timings)
        known.terms = terms
        return known

    def begin_day(self, at: datetime) -> None:
        """A new Japanese day has a budget of its own."""
        today = jst_date(at)
        for running in self._running.values():
            if running.day != today:
                fresh = replace(running.terms, live_answers_today=0, abandoned_today=0)
                running.day, running.pacer = today, self._pacer_for(fresh, running.timings)
                running.level = Level()

    # -- what calls teach -----------------------------------------------------------------------------------------

    def live_answer(self, campaign_id: UUID | None, lost: bool) -> None:
        """Feed the campaign's budget with one 有人応答."""
        running = self.get(campaign_id)
        if running is None:
            return
        running.pacer.answered()
        if lost:
            running.pacer.abandoned()

    def came(self, campaign_id: UUID | None, chance: float, answered: bool) -> None:
        """What came of a call to which this chance of an answer had been given when its stock was brought."""
        running = self.get(campaign_id)
        if running is not None:
            running.level.note(running.level.one(chance), answered)

    def took(self, campaign_id: UUID | None, span: Span, seconds: float) -> None:
        """How long something has taken in a call of this campaign."""
        running = self.get(campaign_id)
        if running is None or seconds < 0:
            return
        learn = {
            "answer": running.timings.learn_answer,
            "release": running.timings.learn_release,
            "talk": running.timings.learn_talk,
            "wrapup": running.timings.learn_wrapup,
        }
        learn[span](seconds)


def _pacing_of(terms: CampaignTerms) -> tuple[str, float]:
    return terms.mode, terms.target_abandonment
