"""A demo's room over real telephones: the city's residents behind a trunk of a node, robots at desk phones of it.

What the network of `rehearsal.carrier_process` does by itself, a node does here; this process is only the people at both ends. Who talks
with whom is read from the books, as an operator reads it from the screen.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from callflow.codes import Contact
from callflow.events import Ended, Joined
from casefile.accounts import User
from casefile.clock import Clock
from casefile.db import Database
from casefile.ids import Ids
from casefile.tables import Attempt
from dialer.asterisk.lines import endpoint_of
from dialer.tables import Seat, ShiftLine
from rehearsal.city.model import SyntheticCity
from rehearsal.habits import Habits
from rehearsal.live_room import LiveRoom
from rehearsal.people import People, Words
from rehearsal.sip.city_phones import CityPhones, open_city_phones
from rehearsal.sip.operators import DeskLine, SipOperators
from rehearsal.sip.signalling import Address
from rehearsal.sip.supervisor import PhonesNotStarted

_LOOK_SECONDS = 0.2
_NODE_COMES_UP_SECONDS = 2.0

_SILENCE = Words(None, Contact.UNKNOWN, None, None, 0.0, True, 0.0, 0, 1, None, ())
"""Whoever rang off before saying who they are."""


@dataclass(frozen=True, slots=True)
class Telephones:
    """Where everything is: the node's SIP, the far end of its trunk, and what its voice and the sentences come from.

    `node` is the node's name; `office` the number call-backs dial.
    """

    node: str
    sip: Address
    residents: Address
    office: str
    voices: Path
    root: Path


@dataclass(slots=True)
class _Call:
    """What goes on at one desk phone. `attempt_id` is None until the books say whose call it is."""

    since: float
    attempt_id: UUID | None = None
    e164: str | None = None
    talks: bool = False


class SipRoom:
    """Residents and robots of a demo; `run` returns when told to stop. The robots are `operators`, by their accounts."""

    def __init__(
        self,
        telephones: Telephones,
        database: Database,
        municipality_id: int,
        floor_id: UUID,
        clock: Clock,
        ids: Ids,
        city: SyntheticCity,
        seed: int,
        operators: Sequence[User],
    ) -> None:
        self._telephones = telephones
        self._database = database
        self._municipality_id = municipality_id
        self._clock = clock
        people = People(city, seed)
        self._phones = CityPhones(city, people, Habits(city, seed), seed, clock, self._asked_for)
        self._company = LiveRoom(self, people, database, municipality_id, floor_id, clock, ids, seed, operators)
        self._robots = {endpoint_of(user.user_id): user.user_id for user in operators}
        self._calls: dict[str, _Call] = {}
        self._said: dict[UUID, Words] = {}
        self._callers: dict[UUID, str] = {}

    def run(self, stopping: threading.Event, told: Callable[[str], None]) -> None:
        """Play until `stopping` is set. `told` hears why the desk phones are not registered, while the node comes up."""
        at = self._telephones
        residents = open_city_phones(self._phones, at.sip, [at.residents], at.voices, at.root, at.office)
        try:
            desks = self._sit_down(stopping, told)
            if desks is None:
                return
            try:
                self._company.open()
                while not stopping.wait(_LOOK_SECONDS):
                    self._look(desks)
                    self._company.play(self._clock.now())
            finally:
                desks.stop()
        finally:
            residents.stop()

    # -- what a robot hears (`rehearsal.operators.OnTheLine`) ---------------------------------------------------------

    def caller_of(self, attempt_id: UUID) -> str | None:
        return self._callers.get(attempt_id)

    def ask_for(self, attempt_id: UUID, addressee_no: str | None, at: datetime) -> Words | None:
        """What the resident came to say, who heard at the telephone whom the operator asks for."""
        del addressee_no, at
        return self._said.pop(attempt_id, None)

    # -- the desks ---------------------------------------------------------------------------------------------------

    def _sit_down(self, stopping: threading.Event, told: Callable[[str], None]) -> SipOperators | None:
        """Every robot's desk phone, once the node lets them register; None: told to stop before."""
        while not stopping.is_set():
            desks = SipOperators(self._telephones.sip, self._lines(), self._telephones.sip[0])
            try:
                desks.start()
            except PhonesNotStarted as not_yet:
                told(str(not_yet))
                stopping.wait(_NODE_COMES_UP_SECONDS)
            else:
                return desks
        return None

    def _lines(self) -> list[DeskLine]:
        with self._database.transaction(self._municipality_id) as conn:
            rows = conn.execute(
                select(ShiftLine.endpoint, ShiftLine.secret)
                .where(ShiftLine.node == self._telephones.node, ShiftLine.endpoint.in_(list(self._robots)))
                .order_by(ShiftLine.endpoint)
            ).all()
        return [DeskLine(row.endpoint, row.secret) for row in rows]

    def _look(self, desks: SipOperators) -> None:
        talking = desks.talking
        for line, call in list(self._calls.items()):
            if talking.get(line) != call.since:
                self._over(line, call)
        for line, since in talking.items():
            call = self._calls.setdefault(line, _Call(since))
            if call.attempt_id is None:
                self._find(line, call)
            if call.attempt_id is not None and not call.talks:
                self._listen(line, call, call.attempt_id)

    def _find(self, line: str, call: _Call) -> None:
        """Whose call it is, as the operator's screen tells."""
        with self._database.transaction(self._municipality_id) as conn:
            found = conn.execute(
                select(Attempt.attempt_id, Attempt.e164, Attempt.direction)
                .join(Seat, Seat.attempt_id == Attempt.attempt_id)
                .where(Seat.operator_id == self._robots[line], Attempt.live.is_(True))
            ).one_or_none()
        if found is None:
            return
        call.attempt_id, call.e164 = found.attempt_id, found.e164
        if found.direction == "inbound" and found.e164 is not None:
            caller = self._phones.caller_behind(found.e164)
            if caller is not None:
                self._callers[found.attempt_id] = caller

    def _listen(self, line: str, call: _Call, attempt_id: UUID) -> None:
        """The robot joins in as soon as the resident has heard whom it asks for."""
        words = self._phones.talks.pop(call.e164 or "", None)
        if words is not None:
            self._hear(line, call, attempt_id, words)

    def _over(self, line: str, call: _Call) -> None:
        del self._calls[line]
        if call.attempt_id is None:
            return
        if not call.talks:
            self._hear(line, call, call.attempt_id, _SILENCE)
        self._callers.pop(call.attempt_id, None)
        self._company.overhears(Ended(call.attempt_id, self._clock.now(), "16", None, by_resident=True))

    def _hear(self, line: str, call: _Call, attempt_id: UUID, words: Words) -> None:
        call.talks = True
        self._said[attempt_id] = words
        self._company.overhears(Joined(attempt_id, self._robots[line], self._clock.now()))

    def _asked_for(self, e164: str) -> str | None:
        """宛名番号 of whom this call is about; None while no operator is on the line."""
        with self._database.transaction(self._municipality_id) as conn:
            found = conn.execute(
                select(Attempt.addressee_no)
                .where(
                    Attempt.municipality_id == self._municipality_id,
                    Attempt.e164 == e164,
                    Attempt.live.is_(True),
                    Attempt.connected_at.is_not(None),
                )
                .order_by(Attempt.intended_at.desc(), Attempt.attempt_id)
                .limit(1)
            ).one_or_none()
        return found and (found.addressee_no or self._phones.caller_behind(e164))
