"""返電: the section's own desk takes them while the engine has none of its own; each leaves a ledger row and a record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from callflow.codes import CallResult
from callflow.events import Join
from casefile import ledger
from casefile.accounts import User
from casefile.person.arrears import ArrearsLine, arrears_lines
from casefile.tables import Phone, Taxpayer
from casefile.vocabulary import ClaimGroup, ContactDirection, Purpose
from rehearsal.operators import Floor, Tally, submit_talk
from rehearsal.people import Words
from rehearsal.taking_notes import Talk

_PICK_UP_SECONDS = 6.0
_WRITE_SECONDS = 40.0


@dataclass(slots=True)
class _Call:
    addressee_no: str
    phone_id: UUID | None
    claim_group: ClaimGroup
    lines: tuple[ArrearsLine, ...]
    joined_at: datetime | None = None
    words: Words | None = None


class InboundDesk:
    """Clerks of the section, as many as are needed. `user` signs their records."""

    def __init__(self, floor: Floor, user: User, tally: Tally) -> None:
        self._floor = floor
        self._user = user
        self._tally = tally
        self._calls: dict[UUID, _Call] = {}

    def rings(self, attempt_id: UUID, e164: str | None, addressee_no: str) -> None:
        """A call-back comes in; the caller says who he is, and the number is on file."""
        floor = self._floor
        now = floor.clock.now()
        mid, city = floor.municipality_id, floor.city_now()
        with floor.database.transaction(mid) as conn:
            household_id = conn.scalars(
                select(Taxpayer.household_id).where(
                    Taxpayer.municipality_id == mid, Taxpayer.addressee_no == addressee_no
                )
            ).one()
            phone_id = conn.scalars(
                select(Phone.phone_id)
                .where(Phone.municipality_id == mid, Phone.addressee_no == addressee_no, Phone.e164 == e164)
                .order_by(Phone.position)
                .limit(1)
            ).one_or_none()
            group = ClaimGroup.COMPULSORY
            ledger.take_inbound(
                conn,
                mid,
                attempt_id,
                now,
                e164=e164,
                purpose=Purpose.DUNNING,
                claim_group=group,
                addressee_no=addressee_no,
                household_id=household_id,
                phone_id=phone_id,
            )
            ledger.answered(conn, attempt_id, now, speech_at=now, person=True)
            lines = arrears_lines(conn, city, addressee_no, group, now)
        self._calls[attempt_id] = _Call(addressee_no, phone_id, group, lines)
        floor.agenda.later(now + timedelta(seconds=_PICK_UP_SECONDS), lambda: self._pick_up(attempt_id))

    def _pick_up(self, attempt_id: UUID) -> None:
        self._floor.exchange.take(Join(attempt_id, self._user.user_id), self._floor.clock.now())

    def joined(self, attempt_id: UUID) -> None:
        """The clerk and the caller hear each other."""
        call = self._calls.get(attempt_id)
        if call is None:
            return
        floor = self._floor
        now = floor.clock.now()
        with floor.database.transaction(floor.municipality_id) as conn:
            ledger.joined(conn, attempt_id, now, self._user.user_id)
        call.joined_at = now
        call.words = floor.exchange.ask_for(attempt_id, call.addressee_no, now)
        if call.words is not None and not call.words.resident_ends:
            end = now + timedelta(seconds=call.words.talk_seconds)
            floor.agenda.later(end, lambda: floor.exchange.hang_up(attempt_id, floor.clock.now()))

    def line_is_free(self, attempt_id: UUID) -> None:
        """The call is over: close its row, then write it up."""
        call = self._calls.get(attempt_id)
        if call is None:
            return
        floor = self._floor
        now = floor.clock.now()
        talked = call.joined_at is not None
        with floor.database.transaction(floor.municipality_id) as conn:
            result = CallResult.ANSWERED if talked else CallResult.NO_ANSWER
            ledger.end(conn, attempt_id, now, result=result, cause="16", counted=True, person_answered=talked)
        if not talked:
            del self._calls[attempt_id]
            return
        floor.agenda.later(now + timedelta(seconds=_WRITE_SECONDS), lambda: self._write_up(attempt_id, now))

    def _write_up(self, attempt_id: UUID, ended: datetime) -> None:
        call = self._calls.pop(attempt_id)
        if call.words is None or call.joined_at is None:
            return
        talk = Talk(
            form_id=self._floor.ids.new(),
            attempt_id=attempt_id,
            addressee_no=call.addressee_no,
            purpose=Purpose.DUNNING,
            claim_group=call.claim_group,
            phone_id=call.phone_id,
            direction=ContactDirection.INBOUND,
            started_at=call.joined_at,
            ended_at=ended,
            words=call.words,
        )
        submit_talk(self._floor, talk, self._user, call.lines, self._tally)
