"""The telephone network of the city: what follows when a number is dialed, in whatever time it is told.

`Exchange` is pure: it takes carrier commands with their time and gives carrier events with theirs. `VirtualLines` puts
it behind `dialer.carrier.Carrier` for rehearsals in virtual time; `rehearsal.carrier_process` runs it in real time.
It rings synthetic numbers only, and never one attempt twice.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from callflow.events import (
    Announce,
    Answered,
    CalledIn,
    CallFact,
    CarrierCommand,
    CarrierEvent,
    Consult,
    Detected,
    Dial,
    Ended,
    Handed,
    Hangup,
    Heard,
    Incoming,
    Join,
    Joined,
    Left,
    ListenIn,
    Missed,
    Reconcile,
    Reconciled,
    Refused,
    Ringing,
    TellClosed,
    Wished,
)
from casefile.ids import Ids
from casefile.phone_number import is_synthetic
from dialer.carrier import Sink
from rehearsal.city.model import Line, LineFate, SyntheticCity
from rehearsal.habits import Habits
from rehearsal.people import People, Words
from rehearsal.ringing import Beat, story_of

_JOIN_SECONDS = 0.12
_COLLEAGUE_SECONDS = 1.5
_RELEASE_SECONDS = 0.05
_ANNOUNCEMENT_SECONDS = 14.0
_LAST_RESORT_SECONDS = 900.0
_EARLY_CUT = 0.012
_BESIDE_THE_PLAN = (Handed, Refused, Reconciled, Incoming, CalledIn, Left, Missed)
"""What comes of itself, whatever is planned for the call meanwhile."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One line a resident says, beside the carrier's events: for the demo's screen, never for the engine."""

    attempt_id: UUID
    at: datetime
    text: str


@dataclass(slots=True)
class _Call:
    attempt_id: UUID
    e164: str
    line: Line | None
    facts: list[CallFact] = field(default_factory=list)
    plan: int = 0
    person: bool = False
    over: bool = False
    result: str | None = None
    joined_at: datetime | None = None
    told: bool = False
    inbound: bool = False
    caller: str | None = None
    """宛名番号 of whoever calls the city, who says so when asked."""


@dataclass(frozen=True, slots=True)
class _Hello:
    """An operator is heard on the line."""

    operator_id: UUID


