"""N days of an arrears room in virtual time, single-threaded, on the real engine, gate, intake and SMS worker.

One heap of moments orders everything: the network first, then what people and operators do, then the engine's tick. The
same seed gives the same rows, and the same JSON byte for byte.
"""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from callflow import recall
from callflow.events import CarrierEvent, Ended, Joined
from casefile import audit
from casefile.city import City
from casefile.clock import VirtualClock, at_jst
from casefile.db import Database
from casefile.ids import TimeOrderedIds
from casefile.judgement import judge_promises
from dialer import campaigns
from dialer.messages import CampaignTerms, Mode
from dialer.pacing import AdaptiveLevelPacer, FixedRatioPacer, Pacer, Timings
from dialer.running import PacerFor, by_mode, one_to_one
from dialer.shell import FloorShell, ShellTerms
from rehearsal import memory
from rehearsal.agenda import VirtualAgenda
from rehearsal.city import CityPlan, Layout, WrittenFile, build_city, known_to, write_files
from rehearsal.city.build import FIRST_DAY
from rehearsal.city.taxes import office_open
from rehearsal.evidence import Told
from rehearsal.habits import Habits
from rehearsal.lines import Exchange, VirtualLines
from rehearsal.one_transaction import GROWING, OneTransaction
from rehearsal.operators import Floor, RobotOperator, Tally
from rehearsal.people import People
from rehearsal.room import ROOM_HOURS, Room, agree_to_pulls, city_of, import_all, import_one, open_room, start_campaign
from rehearsal.shifts import shift_of
from rehearsal.texts import TextService
from rehearsal.tills import Tills

_ONE_DAY = timedelta(days=1)
_OFFER_LOOK = timedelta(seconds=10)
_TEXT_ROUND = timedelta(minutes=5)
_LEAST_WAIT = timedelta(milliseconds=250)
_COMMIT_SECONDS = 120.0
"""A rehearsal's rows are read at its end; who reads some of them earlier has the engine write them down first."""
_ROWS_SECONDS = 600.0
"""Everybody knocks here, so the shell seldom need look for rows by itself."""
_HEARTBEAT_SECONDS = 3600.0
"""Nobody watches whether the engine lives."""


_LINES_PER_OPERATOR = 1.5


def _fixed_ratio(_: CampaignTerms, __: Timings) -> Pacer:
    return FixedRatioPacer(_LINES_PER_OPERATOR)


def _adaptive(_: CampaignTerms, __: Timings) -> Pacer:
    return AdaptiveLevelPacer()


PACERS: Mapping[str, PacerFor] = {
    "progressive": one_to_one,
    "hazard": by_mode,
    "fixed-ratio": _fixed_ratio,
    "adaptive": _adaptive,
}
"""Pacers by the names the command line takes; all but `progressive` dial ahead of a free operator."""


@dataclass(frozen=True, slots=True)
class RehearsalPlan:
    """What is rehearsed. `households` None: enough for the operators not to run dry."""

    days: int
    operators: int
    seed: int
    households: int | None = None
    pacer: str = "progressive"
    first_day: date = FIRST_DAY
    layout: Layout = Layout.STANDARD
    """How the core system writes its files; a layout that lacks some claims makes a city without them."""
    yen_min: int = 1_000
    """Who owes less is not on the list that is called."""

    @property
    def mode(self) -> Mode:
        """The mode of its campaign."""
        return "progressive" if self.pacer == "progressive" else "predictive"

    @property
    def size(self) -> int:
        return self.households or max(600, self.operators * (300 + 100 * self.days))

    @property
    def listed_until(self) -> date:
        """基準日 of the city's first files."""
        return self.first_day - timedelta(days=3)

    @property
    def opens_at(self) -> datetime:
        """The evening before the first day, when the city's files are imported."""
        return at_jst(self.first_day - _ONE_DAY, 18)


@dataclass(slots=True)
class Spent:
    """Wall time by part of the run, in seconds: told on stderr, never part of the result."""

    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    counts: Counter[str] = field(default_factory=Counter)

    def on(self, part: str, action: Callable[[], object]) -> None:
        begun = time.perf_counter()
        action()
        self.seconds[part] += time.perf_counter() - begun
        self.counts[part] += 1


