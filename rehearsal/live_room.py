"""Robot operators at work in real time: they come, look at their screens, rest and go home."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from callflow.events import CarrierEvent, Ended, Joined
from casefile.accounts import User
from casefile.city import City, load_city
from casefile.clock import Clock, at_jst, jst_date
from casefile.db import Database
from casefile.ids import Ids
from dialer.tables import Seat
from rehearsal.agenda import VirtualAgenda
from rehearsal.operators import Floor, OnTheLine, RobotOperator, Tally
from rehearsal.people import People
from rehearsal.shifts import shift_of

_BETWEEN_ARRIVALS = timedelta(seconds=2)
_OFFER_LOOK = timedelta(seconds=5)
_CLOSING_HOUR = 20


class LiveRoom:
    """The `Company` of a carrier process: robots with `operators`' accounts, who hear residents on `exchange`."""

    def __init__(
        self,
        exchange: OnTheLine,
        people: People,
        database: Database,
        municipality_id: int,
        floor_id: UUID,
        clock: Clock,
        ids: Ids,
        seed: int,
        operators: Sequence[User],
    ) -> None:
        self._database = database
        self._municipality_id = municipality_id
        self._clock = clock
        self._agenda = VirtualAgenda()
        self._tally = Tally()
        floor = Floor(
            database=database,
            municipality_id=municipality_id,
            floor_id=floor_id,
            clock=clock,
            ids=ids,
            exchange=exchange,
            people=people,
            agenda=self._agenda,
            knock=lambda: None,  # every command knocks at the database by itself
            settle=lambda: None,  # the engine writes everything down at once
            city_now=self._city,
            seed=seed,
        )
        self._robots = {
            user.user_id: RobotOperator(floor, user, number, self._tally) for number, user in enumerate(operators)
        }

    def open(self) -> None:
        """Everybody sits down, one after the other, and rests and goes home when the clock says so."""
        now = self._clock.now()
        closing = at_jst(jst_date(now), _CLOSING_HOUR)
        for number, robot in enumerate(self._robots.values()):
            self._agenda.later(now + _BETWEEN_ARRIVALS * number, robot.begin)
            self._agenda.later(max(closing, now), robot.go_home)
            shift = shift_of(number, len(self._robots), jst_date(now))
            for rest in shift.rests if shift is not None else ():
                if rest.begins > now:
                    self._agenda.later(rest.begins, lambda robot=robot, rest=rest: robot.rest(rest.reason))  # type: ignore[misc]
                    self._agenda.later(rest.ends, robot.resume)
        self._agenda.later(now + _OFFER_LOOK, self._look_for_offers)

    # -- what the carrier process asks of its company ----------------------------------------------------------------

    def next_at(self) -> datetime | None:
        return self._agenda.next_at()

    def play(self, now: datetime) -> None:
        self._agenda.run_due(now)

    def overhears(self, event: CarrierEvent) -> bool:
        match event:
            case Joined() if event.operator_id in self._robots:
                self._robots[event.operator_id].joined(event.attempt_id)
                return True
            case Ended():
                for robot in self._robots.values():
                    robot.line_is_free(event.attempt_id)
        return False

    def _look_for_offers(self) -> None:
        """Robots look at their screens: does a case lie there to be dialed by hand?"""
        with self._database.transaction(self._municipality_id) as conn:
            offered = conn.scalars(
                select(Seat.operator_id)
                .where(Seat.state == "reserved", Seat.attempt_id.is_(None))
                .order_by(Seat.operator_id)
            ).all()
        for operator_id in offered:
            if operator_id in self._robots:
                self._robots[operator_id].take_offer()
        self._agenda.later(self._clock.now() + _OFFER_LOOK, self._look_for_offers)

    def _city(self) -> City:
        with self._database.transaction(self._municipality_id) as conn:
            return load_city(conn, self._municipality_id)