class Exchange:
    """All calls of the city. Give it commands by `take`, time by `advance`; whoever asks for somebody uses `ask_for`."""

    def __init__(self, city: SyntheticCity, people: People, habits: Habits, seed: int, ids: Ids) -> None:
        self._city = city
        self._people = people
        self._habits = habits
        self._seed = seed
        self._ids = ids
        self._calls: dict[UUID, _Call] = {}
        self._absent: set[UUID] = set()
        self._rings: Counter[str] = Counter()
        self._agenda: list[tuple[datetime, int, UUID, int, Beat | _Hello | CarrierEvent | Spoken]] = []
        self._seq = 0
        self._filed: dict[str, str] = {}
        for no, resident in city.residents.items():
            for phone in resident.phones:
                if phone.e164 and (phone.e164 not in self._filed or no in city.debts):
                    self._filed[phone.e164] = no
        self.rang: dict[UUID, str] = {}
        """Every attempt that reached the network, and its number: the carrier's own memory of what it did."""

    def remember(self, attempt_id: UUID, e164: str | None) -> None:
        """A former run of this network rang that number, or said of this attempt that it never heard of it."""
        if e164 is None:
            self._absent.add(attempt_id)
            return
        self._calls[attempt_id] = _Call(attempt_id, e164, self._city.lines.get(e164), over=True)
        self.rang[attempt_id] = e164
        self._rings[e164] += 1

    def knows(self, attempt_id: UUID) -> bool:
        return attempt_id in self._calls or attempt_id in self._absent

    def would_ring(self, command: Dial) -> bool:
        """Whether this command would ring a bell that has not rung for it yet."""
        return not self.knows(command.attempt_id) and is_synthetic(command.e164)

    def number_of(self, attempt_id: UUID) -> str:
        return self._calls[attempt_id].e164

    # -- commands ----------------------------------------------------------------------------------------------------

    def take(self, command: CarrierCommand, at: datetime) -> None:
        """Act on a command once; a repeated one changes nothing."""
        match command:
            case Dial():
                self._dial(command, at)
            case Join():
                self._join(command, at)
            case Announce():
                self._announce(command, at)
            case Hangup():
                self.hang_up(command.attempt_id, at)
            case Reconcile():
                self._reconcile(command.attempt_id, at)
            case Consult():
                self._consult(command, at)
            case ListenIn():
                # Nobody is heard on these lines, so that there is nothing to listen to.
                self._say(at, command.attempt_id, Left(command.attempt_id, command.supervisor_id, at))
            case TellClosed():
                self._turn_away(command.attempt_id, at)

    def _dial(self, command: Dial, at: datetime) -> None:
        attempt_id = command.attempt_id
        if attempt_id in self._calls:
            return
        if attempt_id in self._absent:
            self._say(at, attempt_id, Refused(attempt_id, at, "reconciled as unknown", "15"))
            return
        if not is_synthetic(command.e164):
            self._say(at, attempt_id, Refused(attempt_id, at, "not a synthetic number", "11"))
            return
        line = self._city.lines.get(command.e164)
        call = self._calls[attempt_id] = _Call(attempt_id, command.e164, line)
        self.rang[attempt_id] = command.e164
        self._say(at, attempt_id, Handed(attempt_id, at))
        self._rings[command.e164] += 1
        rng = random.Random(f"{self._seed}:ring:{command.e164}:{self._rings[command.e164]}")
        chance = self._habits.answer_chance(line, at) if line else 0.0
        habit = self._habits.of(line) if line else None
        for offset, beat in story_of(rng, line, habit, chance, command.ring_seconds):
            self._plan(at + timedelta(seconds=offset), call, beat)

    def _join(self, command: Join, at: datetime) -> None:
        call = self._calls.get(command.attempt_id)
        if call is None or call.over or not call.person or call.joined_at is not None:
            return
        call.plan += 1
        self._plan(at + timedelta(seconds=_JOIN_SECONDS), call, _Hello(command.operator_id))

    def _consult(self, command: Consult, at: datetime) -> None:
        """A colleague takes up after a moment; the resident, who waits, hangs up no sooner than in any talk."""
        call = self._calls.get(command.attempt_id)
        if call is not None and not call.over:
            took = at + timedelta(seconds=_COLLEAGUE_SECONDS)
            self._say(took, command.attempt_id, CalledIn(command.attempt_id, command.colleague_id, took))

    def _announce(self, command: Announce, at: datetime) -> None:
        call = self._calls.get(command.attempt_id)
        if call is None or call.over:
            return
        call.plan += 1
        self._people.missed_call(call.e164, at, "abandoned")
        self._plan(at + timedelta(seconds=_ANNOUNCEMENT_SECONDS), call, Beat("end", cause="16"))

    def hang_up(self, attempt_id: UUID, at: datetime) -> None:
        """Our side lets go of the line."""
        call = self._calls.get(attempt_id)
        if call is None or call.over:
            return
        call.plan += 1
        self._plan(at + timedelta(seconds=_RELEASE_SECONDS), call, Beat("end", cause="16", result=call.result))

    def _turn_away(self, attempt_id: UUID, at: datetime) -> None:
        """A caller hears that nobody is here, to the end."""
        call = self._calls.get(attempt_id)
        if call is None or call.over:
            return
        call.over = True
        gone = at + timedelta(seconds=_ANNOUNCEMENT_SECONDS)
        self._say(gone, attempt_id, Missed(attempt_id, at, call.e164, gone))

    def _reconcile(self, attempt_id: UUID, at: datetime) -> None:
        call = self._calls.get(attempt_id)
        if call is None:
            self._absent.add(attempt_id)
            self._say(at, attempt_id, Reconciled(attempt_id, at, known=False, live=False))
            return
        answer = Reconciled(attempt_id, at, known=True, live=not call.over, past=tuple(call.facts))
        self._say(at, attempt_id, answer)

    # -- the city calls ----------------------------------------------------------------------------------------------

    def call_in(self, e164: str, addressee_no: str, at: datetime) -> UUID:
        """A resident rings the city's number (返電); gives up after a while if nobody takes it."""
        attempt_id = self._ids.new()
        line = self._city.lines.get(e164)
        call = self._calls[attempt_id] = _Call(attempt_id, e164, line, person=True, inbound=True, caller=addressee_no)
        self._say(at, attempt_id, Incoming(attempt_id, at, e164))
        rng = random.Random(f"{self._seed}:patience:{e164}:{at.isoformat()}")
        self._plan(at + timedelta(seconds=rng.uniform(25, 60)), call, Beat("end", cause="16", by_resident=True))
        return attempt_id

    def ask_for(self, attempt_id: UUID, addressee_no: str | None, at: datetime, *, aloud: bool = False) -> Words | None:
        """The operator asks for somebody; what the conversation comes to, and from now on when it will end.

        None where nobody is on the line any more. `aloud` puts the resident's lines into the events as `Spoken`.
        """
        call = self._calls.get(attempt_id)
        if call is None or call.over or call.joined_at is None or call.told:
            return None
        call.told = True
        line = call.line or Line(call.e164, LineFate.WRONG, False, (), False, False)
        if call.inbound:
            words = self._people.calls_himself(addressee_no, at)
        else:
            words = self._people.converse(line, addressee_no, at)
        patience = words.talk_seconds if words.resident_ends else words.talk_seconds + _LAST_RESORT_SECONDS
        self._plan(at + timedelta(seconds=patience), call, Beat("end", cause="16", by_resident=True))
        if aloud:
            for number, text in enumerate(words.spoken):
                moment = at + timedelta(seconds=0.4 + 5.0 * number)
                self._put(moment, call, Spoken(attempt_id, moment, text))
        return words

    def caller_of(self, attempt_id: UUID) -> str | None:
        """宛名番号 of a caller, who says it to the operator; None for a call we have made."""
        call = self._calls.get(attempt_id)
        return call.caller if call else None

    def filed_for(self, e164: str) -> str | None:
        """Whom a caller with the city's file in hand would ask for on this number."""
        return self._filed.get(e164)

    # -- time --------------------------------------------------------------------------------------------------------

    def next_at(self) -> datetime | None:
        """When something happens next; None while all lines are still."""
        while self._agenda:
            at, _, attempt_id, plan, what = self._agenda[0]
            call = self._calls.get(attempt_id)
            if call is None or isinstance(what, _BESIDE_THE_PLAN) or self._stands(call, plan):
                return at
            heapq.heappop(self._agenda)
        return None

    def advance(self, to: datetime) -> list[CarrierEvent | Spoken]:
        """Everything that happens until `to`, in order."""
        happened: list[CarrierEvent | Spoken] = []
        while self._agenda and self._agenda[0][0] <= to:
            at, _, attempt_id, plan, what = heapq.heappop(self._agenda)
            call = self._calls.get(attempt_id)
            if isinstance(what, (Beat, _Hello, Spoken)):
                if call is None or not self._stands(call, plan):
                    continue
                if isinstance(what, Spoken):
                    happened.append(what)
                    continue
                event: CarrierEvent = self._play(call, at, what)
            else:
                event = what
            if call is not None and not isinstance(event, (Reconciled, Incoming, Wished, CalledIn, Left, Missed)):
                call.facts.append(event)
            happened.append(event)
        return happened

    def _stands(self, call: _Call, plan: int) -> bool:
        return plan == call.plan and not call.over

    def _play(self, call: _Call, at: datetime, beat: Beat | _Hello) -> CallFact:
        """Turn a planned beat into the fact."""
        if isinstance(beat, _Hello):
            call.joined_at = at
            return Joined(call.attempt_id, beat.operator_id, at)
        match beat.what:
            case "ring":
                return Ringing(call.attempt_id, at)
            case "answer":
                return Answered(call.attempt_id, at)
            case "heard":
                assert beat.detected is not None
                self._heard(call, at, beat.detected)
                call.result = beat.result
                return Heard(call.attempt_id, at, beat.detected)
            case _:
                call.over = True
                if call.joined_at is None and not call.person and (beat.result or call.result) in ("03", "04"):
                    self._people.missed_call(call.e164, at)
                return Ended(call.attempt_id, at, beat.cause, beat.result or call.result, beat.by_resident)

    def _heard(self, call: _Call, at: datetime, detected: Detected) -> None:
        if detected is not Detected.PERSON:
            return
        call.person = True
        rng = random.Random(f"{self._seed}:hello:{call.e164}:{self._rings[call.e164]}")
        early = rng.random() < _EARLY_CUT
        gives_up = rng.uniform(0.1, 1.6) if early else rng.uniform(7, 15)
        self._plan(at + timedelta(seconds=gives_up), call, Beat("end", cause="16", by_resident=True))

    def _plan(self, at: datetime, call: _Call, beat: Beat | _Hello) -> None:
        self._put(at, call, beat)

    def _put(self, at: datetime, call: _Call, what: Beat | _Hello | Spoken) -> None:
        self._seq += 1
        heapq.heappush(self._agenda, (at, self._seq, call.attempt_id, call.plan, what))

    def _say(self, at: datetime, attempt_id: UUID, event: CarrierEvent) -> None:
        self._seq += 1
        heapq.heappush(self._agenda, (at, self._seq, attempt_id, -1, event))


class VirtualLines:
    """The `Carrier` of a rehearsal in virtual time: `now` is the rehearsal's clock, `run_to` plays the network on."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self._sink: Sink | None = None
        self._now: datetime | None = None

    def listen(self, sink: Sink) -> None:
        self._sink = sink

    def set_time(self, now: datetime) -> None:
        """Commands given from now on happen at `now`."""
        self._now = now

    def send(self, command: CarrierCommand) -> None:
        assert self._now is not None, "a rehearsal sets the time before anybody acts"
        self.exchange.take(command, self._now)

    def next_at(self) -> datetime | None:
        return self.exchange.next_at()

    def run_to(self, moment: datetime) -> Sequence[CarrierEvent]:
        """What happened until `moment`, for the floor; a resident's spoken lines are left out."""
        return [event for event in self.exchange.advance(moment) if not isinstance(event, Spoken)]

    def close(self) -> None:
        """Nothing is open."""