class Rehearsal:
    """One run on a migrated, empty database. `folder` receives the files that are imported."""

    def __init__(self, plan: RehearsalPlan, database: Database, folder: Path) -> None:
        self.plan = plan
        self.spent = Spent()
        self.tally = Tally()
        self._database = database
        self._work = OneTransaction(database.url)
        self._folder = folder
        self._clock = VirtualClock(plan.opens_at)
        self._ids = TimeOrderedIds(self._clock.now, random.Random(f"{plan.seed}:ids"))
        self.truth = known_to(build_city(CityPlan(plan.seed, plan.size, plan.listed_until)), plan.layout)
        self.people = People(self.truth, plan.seed)
        habits = Habits(self.truth, plan.seed)
        self._exchange = Exchange(self.truth, self.people, habits, plan.seed, self._ids)
        self._lines = VirtualLines(self._exchange)
        self._agenda = VirtualAgenda()
        self._tills = Tills(self.truth, self.people, folder, plan.layout)
        self._texts = TextService(self._work, self.truth, self.people, plan.seed, self._clock, self._ids)
        self._robots: dict[UUID, RobotOperator] = {}
        self._room: Room | None = None
        self._shell: FloorShell | None = None
        self._city: City | None = None
        self._tick_at: datetime | None = None
        self._until = at_jst(plan.first_day + timedelta(days=plan.days))

    # -- the frame ---------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Everything, from founding the city to the seal of the last evening."""
        with memory.seldom_collected():
            self.spent.on("found and import the city", self._prepare)
            for ahead in range(self.plan.days):
                self._plan_day(self.plan.first_day + timedelta(days=ahead))
            self._run_until(self._until)
            self._finish()

    @property
    def room(self) -> Room:
        assert self._room is not None
        return self._room

    @property
    def shell(self) -> FloorShell:
        assert self._shell is not None
        return self._shell

    @property
    def ended_at(self) -> datetime:
        """The midnight after the last day."""
        return self._until

    @property
    def city(self) -> City:
        assert self._city is not None
        return self._city

    def told(self) -> Told:
        """The world's own books, for the invariants."""
        return Told(
            rang=dict(self._exchange.rang),
            texted=self._texts.accepted(),
            promises=self.people.promises_heard,
            paid=dict(self._tills.imported),
            notice_days=11,
            weekday_hours=ROOM_HOURS,
        )

    @property
    def paid_by_day(self) -> dict[date, int]:
        return dict(self._tills.yen_by_day)

    def _prepare(self) -> None:
        self._lines.set_time(self._clock.now())
        self._room = open_room(self._database, self.truth, self.plan.operators, self._clock, self._ids)
        written = write_files(self.truth, self._folder, self.plan.layout)
        import_all(self._database, self.truth.code, written, self._clock, self._ids)
        self._work.refresh_statistics()
        self._city = city_of(self._database, self.truth.code)
        start_campaign(self._database, self.room, self.city, self._clock, self._ids, self.plan.mode, self.plan.yen_min)
        self._texts.prepare(self.room, self.city)
        self._work.commit()
        self._shell = FloorShell(
            self._work,
            self.truth.code,
            self.room.floor_id,
            self._clock,
            self._ids,
            random.Random(f"{self.plan.seed}:engine"),
            self._lines,
            ShellTerms(
                heartbeat_seconds=_HEARTBEAT_SECONDS,
                rows_seconds=_ROWS_SECONDS,
                commit_seconds=_COMMIT_SECONDS,
                pacer_for=PACERS[self.plan.pacer],
            ),
        )
        floor = Floor(
            database=self._work,
            municipality_id=self.truth.code,
            floor_id=self.room.floor_id,
            clock=self._clock,
            ids=self._ids,
            exchange=self._exchange,
            people=self.people,
            agenda=self._agenda,
            knock=self._knock,
            settle=self.shell.flush,
            city_now=lambda: self.city,
            seed=self.plan.seed,
        )
        for number, user in enumerate(self.room.operators):
            self._robots[user.user_id] = RobotOperator(floor, user, number, self.tally)
        if self.plan.mode == "predictive":
            agree_to_pulls(self._database, self.room, self._clock)
        self._lines.listen(self.shell.deliver)
        self.shell.start()
        memory.keep()
        self._tick_at = self.shell.next_wakeup()

    def _finish(self) -> None:
        self.shell.flush()
        self.shell.close()
        self._texts.take_reports(self.city)
        self._seal()
        self._work.close()

    # -- a day -------------------------------------------------------------------------------------------------------

    def _plan_day(self, day: date) -> None:
        later = self._agenda.later
        later(at_jst(day, 6), lambda: self._morning(day))
        later(at_jst(day, 21, 30), self._seal)
        working = False
        for number, robot in enumerate(self._robots_in_order()):
            shift = shift_of(number, self.plan.operators, day)
            if shift is None:
                continue
            working = True
            later(shift.begins, robot.begin)
            later(shift.ends, robot.go_home)
            for rest in shift.rests:
                later(rest.begins, lambda robot=robot, rest=rest: robot.rest(rest.reason))  # type: ignore[misc]
                later(rest.ends, robot.resume)
        if working:
            opens, closes = ROOM_HOURS[day.isoweekday()]
            later(at_jst(day, opens), lambda: self._look_for_offers(at_jst(day, closes)))
            later(at_jst(day, opens, 1), lambda: self._text_round(at_jst(day, closes)))

    def _robots_in_order(self) -> list[RobotOperator]:
        return list(self._robots.values())

    def _morning(self, day: date) -> None:
        """The core system's files of yesterday, then what follows from them."""
        self.shell.flush()
        yesterday = day - _ONE_DAY
        self._tills.close_until(yesterday)
        mid = self.truth.code

        def bring(action: Callable[[], object]) -> None:
            self.spent.on("daily files", action)

        if yesterday > self.truth.as_of:
            bring(lambda: self._import(self._tills.receipts_file(yesterday)))
        week = (day - self.plan.first_day).days // 7
        if day.isoweekday() == 1 and week >= 1:
            bring(lambda: self._import(self._tills.arrears_file(yesterday)))
        if day.isoweekday() == 2 and week >= 1 and office_open(day):
            lot = self._tills.reminder_lot(week, day)
            bring(lambda: self._import(self._tills.lot_file(lot, day)))
            for letter in lot.letters:
                self.people.got_letter(letter.addressee_no, day)
        with self._work.transaction(mid) as conn:
            judge_promises(conn, self.city, yesterday, self._clock.now())
            recall.sweep_missed(conn, self.city, self._clock.now())
            campaigns.finish(conn, mid, self._clock.now())
        self._work.refresh_statistics(GROWING)

    def _import(self, file: WrittenFile) -> None:
        """In transactions of its own, as ever; what the room wrote before must be there."""
        self._work.commit()
        import_one(self._database, self.truth.code, file, self._clock, self._ids)

    def _seal(self) -> None:
        self.shell.flush()
        with self._work.transaction(self.truth.code) as conn:
            while audit.seal(conn, self.truth.code, self._clock.now()):
                pass

    def _look_for_offers(self, until: datetime) -> None:
        """Operators look at their screens: is there a case to be dialed by hand?"""
        for operator_id in self.shell.offers():
            self._robots[operator_id].take_offer()
        if self._clock.now() + _OFFER_LOOK < until:
            self._agenda.later(self._clock.now() + _OFFER_LOOK, lambda: self._look_for_offers(until))

    def _text_round(self, until: datetime) -> None:
        self.shell.flush()
        self.spent.on("sms worker", lambda: self._texts.work(self.city))
        if self._clock.now() + _TEXT_ROUND < until:
            self._agenda.later(self._clock.now() + _TEXT_ROUND, lambda: self._text_round(until))

    # -- the loop ----------------------------------------------------------------------------------------------------

    def _run_until(self, end: datetime) -> None:
        while True:
            moment = self._next_moment()
            if moment is None or moment >= end:
                break
            if moment > self._clock.now():
                self._clock.move_to(moment)
                self._lines.set_time(moment)
            self._play(moment)
        self._clock.move_to(end)
        self._lines.set_time(end)

    def _next_moment(self) -> datetime | None:
        moments = (
            self._lines.next_at(),
            self._agenda.next_at(),
            self._tick_at,
            self.people.next_call_back(),
        )
        return min((moment for moment in moments if moment is not None), default=None)

    def _play(self, moment: datetime) -> None:
        for call_back in self.people.call_backs_until(moment):
            self._exchange.call_in(call_back.e164, call_back.addressee_no, moment)
        for event in self._lines.run_to(moment):
            self._deliver(event)
            self._overhear(event)
        self.spent.on("operators and the day", lambda: self._agenda.run_due(moment))
        if self._tick_at is not None and self._tick_at <= moment:
            self.spent.on("engine: ticks", self.shell.tick)
            # Whatever it waits for, time must pass before it can come.
            self._tick_at = _later_of(self.shell.next_wakeup(), moment + _LEAST_WAIT)

    def _deliver(self, event: CarrierEvent) -> None:
        self.spent.on("engine: events", lambda: self.shell.deliver(event))
        self._look_at_the_engine()

    def _look_at_the_engine(self) -> None:
        """A tick that was coming still comes: events one after another must not put it off."""
        wakeup, coming = self.shell.next_wakeup(), self._tick_at
        if wakeup is not None and coming is not None and coming > self._clock.now():
            wakeup = min(wakeup, coming)
        self._tick_at = wakeup

    def _overhear(self, event: object) -> None:
        match event:
            case Joined() if event.operator_id in self._robots:
                self.spent.on("operators: a call", lambda: self._robots[event.operator_id].joined(event.attempt_id))
            case Ended():
                for robot in self._robots.values():
                    robot.line_is_free(event.attempt_id)
            case _:
                pass

    def _knock(self) -> None:
        self.spent.on("engine: commands", self.shell.wake)
        self._look_at_the_engine()


def _later_of(wakeup: datetime | None, least: datetime) -> datetime | None:
    return None if wakeup is None else max(wakeup, least)
