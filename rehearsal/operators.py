"""Robot operators: they sit down, talk, write down, rest and go home, by the same words a browser uses.

They act through `dialer.commands.give` and `callflow.form.submit` alone; what they hear comes from the exchange, what they
know of a person from the read models of the screen.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy import Connection

from callflow import caller
from callflow import form as result_form
from callflow.codes import Outcome
from callflow.result_form import ResultForm
from casefile.accounts import User
from casefile.city import City
from casefile.clock import Clock, jst_date
from casefile.db import Database
from casefile.ids import Ids
from casefile.person.arrears import ArrearsLine, arrears_lines
from casefile.problems import EntryRefused
from casefile.vocabulary import ClaimGroup, ContactDirection, Purpose
from dialer import commands
from rehearsal.people import People, Words
from rehearsal.taking_notes import Talk, fill_in

_SAFE = Outcome.INFORMED


class Agenda(Protocol):
    """Somebody who does things later."""

    def later(self, at: datetime, action: Callable[[], None]) -> None: ...


class OnTheLine(Protocol):
    """What an operator hears of the person at the other end."""

    def caller_of(self, attempt_id: UUID) -> str | None:
        """宛名番号 of a caller, who says it to the operator; None for a call we have made."""
        ...

    def ask_for(self, attempt_id: UUID, addressee_no: str | None, at: datetime) -> Words | None:
        """The operator asks for somebody; what the conversation comes to. None where nobody is there any more."""
        ...


@dataclass(frozen=True, slots=True)
class Floor:
    """What every robot of one floor shares.

    `knock` wakes the engine after commands were given; `settle` has it write down what it still holds back.
    """

    database: Database
    municipality_id: int
    floor_id: UUID
    clock: Clock
    ids: Ids
    exchange: OnTheLine
    people: People
    agenda: Agenda
    knock: Callable[[], None]
    settle: Callable[[], None]
    city_now: Callable[[], City]
    seed: int


@dataclass(slots=True)
class Tally:
    """Sentences the robots were refused with: for the eyes of whoever runs it, not for the figures."""

    refused: Counter[str] = field(default_factory=Counter)


class RobotOperator:
    """One operator with a shift. `user` is the account the web would act for."""

    def __init__(self, floor: Floor, user: User, number: int, tally: Tally) -> None:
        self._floor = floor
        self._user = user
        self._number = number
        self._tally = tally
        self._rng = random.Random(f"{floor.seed}:operator:{number}")
        self._looking = False
        self._talk: _Conversation | None = None
        self._put_off: _Conversation | None = None

    @property
    def operator_id(self) -> UUID:
        return self._user.user_id

    # -- the shift ---------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        self._give("sign_in")
        self._give("ready")
        self._floor.knock()

    def rest(self, reason: str) -> None:
        self._give("pause", {"reason": reason})
        self._floor.knock()

    def resume(self) -> None:
        self._give("ready")
        self._floor.knock()

    def go_home(self) -> None:
        """Leave once the call at hand is over; asked again a minute later until it is."""
        if self._talk is None:
            self._give("sign_out")
            self._floor.knock()
        else:
            self._floor.agenda.later(self._floor.clock.now() + timedelta(minutes=1), self.go_home)

    def take_offer(self) -> None:
        """A case lies on the screen for preview: look at it for a moment, then dial."""
        if self._looking:
            return
        self._looking = True
        at = self._floor.clock.now() + timedelta(seconds=self._rng.uniform(4, 12))
        self._floor.agenda.later(at, self._dial_offer)

    def _dial_offer(self) -> None:
        self._looking = False
        self._give("preview_dial")
        self._floor.knock()

    # -- a call ------------------------------------------------------------------------------------------------------

    def joined(self, attempt_id: UUID) -> None:
        """The resident is on the line: greet, ask for the person, and hear what follows."""
        now, city = self._floor.clock.now(), self._floor.city_now()
        with self._floor.database.transaction(self._floor.municipality_id) as conn:
            said = self._floor.exchange.caller_of(attempt_id)
            if said is not None:
                # The screen knows a caller by the number, if it is theirs alone; otherwise they say who they are.
                caller.match(conn, city, attempt_id, said)
            case = _read_case(conn, city, attempt_id, now)
        words = self._floor.exchange.ask_for(attempt_id, case.addressee_no, now)
        if words is None:
            return
        if self._talk is not None:
            # In the middle of a wrap-up: its rest follows.
            self._put_off = self._talk
        self._talk = _Conversation(attempt_id, words, now, case)
        if not words.resident_ends:
            self._floor.agenda.later(now + timedelta(seconds=words.talk_seconds), lambda: self._hang_up(attempt_id))

    def _hang_up(self, attempt_id: UUID) -> None:
        if self._talk is not None and self._talk.attempt_id == attempt_id:
            self._give("hang_up", attempt_id=attempt_id)
            self._floor.knock()

    def line_is_free(self, attempt_id: UUID) -> None:
        """The call is over, whoever ended it: write it up."""
        talk = self._talk
        if talk is None or talk.attempt_id != attempt_id:
            return
        talk.ended_at = self._floor.clock.now()
        self._write_up_within(talk, _lognormal(self._rng, 30.0, 0.6))

    def _write_up_within(self, talk: _Conversation, seconds: float) -> None:
        talk.written_at = self._floor.clock.now() + timedelta(seconds=seconds)
        self._floor.agenda.later(talk.written_at, lambda: self._write_up(talk))

    def _write_up(self, talk: _Conversation) -> None:
        if self._talk is not talk or talk.written_at is None or self._floor.clock.now() < talk.written_at:
            return
        submit_talk(self._floor, _talk_of(talk, self._floor.ids.new()), self._user, talk.case.lines, self._tally)
        self._give("wrapup_done", attempt_id=talk.attempt_id)
        self._talk, self._put_off = self._put_off, None
        if self._talk is not None:
            self._write_up_within(self._talk, _lognormal(self._rng, 15.0, 0.6))
        self._floor.knock()

    def _give(self, kind: str, detail: dict[str, str] | None = None, attempt_id: UUID | None = None) -> None:
        with self._floor.database.transaction(self._floor.municipality_id) as conn:
            commands.give(
                conn,
                self._floor.municipality_id,
                self._floor.floor_id,
                kind,
                now=self._floor.clock.now(),
                operator_id=self.operator_id,
                attempt_id=attempt_id,
                detail=detail,
            )


@dataclass(slots=True)
class _Conversation:
    """One talk until it is written up. `ended_at` None: the line is still open."""

    attempt_id: UUID
    words: Words
    joined_at: datetime
    case: _Case
    ended_at: datetime | None = None
    written_at: datetime | None = None


def _talk_of(done: _Conversation, form_id: UUID) -> Talk:
    assert done.ended_at is not None
    return Talk(
        form_id=form_id,
        attempt_id=done.attempt_id,
        addressee_no=done.case.addressee_no,
        purpose=done.case.purpose,
        claim_group=done.case.claim_group,
        phone_id=done.case.phone_id,
        direction=done.case.direction,
        started_at=done.joined_at,
        ended_at=done.ended_at,
        words=done.words,
    )


@dataclass(frozen=True, slots=True)
class _Case:
    """What the screen shows when the call comes."""

    addressee_no: str
    purpose: Purpose
    claim_group: ClaimGroup
    phone_id: UUID | None
    direction: ContactDirection
    lines: tuple[ArrearsLine, ...]


_OF_ATTEMPT = """
SELECT addressee_no, purpose, claim_group, phone_id, direction FROM attempt
 WHERE municipality_id = %(city)s AND attempt_id = %(attempt)s
