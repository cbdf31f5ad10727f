"""A floor without database and lines: the pure engine, a gate that says yes, and everything it did, by short names."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from callflow.codes import RecordingMode
from callflow.events import (
    Announcing,
    Answered,
    CalledIn,
    Detected,
    Dial,
    Ended,
    Handed,
    Heard,
    Incoming,
    Joined,
    Left,
    ListenIn,
    Listening,
    Reconciled,
    Refused,
    Ringing,
    TellPlace,
    Wish,
    Wished,
)
from dialer.engine import Engine, EngineTerms
from dialer.messages import (
    Admit,
    Admitted,
    Answer,
    Caller,
    CallRow,
    CampaignsRunning,
    CampaignTerms,
    Candidate,
    EngineCommand,
    EngineEvent,
    GateRefused,
    Identified,
    Identify,
    LineTerms,
    OperatorSaid,
    RecallsDue,
    Restored,
    SeatRow,
    SkillsKnown,
    StoreCallBackEnded,
    StoreEnded,
    StoreTransition,
    Supplied,
    Supply,
    Tell,
    Tick,
)

START = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)
CAMPAIGN = UUID(int=0xC)
_DETECTED = {
    "person": Detected.PERSON,
    "machine": Detected.MACHINE,
    "fax": Detected.FAX,
    "announcement": Detected.ANNOUNCEMENT,
    "guard": Detected.RECORDING_GUARD,
}
SCENARIOS = Path(__file__).parents[2] / "scenarios" / "dialer"


def operator(name: str) -> UUID:
    return UUID(int=0xA0000 + ord(name[0]))


def attempt(number: int) -> UUID:
    return UUID(int=0x1000 + number)


def candidate(number: int, **changes: Any) -> Candidate:
    values: dict[str, Any] = {
        "campaign_id": CAMPAIGN,
        "purpose": "dunning",
        "claim_group": "compulsory",
        "addressee_no": f"{number:08d}",
        "household_id": f"H{number:07d}",
        "phone_id": UUID(int=0x9000 + number),
        "e164": f"+8190{number:08d}",
        "answer_probability": 0.3,
    }
    return Candidate(**(values | changes))


_WHO = ("operator_id", "colleague_id", "supervisor_id")


def _names_in(told: Any) -> list[str]:
    """Whom a command names, by letter, and how a supervisor listens."""
    names = [chr(getattr(told, who).int - 0xA0000) for who in _WHO if hasattr(told, who)]
    return [*names, told.how.value] if isinstance(told, ListenIn) else names


def caller(**changes: Any) -> Caller:
    return Caller("dunning", "compulsory", "+819000000001", **changes)


@dataclass
class Stage:
    """`said`: what the engine told the carrier, as words, since `take` was last called."""

    mode: str = "progressive"
    people: int = 20
    preview_people: tuple[int, ...] = ()
    refused: tuple[int, ...] = ()
    auto_supply: bool = True
    takes_at_once: bool = True
    recording: RecordingMode = RecordingMode.OFF
    engine: Engine = field(default_factory=lambda: Engine(EngineTerms("+81312345678")))
    said: list[str] = field(default_factory=list)
    ended: dict[UUID, StoreEnded | StoreCallBackEnded] = field(default_factory=dict)
    callers: dict[UUID, Caller] = field(default_factory=dict)
    steps: list[StoreTransition] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    everything: list[EngineCommand] = field(default_factory=list)
    dialed: list[UUID] = field(default_factory=list)
    now: datetime = START
    _next: int = 1
    _command: int = 0
    _admitted: set[str] = field(default_factory=set)

    def open(self, **changes: Any) -> None:
        terms = CampaignTerms(CAMPAIGN, self.mode, 25, 60, 0.01, **changes)  # type: ignore[arg-type]
        self.handle(CampaignsRunning(self.now, (terms,)))

    def handle(self, event: EngineEvent) -> None:
        """One event, and whatever gate and list answer to what follows from it."""
        waiting = [event]
        self._admitted = set()
        while waiting:
            for command in self.engine.handle(waiting.pop(0)):
                waiting += self._answer_to(command)

    def _answer_to(self, command: EngineCommand) -> list[EngineEvent]:
        self.everything.append(command)
        match command:
            case Tell():
                self._tell(command)
                if self.takes_at_once and isinstance(command.command, Dial):
                    return [Handed(command.command.attempt_id, self.now)]
            case Admit():
                return [self._gate(want.candidate, want.operator_id) for want in command.wanted]
            case Supply() if self.auto_supply:
                return [self.supply(command.limit)]
            case Identify():
                return [Identified(self.now, command.attempt_id, command.at, self.callers[command.attempt_id])]
            case StoreEnded() | StoreCallBackEnded():
                assert command.attempt_id not in self.ended, "a call ends once"
                self.ended[command.attempt_id] = command
            case StoreTransition():
                self.steps.append(command)
            case Answer():
                self.answers.append(command.answer)
        return []

    def supply(self, limit: int) -> Supplied:
        fresh = range(self._next_person(), min(self._next_person() + limit, self.people + 1))
        self._supplied = fresh.stop - 1
        reserved = self.mode == "preview"
        people = tuple(candidate(n, reserved=reserved or n in self.preview_people) for n in fresh)
        return Supplied(self.now, CAMPAIGN, people, self.now + timedelta(hours=1), self.now + timedelta(minutes=10))

    _supplied: int = 0

    def _next_person(self) -> int:
        return self._supplied + 1

    def _gate(self, asked: Candidate, held: UUID | None) -> EngineEvent:
        on_the_line = {call.candidate.household_id for call in self.engine.calls.all()} | self._admitted
        if int(asked.addressee_no) in self.refused or asked.household_id in on_the_line:
            return GateRefused(self.now, asked, ("納付済みです。",), held)
        attempt_id = attempt(self._next)
        self._next += 1
        self._admitted.add(asked.household_id)
        return Admitted(self.now, attempt_id, asked, held, LineTerms(self.recording))

    def _tell(self, command: Tell) -> None:
        told = command.command
        number = told.attempt_id.int - 0x1000
        word = type(told).__name__.lower()
        if isinstance(told, Dial):
            assert told.attempt_id not in self.dialed, "never dialed twice"
            self.dialed.append(told.attempt_id)
        name = "".join(f" {each}" for each in _names_in(told))
        if isinstance(told, TellPlace):
            word, name = "place", f" {told.place}"
        self.said.append(f"{word} {number}{name}")

    def take(self) -> list[str]:
        said, self.said = self.said, []
        return said

    # -- scripts --------------------------------------------------------------------------------------------------

    def at(self, seconds: float) -> None:
        self.now = START + timedelta(seconds=seconds)

    def do(self, subject: str, verb: str, *words: str) -> None:
        """One line of a scenario."""
        if subject == "tick":
            self.handle(Tick(self.now))
        elif subject == "recall":
            booked = candidate(int(verb), recall_id=UUID(int=0x7000), reserved=True)
            owner = operator(words[0]) if words else None
            self.handle(RecallsDue(self.now, (Candidate(**{**_plain(booked), "operator_id": owner}),)))
        elif subject.isdigit():
            self.handle(self.fact(int(subject), verb, words))
        else:
            self._command += 1
            reason = " ".join(words) or None
            other = operator(words[0]) if verb in ("consult", "listen_in") else None
            how = Listening(words[1]) if verb == "listen_in" else None
            by_hand = candidate(int(words[0]), reserved=True) if verb == "manual_dial" else None
            self.handle(
                OperatorSaid(
                    self.now,
                    self._command,
                    verb,  # type: ignore[arg-type]
                    operator(subject),
                    reason=reason,
                    candidate=by_hand,
                    other_id=other,
                    how=how,
                )
            )

    def say_done(self, operator_id: UUID, attempt_id: UUID) -> None:
        """The wrap-up of one certain call is done."""
        self.handle(OperatorSaid(self.now, 999, "wrapup_done", operator_id, attempt_id))

    def fact(self, number: int, verb: str, words: tuple[str, ...]) -> Any:
        attempt_id, at = attempt(number), self.now
        result = words[0] if words else None
        facts: dict[str, Callable[[], Any]] = {
            "handed": lambda: Handed(attempt_id, at),
            "ringing": lambda: Ringing(attempt_id, at),
            "answered": lambda: Answered(attempt_id, at),
            "announcing": lambda: Announcing(attempt_id, at),
            "joined": lambda: Joined(attempt_id, operator(words[0]), at),
            "ended": lambda: Ended(attempt_id, at, "16", result, by_resident=True),
            "took": lambda: CalledIn(attempt_id, operator(words[0]), at),
            "left": lambda: Left(attempt_id, operator(words[0]), at),
            "comes": lambda: self._comes(attempt_id, words),
            "wished": lambda: Wished(attempt_id, at, Wish(words[0])),
            "refused": lambda: Refused(attempt_id, at, "barred", words[0]),
            "absent": lambda: Reconciled(attempt_id, at, known=False, live=False),
        }
        if verb in _DETECTED:
            return Heard(attempt_id, at, _DETECTED[verb])
        if verb in ("live", "gone"):
            return Reconciled(attempt_id, at, known=True, live=verb == "live", past=self._past(number, words))
        return facts[verb]()

    def _comes(self, attempt_id: UUID, words: tuple[str, ...]) -> Incoming:
        """`last=A needs=language:vi`: whom the caller knows, and what serving them takes."""
        told = dict(word.split("=") for word in words)
        self.callers[attempt_id] = caller(
            last_operator=operator(told["last"]) if "last" in told else None,
            skills=frozenset(told["needs"].split("+")) if "needs" in told else frozenset(),
        )
        return Incoming(attempt_id, self.now, "+819000000001")

    def know_skills(self, skills: dict[str, list[str]]) -> None:
        self.handle(SkillsKnown(self.now, {operator(name): frozenset(can) for name, can in skills.items()}))

    def _past(self, number: int, words: tuple[str, ...]) -> tuple[Any, ...]:
        """`8.0:answered 8.4:person 8.6:joined=A`: what the carrier tells anew."""
        now, past = self.now, []
        for word in words:
            seconds, _, told = word.partition(":")
            verb, _, detail = told.partition("=")
            self.at(float(seconds))
            past.append(self.fact(number, verb, (detail,) if detail else ()))
        self.now = now
        return tuple(past)

    def restore(self, seats: list[SeatRow], calls: list[CallRow]) -> None:
        self._next = 100
        self.handle(Restored(self.now, tuple(seats), tuple(calls)))

    def seat(self, name: str) -> str:
        found = self.engine.seats.get(operator(name))
        return found.state if found else "absent"


def _plain(booked: Candidate) -> dict[str, Any]:
    return {name: getattr(booked, name) for name in booked.__slots__}


def scenarios() -> list[dict[str, Any]]:
    """Every scenario of every file, each with its file's name."""
    found = []
    for path in sorted(SCENARIOS.glob("*.toml")):
        for scenario in tomllib.loads(path.read_text(encoding="utf-8"))["scenario"]:
            found.append(scenario | {"file": path.stem})
    return found