"""


def _read_case(conn: Connection, city: City, attempt_id: UUID, now: datetime) -> _Case:
    row = conn.exec_driver_sql(_OF_ATTEMPT, {"city": city.id, "attempt": attempt_id}).one()
    assert row.addressee_no is not None
    lines = arrears_lines(conn, city, row.addressee_no, row.claim_group, now)
    return _Case(
        row.addressee_no,
        Purpose(row.purpose),
        ClaimGroup(row.claim_group),
        row.phone_id,
        ContactDirection(row.direction),
        lines,
    )


def submit_talk(floor: Floor, talk: Talk, user: User | None, lines: tuple[ArrearsLine, ...], tally: Tally) -> None:
    """Save the form of a talk and tell people what they promised.

    Where a check refuses it, the talk is saved as a mere 案内; the tally keeps the sentence, since a robot should not
    need that.
    """
    floor.settle()
    target = floor.people.city.residents[talk.addressee_no]
    city = floor.city_now()
    form = fill_in(talk, target, lines, city)
    refusal = _save(floor, city, form, user)
    if refusal is not None:
        tally.refused[str(refusal)] += 1
        form = replace(form, outcome=_SAFE if form.outcome else None, promise=None, recall=None, claimed_payment=None)
        refusal = _save(floor, city, form, user)
        if refusal is not None:
            raise refusal
    _remember_promise(floor, form, lines)


def _save(floor: Floor, city: City, form: ResultForm, user: User | None) -> EntryRefused | None:
    """Save it, or give the refusal, with nothing written."""
    with floor.database.transaction(floor.municipality_id) as conn:
        try:
            result_form.submit(conn, city, form, floor.clock.now(), floor.ids, user)
        except EntryRefused as refusal:
            return refusal
    return None


def _remember_promise(floor: Floor, form: ResultForm, lines: tuple[ArrearsLine, ...]) -> None:
    if form.outcome is not Outcome.PROMISE or form.promise is None:
        return
    keys = [debt_key(line, form.addressee_no) for line in lines]
    parts = [(part.due_on, part.promised_yen) for part in form.promise.parts]
    floor.people.promised(form.addressee_no, parts, keys, jst_date(form.started_at))


def debt_key(line: ArrearsLine, addressee_no: str) -> str:
    """The name a 期別 has in the city's truth."""
    return f"{line.tax_code}-{line.levy_year}-{line.period}-{addressee_no}"


def _lognormal(rng: random.Random, mean: float, cv: float) -> float:
    variance = math.log(1 + cv * cv)
    return rng.lognormvariate(math.log(mean) - variance / 2, math.sqrt(variance))
